package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/oid"
)

// both runs a test by go-git and by git.
func both(t *testing.T, f func(t *testing.T, change func(*Request))) {
	t.Run("go-git", func(t *testing.T) { f(t, func(*Request) {}) })
	t.Run("git", func(t *testing.T) { f(t, func(r *Request) { r.WithGit = true }) })
}

// packsOf are the packs of a mirror.
func packsOf(t testing.TB, dir string) []string {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack"))
	if err != nil {
		t.Fatal(err)
	}
	return packs
}

// holdsAll holds a mirror of several packs against the repository that it was fetched from.
func holdsAll(t testing.TB, dir, of string) {
	t.Helper()
	for _, pack := range packsOf(t, dir) {
		if _, err := os.Stat(strings.TrimSuffix(pack, ".pack") + ".idx"); err != nil {
			git(t, dir, "index-pack", "-o", strings.TrimSuffix(pack, ".pack")+".idx", pack)
		}
	}
	git(t, dir, "fsck", "--full", "--strict")
	const format = "--format=%(objectname) %(refname) %(*objectname)"
	if got, want := git(t, dir, "for-each-ref", format), git(t, of, "for-each-ref", format); got != want {
		t.Errorf("the refs are\n%s\nnot\n%s", got, want)
	}
	if got, want := git(t, dir, "symbolic-ref", "HEAD"), git(t, of, "symbolic-ref", "HEAD"); got != want {
		t.Errorf("HEAD is %s, not %s", got, want)
	}
	u, _, _ := ParseURL("https://example.com/x")
	if text, err := os.ReadFile(filepath.Join(dir, "config")); err == nil {
		_, address, _ := strings.Cut(string(text), "url = \"")
		u, _, _ = ParseURL(address[:strings.IndexByte(address, '"')])
	}
	if n, err := CheckMirror(dir, u); err != nil || n != len(packsOf(t, dir)) {
		t.Errorf("it is no mirror: %d packs, %v", n, err)
	}
}

// again fetches into the same folder.
func again(t testing.TB, address, dir string, change func(*Request)) (bytes int64, err error) {
	t.Helper()
	_, err = fetched(t, address, func(r *Request) {
		change(r)
		r.Dir, r.Received = dir, func(n int64) { bytes = n }
	})
	return bytes, err
}

// change commits to a bare repository.
func commitTo(t testing.TB, dir, ref, text string) (id string) {
	t.Helper()
	blob := filepath.Join(t.TempDir(), "blob")
	write(t, blob, text)
	tree := strings.TrimSpace(gitIn(t, dir, fmt.Sprintf("100644 blob %s\tfile\n", git(t, dir, "hash-object", "-w", blob)), "mktree"))
	args := []string{"commit-tree", "-m", text, tree}
	if parent := git(t, dir, "for-each-ref", "--format=%(objectname)", ref); parent != "" {
		args = append(args, "-p", parent)
	}
	id = git(t, dir, args...)
	git(t, dir, "update-ref", ref, id)
	return id
}

// TestFetchAgain: what is new comes, and nothing else, by every way.
func TestFetchAgain(t *testing.T) {
	both(t, func(t *testing.T, change func(*Request)) {
		base, dir := project(t)
		for _, server := range []string{serve(t, base, nil), daemon(t, base)} {
			address := server + "/team/project.git"
			mirror, err := fetched(t, address, change)
			if err != nil {
				t.Fatal(err)
			}
			first := packsOf(t, mirror)
			git(t, mirror, "index-pack", first[0])
			before, err := os.Stat(first[0])
			if err != nil {
				t.Fatal(err)
			}
			if bytes, err := again(t, address, mirror, change); err != nil || bytes != 0 || len(packsOf(t, mirror)) != 1 {
				t.Errorf("%s: nothing is new: %d bytes, %v", address, bytes, err)
			}
			commitTo(t, dir, "refs/heads/trunk", "new at "+server)
			git(t, dir, "tag", "-a", "-m", "new", "new"+server[:3], "trunk")
			git(t, dir, "update-ref", "refs/old/"+server[:3], "trunk~3") // it is here already
			git(t, dir, "update-ref", "-d", "refs/heads/side/one")
			bytes, err := again(t, address, mirror, change)
			if err != nil || bytes == 0 || bytes > before.Size()/2 || len(packsOf(t, mirror)) != 2 {
				t.Errorf("%s: %d bytes after %d, %v, %v", address, bytes, before.Size(), packsOf(t, mirror), err)
			}
			holdsAll(t, mirror, dir)
			git(t, dir, "update-ref", "refs/heads/trunk", "trunk~5") // and nothing has to come
			git(t, dir, "update-ref", "refs/heads/side/one", "trunk")
			git(t, dir, "symbolic-ref", "HEAD", "refs/heads/side/one")
			if bytes, err := again(t, address, mirror, change); err != nil || bytes > 100 {
				t.Errorf("%s: %d bytes, %v", address, bytes, err)
			}
			holdsAll(t, mirror, dir)
			git(t, dir, "symbolic-ref", "HEAD", "refs/heads/trunk")
		}
	})
}

