package archive

import (
	stdtar "archive/tar"
	"encoding/json"
	"fmt"
	"io"
)

// Container images are tar files whose members are tar files again, one a layer: that a later layer deletes a file
// takes nothing out of an earlier one. What is added here is a name for each layer, as people count them: from 1, the
// lowest.

// maxManifest bounds the list of layers, in bytes.
const maxManifest = 1 << 20

// imageLayers reads which members of a tar file are layers, from the list that `docker save` puts into it. It is nil
// for a file that is no image. The whole file is gone through, over the contents of its members.
func imageLayers(c Content) map[string]string {
	members := stdtar.NewReader(io.NewSectionReader(c, 0, c.Size))
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
