package fetch

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"

	"skleak/scanner/git/oid"
	"skleak/scanner/wholefile"
)

var (
	errNoPack    = errors.New("the server sent something that is no pack: is this a repository?")
	errCutPack   = errors.New("the server broke off in the middle of the pack: try again")
	errWrongPack = errors.New("the pack that came does not end with its checksum: it was damaged on the way, or the " +
		"server lies; try again")
	errRefused = errors.New("the server gave up making the pack: try again, and ask who runs it if that stays")
)

// receive writes the pack as it comes, and gives it its name when all of it is there.
func (r Request) receive(w *watch, answer io.Reader, request *packp.UploadPackRequest) error {
	source := &counted{r: answer, watch: w}
	var in io.Reader = source
	if request.Capabilities.Supports(capability.Sideband64k) {
		in = &channel{sideband.NewDemuxer(sideband.Sideband64k, source), source}
	}
	folder := filepath.Join(r.Dir, "objects", "pack")
	var broken error
	err := wholefile.Fill(folder, wholefile.Way{Beside: temporaryPack + "pack_", Mode: 0o400}, func(f io.Writer) (string, error) {
		var checksum []byte
		var entries uint32
		if checksum, entries, broken = r.write(w, f, in); broken != nil || entries == 0 { // then all of it is here already
			return "", broken
		}
		return "pack-" + hex.EncodeToString(checksum) + ".pack", nil
	})
	if err != nil && broken == nil {
		err = fmt.Errorf("writing the pack: %w", err)
	}
	return err
}

// channel is the pack's channel of several.
type channel struct {
	demuxer *sideband.Demuxer
	source  *counted
}

// Read implements io.Reader. What the server says of an error is not repeated: it may say anything.
func (c *channel) Read(p []byte) (int, error) {
	n, err := c.demuxer.Read(p)
	switch {
	case err == nil || err == io.EOF:
	case c.source.ended:
		err = errCutPack
	default:
		err = errRefused
	}
	return n, err
}

// write writes the pack and checks the checksum that it ends with, which it returns, with the number of its entries.
func (r Request) write(w *watch, to io.Writer, in io.Reader) (checksum []byte, entries uint32, err error) {
	p := &packWriter{to: to, hash: oid.SHA1.Hash(), most: r.most(), errTooLarge: r.errTooLarge, received: r.Received,
		room: func() error { return r.checkRoom(0) }}
	buffer := make([]byte, 256<<10)
	for {
		n, err := in.Read(buffer)
		if err := p.add(buffer[:n]); err != nil {
			return nil, 0, err
		}
		switch {
		case w.ctx.Err() != nil:
			return nil, 0, w.ctx.Err()
		case err == io.EOF:
			checksum, err = p.end()
			return checksum, p.entries, err
		case errors.Is(err, errRefused):
			return nil, 0, errRefused
		case err != nil:
			return nil, 0, errCutPack
		}
	}
}

// most is how many bytes a pack may have.
func (r Request) most() int64 { return cmp.Or(r.MaxBytes, DefaultMaxBytes) }

func (r Request) errTooLarge() error {
	return &Error{TooLarge, fmt.Sprintf("the pack is larger than %d MB, which is as much as is taken: --max-fetch SIZE sets "+
		"another bound", r.most()>>20)}
}

// packWriter keeps back as many bytes as a checksum has, since only the end tells what it is of.
type packWriter struct {
	to          io.Writer
	hash        hash.Hash
	most        int64
	bytes       int64
	last        []byte
	entries     uint32 // as its head says
	received    func(int64)
	errTooLarge func() error
	room        func() error // is asked now and then
	asked       int64        // how much had been written when it was asked last
}

// roomEvery is how many bytes are written before the disk is asked again for its free space.
const roomEvery = 32 << 20

func (p *packWriter) add(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	begins := p.bytes < packHead
	if p.bytes += int64(len(data)); p.bytes > p.most {
		return p.errTooLarge()
	}
	if p.bytes-p.asked >= roomEvery {
		p.asked = p.bytes
		if err := p.room(); err != nil {
			return err
		}
	}
	p.last = append(p.last, data...)
	if begins && p.bytes >= packHead {
		if !isPackHead(p.last) {
			return errNoPack
		}
		p.entries = binary.BigEndian.Uint32(p.last[8:])
	}
	if cut := len(p.last) - p.hash.Size(); cut > 0 && p.bytes >= packHead {
		p.hash.Write(p.last[:cut])
		p.last = append(p.last[:0], p.last[cut:]...)
	}
	if _, err := p.to.Write(data); err != nil {
		return fmt.Errorf("writing the pack: %w", full(err))
	}
	if p.received != nil {
		p.received(p.bytes)
	}
	return nil
}

const packHead = 12

func isPackHead(data []byte) bool {
	version := binary.BigEndian.Uint32(data[4:])
	return string(data[:4]) == "PACK" && (version == 2 || version == 3)
}

func (p *packWriter) end() (checksum []byte, err error) {
	switch {
	case p.bytes < packHead+int64(p.hash.Size()):
		return nil, errNoPack
	case !bytes.Equal(p.hash.Sum(nil), p.last):
		return nil, errWrongPack
	}
	return p.last, nil
}

// counted tells the watch of what comes.
type counted struct {
	r     io.Reader
	watch *watch
	ended bool // nothing more comes, for whatever reason
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.watch.heard(n)
	c.ended = c.ended || err != nil
	return n, err
}
