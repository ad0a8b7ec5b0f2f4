package archive

import (
	"archive/tar"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// walkTar reads members of all types. What stands in a header besides, such as the target of a link, is part of the
// member's name.
func walkTar(w *walk, p Place, r io.Reader) error {
	members, container := tar.NewReader(r), cmp.Or(p.layer, "tar")
	for {
		h, err := members.Next()
		if errors.Is(err, io.EOF) {
			return w.behindTar(p, r)
		}
		if errors.Is(err, tar.ErrInsecurePath) {
			err = nil // nothing is written anywhere
		}
		if err != nil {
			err = fmt.Errorf("reading the next header of the tar archive: %w", err)
			if ended := w.behindDamage(p, r); ended != nil {
				return ended
			}
			return err
		}
		if err := w.header(p, container, h); err != nil {
			return err
		}
		if err := w.member(p, container, h.Name, members); err != nil {
			return err
		}
	}
}

// header tells what a header holds besides the member's name.
func (w *walk) header(p Place, container string, h *tar.Header) error {
	texts := []string{h.Linkname, h.Uname, h.Gname}
	for _, key := range slices.Sorted(maps.Keys(h.PAXRecords)) {
		texts = append(texts, key+"="+h.PAXRecords[key])
	}
	texts = slices.DeleteFunc(texts, func(s string) bool { return s == "" })
	if len(texts) == 0 {
		return nil
	}
	return w.fatal(w.Name(p.below(h.Name, container), strings.Join(texts, "\n")))
}

// behindDamage hands over what stands behind a header that makes no sense: nobody knows where the next one is.
func (w *walk) behindDamage(p Place, r io.Reader) error {
	return w.member(p, "tar", "(behind the damage)", quiet{r}) // what else is wrong with it comes again, or was told
}

// behindTar hands over what stands behind the end of an archive. tar pads with zeros, and joins archives so.
func (w *walk) behindTar(p Place, r io.Reader) error {
	rest := newTrimmer(r)
	if empty, err := rest.empty(); empty {
		return err
	}
	return w.member(p, "tar", "(behind the end)", rest)
}
