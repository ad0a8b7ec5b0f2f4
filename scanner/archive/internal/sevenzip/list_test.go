package sevenzip

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/content"
)

// sevenZipOf is an archive with a list, and nothing else.
func sevenZipOf(list []byte) []byte {
	le := binary.LittleEndian
	head := make([]byte, headerLength)
	copy(head, Magic)
	le.PutUint64(head[20:], uint64(len(list)))
	le.PutUint32(head[28:], crc32.ChecksumIEEE(list))
	le.PutUint32(head[8:], crc32.ChecksumIEEE(head[12:]))
	return append(head, list...)
}

// TestSevenZipPanics has lists whose numbers have ended programs: they are named, and nothing is allocated for them.
func TestSevenZipPanics(t *testing.T) {
	for _, body := range [][]byte{
		{idHeader}, {idHeader, idFiles, 1}, {idHeader, idMainStreams, idUnpackInfo, idFolder, 1, 0, 0}, {idEncodedHeader}, {99},
		{idHeader, idMainStreams, idUnpackInfo, idFolder, 1, 0, 1, 0x10, 0, 0, idCodersUnpackSize, 0, idEnd, idEnd, idFiles, 1, idEnd},
		{idHeader, idMainStreams, idPackInfo, 0, 1, idSize, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, idEnd, idEnd},
		{idHeader, idMainStreams, idUnpackInfo, idFolder, 1, 0, 2, 1, 0, 1, 0, 0, 0, idCodersUnpackSize, 5, 5, idEnd, idEnd},
	} {
		if err := walk(sevenZipOf(body), new(bound.Limits)); err == nil {
			t.Errorf("% x: nothing is named", body)
		}
	}
}

// FuzzSevenZipList reads lists with a sound checksum, which FuzzWalk does not come by.
func FuzzSevenZipList(f *testing.F) {
	f.Add([]byte{idHeader, idMainStreams, idPackInfo, 0, 1, idSize, 4, idEnd, idUnpackInfo, idFolder, 1, 0, 1, 1, 0, idCodersUnpackSize, 4, idEnd, idEnd, idEnd})
	f.Add([]byte{idEncodedHeader, idPackInfo, 0, 1, idSize, 4, idEnd, idUnpackInfo, idFolder, 1, 0, 1, 0x21, 0x21, 1, 10, idCodersUnpackSize, 4, idEnd, idEnd})
	f.Fuzz(func(t *testing.T, body []byte) {
		l := &bound.Limits{Memory: 8 << 20, Walks: 1}
		_ = l.Budget(0).Charge(bound.AllowedBytes - 4<<20) // else one of them may take long
		_ = walk(sevenZipOf(body), l)
	})
}

// dropping reads the files, and keeps what is wrong.
type dropping struct{ unread error }

func (d *dropping) Member(_ string, r io.Reader) error {
	_, _ = io.Copy(io.Discard, r)
	return nil
}

func (d *dropping) Unread(_ string, err error) error {
	d.unread = err
	return nil
}

func walk(archive []byte, l *bound.Limits) error {
	c := content.Content{ReaderAt: bytes.NewReader(archive), Size: int64(len(archive))}
	var d dropping
	return cmp.Or(Walk(c, l.Budget(c.Size), &d), d.unread)
}
