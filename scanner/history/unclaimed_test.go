package history

import (
	"bytes"
	"crypto/sha1"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
	"skleak/scanner/scantest"
)

// TestUnclaimedBytes has a key in a pack, and in no object: behind the last entry, before the checksum, or behind
// that. Git reads all of these packs, or only complains.
func TestUnclaimedBytes(t *testing.T) {
	junk := []byte("\nline\n" + keyNamed("junk") + "\n")
	for name, spoil := range map[string]func(body, sum []byte) []byte{
		"behind the checksum":   func(body, sum []byte) []byte { return slices.Concat(body, sum, junk) },
		"between two checksums": func(body, sum []byte) []byte { return slices.Concat(body, sum, junk, sum) },
		"before the checksum": func(body, _ []byte) []byte {
			sum := sha1.Sum(slices.Concat(body, junk))
			return slices.Concat(body, junk, sum[:])
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			git(t, dir, "init", "-q")
			git(t, dir, "commit", "-q", "--allow-empty", "-m", "one")
			git(t, dir, "repack", "-adq")
			packs, _ := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.pack"))
			idx := strings.TrimSuffix(packs[0], ".pack") + ".idx"
			packed, table := readAll(t, packs[0]), readAll(t, idx)
			end := len(packed) - sha1.Size
			spoiled := spoil(packed[:end:end], packed[end:])
			// The idx names the checksum that the pack ends with.
			table = slices.Concat(table[:len(table)-2*sha1.Size], spoiled[len(spoiled)-sha1.Size:])
			sum := sha1.Sum(table)
			for path, content := range map[string][]byte{packs[0]: spoiled, idx: append(table, sum[:]...)} {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, content, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			r := scan(t, dir, Options{Inside: ".git/"})
			if len(r.found) != 1 || r.found[0].Source != scanner.SourceGitDir || r.found[0].Path != ".git/objects/pack/"+filepath.Base(packs[0]) {
				t.Errorf("found %+v", r.found)
			}
			if !strings.Contains(r.unreadable(), "belong to no object") {
				t.Errorf("not named: %s", r.unreadable())
			}
		})
	}
}

func readAll(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestRefNameInTable has a key in the name of a branch that stands in a reftable, where no text has it whole.
func TestRefNameInTable(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "one")
	head := git(t, dir, "rev-parse", "HEAD")
	git(t, dir, "config", "core.repositoryFormatVersion", "1")
	git(t, dir, "config", "extensions.refStorage", "reftable")
	id := unhex(head)
	name := "refs/heads/" + keyNamed("branch")
	var table bytes.Buffer
	refs := []scantest.TableRef{{Name: "HEAD", Target: name}, {Name: "refs/heads/sk_" + "live_Z", ID: id}, {Name: name, ID: id}}
	slices.SortFunc(refs, func(a, b scantest.TableRef) int { return strings.Compare(a.Name, b.Name) })
	if err := scantest.Reftable(&table, slices.Values(refs)); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, ".git/reftable")
	for path, content := range map[string][]byte{"tables.list": []byte("a.ref\n"), "a.ref": table.Bytes()} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, path), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := scan(t, dir, Options{Inside: ".git/"})
	if len(r.found) != 1 || r.found[0].Source != scanner.SourceGitDir || r.found[0].Line != 0 {
		t.Errorf("found %+v; unreadable %s", r.found, r.unreadable())
	}
}
