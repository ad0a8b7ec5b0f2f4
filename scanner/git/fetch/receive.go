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
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"

	"skleak/scanner/git/oid"
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
	file, err := os.CreateTemp(folder, "tmp_pack_")
	if err != nil {
		return fmt.Errorf("writing the pack: %w", err)
	}
	checksum, err := r.write(w, file, in)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	name := filepath.Join(folder, "pack-"+hex.EncodeToString(checksum)+".pack")
	if err := errors.Join(os.Chmod(file.Name(), 0o400), os.Rename(file.Name(), name)); err != nil {
		return fmt.Errorf("writing the pack: %w", err)
	}
	return nil
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

// write writes the pack and checks the checksum that it ends with, which it returns.
func (r Request) write(w *watch, to io.Writer, in io.Reader) (checksum []byte, err error) {
	p := &packWriter{to: to, hash: oid.SHA1.Hash(), most: cmp.Or(r.MaxBytes, DefaultMaxBytes), received: r.Received}
	buffer := make([]byte, 256<<10)
	for {
		n, err := in.Read(buffer)
		if err := p.add(buffer[:n]); err != nil {
			return nil, err
		}
		switch {
		case w.ctx.Err() != nil:
			return nil, w.ctx.Err()
		case err == io.EOF:
			return p.end()
		case errors.Is(err, errRefused):
			return nil, errRefused
		case err != nil:
			return nil, errCutPack
		}
	}
}

// packWriter keeps back as many bytes as a checksum has, since only the end tells what it is of.
type packWriter struct {
	to       io.Writer
	hash     hash.Hash
	most     int64
	bytes    int64
	last     []byte
	received func(int64)
}

func (p *packWriter) add(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	begins := p.bytes < packHead
	if p.bytes += int64(len(data)); p.bytes > p.most {
		return fmt.Errorf("the pack is larger than %d MB, which is as much as is taken: --max-fetch SIZE sets another "+
			"bound", p.most>>20)
	}
	p.last = append(p.last, data...)
	if begins && p.bytes >= packHead && !isPackHead(p.last) {
		return errNoPack
	}
	if cut := len(p.last) - p.hash.Size(); cut > 0 && p.bytes >= packHead {
		p.hash.Write(p.last[:cut])
		p.last = append(p.last[:0], p.last[cut:]...)
	}
	if _, err := p.to.Write(data); err != nil {
		return fmt.Errorf("writing the pack: %w", err)
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
