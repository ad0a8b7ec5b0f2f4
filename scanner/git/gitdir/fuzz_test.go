package gitdir

import (
	"bytes"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"skleak/scanner/git/oid"
)

const (
	idA = "0123456789abcdef0123456789abcdef01234567"
	idB = "89abcdef0123456789abcdef0123456789abcdef"
)

func packedSeeds() []string {
	return []string{
		"# pack-refs with: peeled fully-peeled sorted \n" + idA + " refs/heads/main\n" + idB + " refs/tags/v1\n^" + idA + "\n",
		idA + " refs/heads/../../x\r\n" + idB + "\tHEAD", "^" + idA + "\n", idA + "\n", strings.Repeat("x", packedLineLimit+1) + "\n" + idA + " refs/a\n",
		idA + strings.Repeat("0", 24) + " refs/heads/wide\n", strings.Repeat("0", 40) + " refs/heads/null\n",
	}
}

func looseRefSeeds() []string {
	return []string{idA + "\n", idA, "ref: refs/heads/main\n", "ref:refs/heads/x", "ref: ../../x\n", "ref: refs/heads/../x\n", "ref: HEAD\n", idA + idB, "",
		idA + "\tnot-for-merge\tbranch 'x'\n", idA + strings.Repeat("1", 24) + "\n"}
}

func alternateSeeds() []string {
	return []string{"/a/objects\n../b\n", "# a comment\n\n\"/c\\303\\244\\n\"\n", `"broken`, "\"\\", "\"\"\n/x", "\"a\"b\n", "C:/x\r\n"}
}

func gitfileSeeds() []string {
	return []string{"gitdir: ../x/.git/worktrees/y\n", "gitdir: C:/x/.git\r\n", "gitdir: \n", "gitdir:x", "gitdir: a\nb", "gitdir: //host/share\n", "gitdir: a\x00b"}
}

// TestSeeds: a fuzz test whose seeds are all refused would begin at nothing.
func TestSeeds(t *testing.T) {
	for name, c := range map[string]struct {
		seeds    []string
		accepted func(seed string) bool
		want     int
	}{
		"packed-refs": {packedSeeds(), func(seed string) bool { return len(packedNames(seed, oid.SHA1)) > 0 }, 3},
		"loose refs": {looseRefSeeds(), func(seed string) bool {
			_, err := parseLoose([]byte(seed), "refs/x", oid.SHA1)
			return err == nil
		}, 6},
		"alternates":    {alternateSeeds(), func(seed string) bool { return len(alternatePaths(seed)) > 0 }, 7},
		".git files":    {gitfileSeeds(), func(seed string) bool { _, ok := parseGitfile([]byte(seed)); return ok }, 5},
		"configuration": {configSeeds, func(seed string) bool { all, _ := parseConfig([]byte(seed)); return len(all) > 0 }, 4},
		"headers":       {configLineSeeds(), func(seed string) bool { _, _, _, ok := cutHeader(seed); return ok }, 8},
		"bare keys":     {configLineSeeds(), func(seed string) bool { return spelledOut(seed) != seed }, 4},
	} {
		got := 0
		for _, seed := range c.seeds {
			if c.accepted(seed) {
				got++
			}
		}
		if got != c.want {
			t.Errorf("%s: %d of %d seeds are accepted, want %d", name, got, len(c.seeds), c.want)
		}
	}
}

func packedNames(text string, f oid.Format) (names []string) {
	var noted problems
	parsePacked([]byte(text), f, &noted, func(name []byte, _ oid.ID) bool {
		names = append(names, string(name))
		return true
	})
	return names
}

func format(wide bool) oid.Format {
	if wide {
		return oid.SHA256
	}
	return oid.SHA1
}

func FuzzPackedRefs(f *testing.F) {
	for _, seed := range packedSeeds() {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, wide bool) {
		size := 2 * format(wide).Size()
		refs := 0
		var noted problems
		parsePacked([]byte(text), format(wide), &noted, func(name []byte, id oid.ID) bool {
			refs++
			if len(name) == 0 || id.IsZero() || bytes.ContainsAny(name, "\n") {
				t.Errorf("ref %q of %v", name, id)
			}
			return true
		})
		if most := len(text) / (size + 2); refs > most+1 {
			t.Errorf("%d refs in %d bytes", refs, len(text))
		}
		said := len(noted.list()) > 0
		if refs == 0 && !said && strings.Trim(text, "\r\n") != "" && !strings.Contains(text, "#") {
			t.Errorf("nothing was read of %q, and nothing said", text)
		}
	})
}

func FuzzLooseRef(f *testing.F) {
	for _, seed := range looseRefSeeds() {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, wide bool) {
		ref, err := parseLoose(data, "refs/x", format(wide))
		if err != nil {
			return
		}
		if ref.ID.IsZero() == (ref.Symbolic == "") {
			t.Errorf("%q is neither an id nor a symbolic ref, or both: %+v", data, ref)
		}
		const git = "/repo/.git"
		if path := filepath.Join(git, filepath.FromSlash(ref.Symbolic)); ref.Symbolic != "" && !strings.HasPrefix(filepath.ToSlash(path), git+"/") {
			t.Errorf("%q leads to %s", data, path)
		}
	})
}

func FuzzAlternates(f *testing.F) {
	for _, seed := range alternateSeeds() {
		f.Add(seed)
	}
	dir := f.TempDir()
	b := Reach{}.bounds().with(dir)
	f.Fuzz(func(t *testing.T, text string) {
		paths := alternatePaths(text)
		if len(paths) > strings.Count(text, "\n")+strings.Count(text, `"`)+1 {
			t.Errorf("%d paths in %q", len(paths), text)
		}
		for _, path := range paths {
			if path == "" {
				t.Errorf("an empty path in %q", text)
			}
			checkInside(t, b, dir, path)
		}
	})
}

func FuzzGitfile(f *testing.F) {
	for _, seed := range gitfileSeeds() {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	b := Reach{}.bounds().with(dir)
	f.Fuzz(func(t *testing.T, data []byte) {
		if path, ok := parseGitfile(data); ok {
			checkInside(t, b, dir, path)
		}
	})
}

// checkInside fails if a path that stands in a file of dir is admitted and leads out of it.
func checkInside(t *testing.T, b bounds, dir, path string) {
	t.Helper()
	full, err := within(dir, path)
	if err != nil {
		return
	}
	got, err := b.admit(full)
	if err != nil {
		return
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if rel, err := filepath.Rel(real, got); (err != nil || !filepath.IsLocal(rel)) && runtime.GOOS != "windows" {
		t.Errorf("%q was admitted as %s, out of %s", path, got, real)
	}
}