// TestFetchAgainFails: a fetch that breaks off leaves the mirror as it was, and what it left itself goes with the next one.
func TestFetchAgainFails(t *testing.T) {
	base, dir := project(t)
	broken := false
	address := serve(t, base, func(w http.ResponseWriter, r *http.Request) bool {
		if broken && r.Method == http.MethodPost {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
			io.WriteString(w, packet("NAK\n")+band(1, []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x05"))+"0000")
			return false
		}
		return true
	}) + "/team/project.git"
	mirror, err := fetched(t, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	git(t, mirror, "index-pack", packsOf(t, mirror)[0])
	write(t, filepath.Join(mirror, "objects", "pack", temporaryPack+"pack_left"), "half")
	was := git(t, mirror, "for-each-ref")
	commitTo(t, dir, "refs/heads/trunk", "something new")
	broken = true
	if _, err := again(t, address, mirror, func(*Request) {}); err == nil || !strings.Contains(err.Error(), "no pack") {
		t.Errorf("broken: %v", err)
	}
	if now := git(t, mirror, "for-each-ref"); now != was || len(packsOf(t, mirror)) != 1 {
		t.Errorf("it is not as it was: %s", now)
	}
	broken = false
	if _, err := again(t, address, mirror, func(*Request) {}); err != nil {
		t.Error(err)
	}
	holdsAll(t, mirror, dir)
	if left, _ := filepath.Glob(filepath.Join(mirror, "objects", "pack", "tmp_*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// advertised asks the server for its refs, and fetches nothing.
func advertised(ctx context.Context, r Request) (Refs, error) {
	s, err := Connect(ctx, r)
	if err != nil {
		return Refs{}, err
	}
	return s.Refs, s.Close()
}

// TestAdvertised: the digest stands for the refs and for nothing else.
func TestAdvertised(t *testing.T) {
	both(t, func(t *testing.T, change func(*Request)) {
		base, dir := project(t)
		address := serve(t, base, nil) + "/team/project.git"
		ask := func() Refs {
			u, _, _ := ParseURL(address)
			r := Request{URL: u, Credentials: Credentials{Env: environment()}}
			change(&r)
			refs, err := advertised(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			return refs
		}
		first := ask()
		if len(first.List) != 6 || first.Head != "refs/heads/trunk" || first.Digest() != ask().Digest() {
			t.Errorf("%+v", first)
		}
		seen := []string{first.Digest()}
		for _, args := range [][]string{{"update-ref", "refs/heads/x", "trunk"}, {"update-ref", "refs/heads/x", "trunk~1"},
			{"symbolic-ref", "HEAD", "refs/heads/x"}, {"update-ref", "-d", "refs/heads/trunk"}} {
			git(t, dir, args...)
			now := ask().Digest()
			if slices.Contains(seen, now) {
				t.Errorf("%v changes nothing", args)
			}
			seen = append(seen, now)
		}
	})
}

// TestDigestsAgree: git and go-git say the same of a server.
func TestDigestsAgree(t *testing.T) {
	base, _ := project(t)
	u, _, _ := ParseURL(serve(t, base, nil) + "/team/project.git")
	var digests []string
	for _, withGit := range []bool{false, true} {
		refs, err := advertised(t.Context(), Request{URL: u, WithGit: withGit, Credentials: Credentials{Env: environment()}})
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, fmt.Sprint(refs.Digest(), refs))
	}
	if digests[0] != digests[1] {
		t.Errorf("%s\n%s", digests[0], digests[1])
	}
}

// TestByID: commits that no ref leads to come where the server allows it, and what it does not have is told apart.
func TestByID(t *testing.T) {
	both(t, func(t *testing.T, change func(*Request)) {
		base, dir := project(t)
		git(t, dir, "config", "uploadpack.allowAnySHA1InWant", "true")
		for _, server := range []string{serve(t, base, nil), daemon(t, base)} {
			address := server + "/team/project.git"
			mirror, err := fetched(t, address, change)
			if err != nil {
				t.Fatal(err)
			}
			var there, gone []oid.ID
			for i := range 5 {
				id := commitTo(t, dir, "refs/heads/trunk", fmt.Sprint("hidden ", i, server))
				git(t, dir, "update-ref", "refs/heads/trunk", id+"^")
				there = append(there, parsed(t, id))
				gone = append(gone, parsed(t, strings.Repeat(fmt.Sprint(i+1), 40)))
			}
			u, _, _ := ParseURL(address)
			r := Request{URL: u, Dir: mirror, Credentials: Credentials{Env: environment()}}
			change(&r)
			asked, err := ByID(t.Context(), r, slices.Concat(gone[:2], there, gone[2:], []oid.ID{parsed(t, git(t, dir, "rev-parse", "v1"))}))
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(asked.Refused, oid.ID.Compare)
			if len(asked.Served) != len(there)+1 || !slices.Equal(asked.Refused, gone) || len(asked.NotSent) > 0 {
				t.Errorf("%s: %+v", address, asked)
			}
			holdsAll(t, mirror, dir)
			for _, id := range there {
				git(t, mirror, "cat-file", "-e", id.Hex(oid.SHA1)+"^{tree}")
			}
		}
	})
}

// TestByIDIsRefused: a server that takes no such questions is not asked.
func TestByIDIsRefused(t *testing.T) {
	base, dir := project(t)
	address := serve(t, base, nil) + "/team/project.git"
	mirror, err := fetched(t, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	hidden := parsed(t, commitTo(t, dir, "refs/heads/trunk", "hidden"))
	git(t, dir, "update-ref", "refs/heads/trunk", "trunk~1")
	u, _, _ := ParseURL(address)
	asked, err := ByID(t.Context(), Request{URL: u, Dir: mirror}, []oid.ID{hidden})
	if err != nil || len(asked.NotSent) != 1 {
		t.Errorf("%+v, %v", asked, err)
	}
}

// TestManyQuestions: a server that refuses everything is asked a bounded number of times.
func TestManyQuestions(t *testing.T) {
	posts := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, packet("# service=git-upload-pack\n")+"0000"+packet(someID+" refs/heads/main"+capabilities+" allow-tip-sha1-in-want\n")+"0000")
			return
		}
		posts++
		io.WriteString(w, packet("ERR upload-pack: not our ref 1"))
	}))
	defer s.Close()
	u, _, _ := ParseURL(s.URL + "/x")
	var ids []oid.ID
	for i := range 2000 {
		ids = append(ids, parsed(t, fmt.Sprintf("%040x", i+1)))
	}
	asked, err := ByID(t.Context(), Request{URL: u, Dir: t.TempDir()}, ids)
	if err != nil || posts > maxQuestions || len(asked.Served) > 0 || len(asked.Refused)+len(asked.NotSent) != len(ids) {
		t.Errorf("%d questions, %d served, %d refused, %d not sent: %v", posts, len(asked.Served), len(asked.Refused), len(asked.NotSent), err)
	}
}

func parsed(t testing.TB, text string) oid.ID {
	t.Helper()
	id, err := oid.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestRoom: a disk without room is named before anything is fetched, and while it is.
func TestRoom(t *testing.T) {
	base, _ := project(t)
	address := serve(t, base, nil) + "/team/project.git"
	dir, err := fetched(t, address, func(r *Request) {
		r.Expected = 1 << 30
		r.free = func(string) (uint64, bool) { return 1 << 30, true }
	})
	if KindOf(err) != DiskFull || len(packsOf(t, dir)) > 0 {
		t.Errorf("before: %v", err)
	}
	p := &packWriter{to: io.Discard, hash: oid.SHA1.Hash(), most: 1 << 40, room: func() error { return errFull }}
	if err := p.add([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01")); err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range roomEvery >> 20 {
		if err = p.add(block); err != nil {
			break
		}
	}
	if KindOf(err) != DiskFull {
		t.Errorf("meanwhile: %v", err)
	}
	if free, ok := freeBytes(t.TempDir()); ok && free == 0 {
		t.Error("nothing is free here, it says")
	}
	if KindOf(full(&os.PathError{Op: "write", Err: errDiskFull})) != DiskFull || KindOf(full(io.EOF)) != 0 {
		t.Error("errors of writes are not told apart")
	}
}

// TestCheckMirror: what is not exactly a mirror of ours is none.
func TestCheckMirror(t *testing.T) {
	base, _ := project(t)
	address := serve(t, base, nil) + "/team/project.git"
	u, _, _ := ParseURL(address)
	other, _, _ := ParseURL(address + "x")
	at := func(dir string, names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	elsewhere := t.TempDir()
	for name, change := range map[string]func(dir string) error{
		"": func(string) error { return nil },
		"a config that names programs": func(dir string) error {
			return os.WriteFile(at(dir, "config"), []byte(config(u)+"[credential]\n\thelper = !touch /tmp/x\n"), 0o600)
		},
		"hooks":          func(dir string) error { return os.Mkdir(at(dir, "hooks"), 0o700) },
		"a loose ref":    func(dir string) error { return os.WriteFile(at(dir, "refs", "heads", "x"), []byte(someID), 0o600) },
		"a loose object": func(dir string) error { return os.Mkdir(at(dir, "objects", "12"), 0o700) },
		"alternates": func(dir string) error {
			return os.WriteFile(at(dir, "objects", "info", "alternates"), []byte(elsewhere), 0o600)
		},
		"a commondir":        func(dir string) error { return os.WriteFile(at(dir, "commondir"), []byte(elsewhere), 0o600) },
		"no refs":            func(dir string) error { return os.Remove(at(dir, "packed-refs")) },
		"no HEAD":            func(dir string) error { return os.Remove(at(dir, "HEAD")) },
		"a link for HEAD":    func(dir string) error { return linked(at(dir, "HEAD"), at(elsewhere, "HEAD")) },
		"a link for refs":    func(dir string) error { return linked(at(dir, "refs"), elsewhere) },
		"a link for objects": func(dir string) error { return linked(at(dir, "objects"), elsewhere) },
		"a link for packs":   func(dir string) error { return linked(at(dir, "objects", "pack"), elsewhere) },
		"a link for a pack": func(dir string) error {
			return linked(packsOf(t, dir)[0], at(elsewhere, "x.pack"))
		},
		"a link": func(dir string) error { return linked(dir, elsewhere) },
	} {
		dir, err := fetched(t, address, nil)
		if err == nil {
			err = change(dir)
		}
		if err != nil {
			t.Fatal(err)
		}
		packs, err := CheckMirror(dir, u)
		if name == "" {
			if _, err2 := CheckMirror(dir, other); err != nil || packs != 1 || err2 == nil {
				t.Errorf("a mirror: %d packs, %v; of another: %v", packs, err, err2)
			}
		} else if err == nil {
			t.Errorf("%s: it is a mirror", name)
		}
	}
}

func linked(path, to string) error { return errors.Join(os.RemoveAll(path), os.Symlink(to, path)) }

// TestKinds: what to do about an error can be told.
func TestKinds(t *testing.T) {
	base, _ := project(t)
	both(t, func(t *testing.T, change func(*Request)) {
		for address, want := range map[string]Kind{
			serve(t, base, nil) + "/other.git":                                    Gone,
			answering(t, http.StatusNotFound, "") + "/x":                          Gone,
			answering(t, http.StatusGone, "") + "/x":                              Gone,
			answering(t, http.StatusUnavailableForLegalReasons, "because") + "/x": Withheld,
			answering(t, http.StatusForbidden, "") + "/x":                         Forbidden,
			answering(t, http.StatusUnauthorized, "") + "/x":                      Forbidden,
			answering(t, http.StatusInternalServerError, "") + "/x":               0,
			answering(t, http.StatusTooManyRequests, "") + "/x":                   0,
			"http://host.invalid/x":                                               0,
		} {
			if _, err := fetched(t, address, change); err == nil || KindOf(err) != want || strings.Contains(err.Error(), "because") {
				t.Errorf("%s: kind %d, want %d: %v", address, KindOf(err), want, err)
			}
		}
	})
}

// TestMoved: where a server leads is told.
func TestMoved(t *testing.T) {
	base, _ := project(t)
	other := serve(t, base, nil)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/old"):
			http.Redirect(w, r, "/new"+strings.TrimPrefix(r.URL.RequestURI(), "/old"), http.StatusMovedPermanently)
		case strings.HasPrefix(r.URL.Path, "/gone"):
			http.Redirect(w, r, strings.Replace(other, "127.0.0.1", "localhost", 1)+strings.TrimPrefix(r.URL.RequestURI(), "/gone"), http.StatusMovedPermanently)
		default:
			http.Redirect(w, r, other+strings.TrimPrefix(r.URL.RequestURI(), "/new"), http.StatusFound)
		}
	}))
	defer s.Close()
	for path, want := range map[string]Moved{"/old": Renamed, "/gone": Elsewhere} {
		u, _, _ := ParseURL(s.URL + path + "/team/project.git")
		server, err := Connect(t.Context(), Request{URL: u})
		if err != nil {
			t.Fatal(err)
		}
		if server.Moved != want {
			t.Errorf("%s: %d, want %d", path, server.Moved, want)
		}
		server.Close()
	}
}
