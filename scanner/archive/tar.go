package archive

import (
	"archive/tar"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"skleak/scanner/archive/internal/decode"
)

// walkTar reads members of all types. What stands in a header besides, such as the target of a link, is part of the
// member's name.
func walkTar(w *walk, p Place, r io.Reader) error {
	members, container := tar.NewReader(r), cmp.Or(p.layer, "tar")
	for {
		h, err := members.Next()
		if errors.Is(err, io.EOF) {
			return w.behindEnd(p, "tar", r)
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

// behindEnd hands over what stands behind the end of an archive, and the zeros that programs pad it with; they join
// archives so.
func (w *walk) behindEnd(p Place, container string, r io.Reader) error {
	rest, done := decode.Buffer(r)
	defer done()
	for {
		c, err := rest.ReadByte()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case c != 0:
			_ = rest.UnreadByte() // it was just read
			return w.member(p, container, "(behind the end)", rest)
		}
	}
}

// Container images are tar files whose members are tar files again, one a layer: that a later layer deletes a file
// takes nothing out of an earlier one. What is added here is a name for each layer, as people count them: from 1, the
// lowest.

// maxManifest bounds the list of layers, in bytes.
const maxManifest = 1 << 20

// imageLayers reads which members of a tar file are layers, from the list that `docker save` puts into it. It is nil
// for a file that is no image. The whole file is gone through, over the contents of its members.
func imageLayers(c Content) map[string]string {
	members := tar.NewReader(c.Section(0, c.Size))
	for range maxImageMembers {
		h, err := members.Next()
		if err != nil {
			return nil
		}
		if h.Name != "manifest.json" {
			continue
		}
		var images []struct{ Layers []string }
		if json.NewDecoder(io.LimitReader(members, maxManifest)).Decode(&images) != nil {
			return nil
		}
		layers := map[string]string{}
		for _, image := range images {
			for i, name := range image.Layers {
				layers[name] = fmt.Sprintf("layer %d of %d", i+1, len(image.Layers))
			}
		}
		return layers
	}
	return nil
}

// maxImageMembers is how many members of a tar file are gone over for the list of layers. Images have some hundreds.
const maxImageMembers = 10_000
