package archive

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/nwaples/rardecode/v2"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/decode"
)

const (
	rar5Magic = "Rar!\x1a\x07\x01\x00"

	// rar4Memory is what an archive of before RAR 5 may take: a window of 4 MB, or a model of 256 MB, of which nothing
	// tells before it is decoded.
	rar4Memory = 256 << 20
	// rar5Memory is the largest window that is kept for a RAR 5 archive. The program makes windows of 32 MB by itself.
	rar5Memory = 128 << 20
)

func walkRar(w *walk, p Place, r *bufio.Reader) error {
	memory := int64(rar4Memory)
	if magic, _ := r.Peek(len(rar5Magic)); string(magic) == rar5Magic {
		memory = min(rar5Memory, w.budget.Left())
	}
	if err := w.budget.Reserve(memory); err != nil {
		return err
	}
	defer w.budget.Release(memory)
	var archive *rardecode.Reader
	err := decode.Guarded("rar", func() (err error) {
		archive, err = rardecode.NewReader(r, rardecode.MaxDictionarySize(memory))
		return err
	})
	for err == nil {
		var h *rardecode.FileHeader
		err = decode.Guarded("rar", func() (err error) {
			h, err = archive.Next()
			return err
		})
		if err != nil {
			break
		}
		if h.LinkTarget != "" {
			if err := w.fatal(w.Name(p.below(h.Name, "rar"), h.LinkTarget)); err != nil {
				return err
			}
		}
		if err := w.member(p, "rar", h.Name, decode.Safe{What: "rar", From: archive, Reason: rarReason}); err != nil {
			return err
		}
	}
	if err == io.EOF {
		return nil
	}
	return fmt.Errorf("reading the next header of the rar archive: %w", rarReason(err))
}

func rarReason(err error) error {
	switch {
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted):
		return bound.NotRead(bound.Encrypted, "%w", err)
	case errors.Is(err, rardecode.ErrMultiVolume), errors.Is(err, rardecode.ErrUnsupportedDecoder),
		errors.Is(err, rardecode.ErrUnknownVersion):
		return bound.NotRead(bound.Unsupported, "%w", err)
	case errors.Is(err, rardecode.ErrDictionaryTooLarge), errors.Is(err, rardecode.ErrPlatformIntSize):
		return bound.NotRead(bound.TooLarge, "%w", err)
	}
	return err
}
