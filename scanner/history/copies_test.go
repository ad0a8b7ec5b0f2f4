package history

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
	"skleak/scanner/scantest"
)

// TestCopies: an object that is stored several times is told with all its keys, whatever its copies hold. One may be something
// else than its id says; git reads the one of a pack that it asks first.
func TestCopies(t *testing.T) {
	t.Parallel()
	packed := base64.StdEncoding.EncodeToString([]byte(scantest.Gzip(t, assign("within"))))
	both := assign("plain") + "release: \"" + packed + "\"\n"
	large := strings.Repeat("some text\n", 900<<10) // see pack.Walk
	archive := scantest.Zip(t, scantest.Member{Name: "a.env", Text: strings.Repeat("text ", 100) + assign("within")})
	for name, one := range map[string]struct{ first, second, want string }{
		"the same":                        {both, both, "plain within"},
		"the same, large":                 {large + "\n" + both, large + "\n" + both, "plain within"},
		"the first has another key":       {assign("other"), both, "other plain within"},
		"the second has another key":      {both, assign("other"), "other plain within"},
		"the second alone is a container": {"no container", archive, "within"},
		"both are large":                  {large, large + "\n\"" + packed + "\"", "within"},
		"the second is large":             {"no container", large + "\n\"" + packed + "\"", "within"},
	} {
		for _, apart := range []bool{true, false} {
			id := blobID(one.second)
			first, second := packedEntry{gitObject: gitObject{id, "blob", one.first}}, packedEntry{gitObject: gitObject{id, "blob", one.second}}
			more := []packedEntry{first}
			for i := range 3 { // so that this pack is the larger one
				text := fmt.Sprint("more ", i)
				more = append(more, packedEntry{gitObject: gitObject{blobID(text), "blob", text}})
			}
			dir := realTempDir(t)
			git(t, dir, "init", "-q", "--bare")
			if apart {
				writePack(t, objectsOf(dir), more)
				writePack(t, objectsOf(dir), []packedEntry{second})
			} else {
				writePack(t, objectsOf(dir), append(more, second))
			}
			r := scan(t, dir, Options{Jobs: 1})
			var found []string
			for _, key := range []string{"other", "plain", "within"} {
				if slices.ContainsFunc(r.found, func(f scanner.Finding) bool { return f.Key.Reveal() == keyNamed(key) }) {
					found = append(found, key)
				}
			}
			if got := strings.Join(found, " "); got != one.want {
				t.Errorf("%s, in packs of their own %v: found %q, wanted %q", name, apart, got, one.want)
			}
		}
	}
}
