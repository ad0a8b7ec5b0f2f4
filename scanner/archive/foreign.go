package archive

import (
	"errors"
	"fmt"
	"io"

	"github.com/bodgit/sevenzip"
	"github.com/nwaples/rardecode/v2"
)

// Both libraries here have panicked on damaged archives before, and may again: what they do is guarded, and a panic of
// theirs is an archive that cannot be read.

// guarded turns a panic of a library into an error.
func guarded(what string, work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the reader of %s gave up on it: %v", what, p)
		}
	}()
	return work()
}

// safe reads from a library: its panics come back as errors.
type safe struct {
	what string
	from io.Reader
}

func (s safe) Read(b []byte) (n int, err error) {
	failed := guarded(s.what, func() error {
		n, err = s.from.Read(b)
		return nil
	})
	if failed != nil {
		return 0, failed
	}
	return max(0, min(n, len(b))), err
}

func walkSevenZip(w *walk, p Place, c Content) error {
	var archive *sevenzip.Reader
	err := guarded("7z", func() (err error) {
		archive, err = sevenzip.NewReader(c, c.Size)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the 7z archive's list of files: %w", sevenZipReason(err))
	}
	for _, f := range archive.File {
		var r io.ReadCloser
		err := guarded("7z", func() (err error) {
			r, err = f.Open()
			return err
		})
		if err != nil {
			w.name(p.below(f.Name, "7z"), sevenZipReason(err))
			continue
		}
		err = w.member(p, "7z", f.Name, reasoned{safe{"7z", r}, sevenZipReason})
		_ = guarded("7z", r.Close) // it was only read
		if err != nil {
			return err
		}
	}
	return nil
}

func sevenZipReason(err error) error {
	if e := (*sevenzip.ReadError)(nil); errors.As(err, &e) && e.Encrypted {
		return &unread{Encrypted, err}
	}
	return err
}

// reasoned gives the errors of a content their reasons.
type reasoned struct {
	from   io.Reader
	reason func(error) error
}

func (r reasoned) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if err != nil && err != io.EOF {
		err = r.reason(err)
	}
	return n, err
}

func walkRar(w *walk, p Place, r io.Reader) error {
	var archive *rardecode.Reader
	err := guarded("rar", func() (err error) {
		archive, err = rardecode.NewReader(r, rardecode.MaxDictionarySize(maxDictionary))
		return err
	})
	for err == nil {
		var h *rardecode.FileHeader
		err = guarded("rar", func() (err error) {
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
		if err := w.member(p, "rar", h.Name, reasoned{safe{"rar", archive}, rarReason}); err != nil {
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
		return &unread{Encrypted, err}
	case errors.Is(err, rardecode.ErrMultiVolume), errors.Is(err, rardecode.ErrUnsupportedDecoder), errors.Is(err, rardecode.ErrUnknownVersion):
		return &unread{Unsupported, err}
	case errors.Is(err, rardecode.ErrDictionaryTooLarge):
		return &unread{TooLarge, err}
	}
	return err
}
