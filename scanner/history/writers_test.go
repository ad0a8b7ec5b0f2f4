package history

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/gitdir"
)

// Repositories that other programs write: what is found in them must be what git itself lists, object by object.

// writersKeys are handed to each writer, which puts them where it likes.
func writersKeys() (keys []string) {
	for i := range 40 {
		keys = append(keys, keyNamed(fmt.Sprintf("writers %d", i)))
	}
	return keys
}

// run runs a writer, or skips the test where it is not installed.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil || runtime.GOOS == "windows" {
		t.Skip("not installed, or another's of this name: ", name)
	}
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	c.Stdin = strings.NewReader(strings.Join(writersKeys(), "\n") + "\n")
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, said)
	}
}

const writers = "testdata/writers/"

// TestLibgit2 has libgit2 write a repository, by its Python library.
func TestLibgit2(t *testing.T) {
	t.Parallel()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import pygit2").Run() == nil {
			dir := filepath.Join(realTempDir(t), "repo")
			run(t, python, writers+"libgit2.py", dir)
			checkWritten(t, dir, 12)
			return
		}
	}
	t.Skip("not installed: pygit2")
}

// TestJGit has JGit write a repository, where a JDK and Debian's libraries for it are installed.
func TestJGit(t *testing.T) {
	t.Parallel()
	const libraries = "/usr/share/java/"
	for _, name := range []string{"org.eclipse.jgit.jar", "javaewah.jar", "slf4j-api.jar"} {
		if _, err := os.Stat(libraries + name); err != nil {
			t.Skip("not installed: JGit")
		}
	}
	if _, err := exec.LookPath("javac"); err != nil {
		t.Skip("not installed: a JDK")
	}
	dir := filepath.Join(realTempDir(t), "repo")
	run(t, "java", append([]string{"-cp", libraries + "*", writers + "JGit.java", dir}, writersKeys()...)...)
	checkWritten(t, dir, 12)
}

// TestOldGit has the git of this machine write what git wrote in 2020, and reads what git 2.25 did write.
func TestOldGit(t *testing.T) {
	t.Parallel()
	t.Run("this machine's", func(t *testing.T) {
		t.Parallel()
		root := realTempDir(t)
		run(t, "sh", writers+"git.sh", "git", "old", root)
		checkWritten(t, filepath.Join(root, "old"), 12)
	})
	t.Run("2.25", func(t *testing.T) {
		t.Parallel()
		checkWritten(t, filepath.Join(unpacked(t, "git-2.25.tar.gz.masked"), "old"), 12)
	})
}

// TestNewGit reads what git 2.55 wrote: chains of multi-pack-indexes, packs of what nothing leads to, reftables,
// SHA-256, relative links between worktrees; and what the git of this machine makes of these, if it knows them.
func TestNewGit(t *testing.T) {
	t.Parallel()
	root := unpacked(t, "git-2.55.tar.gz.masked")
	for _, name := range []string{"chains", "tables"} {
		t.Run(name, func(t *testing.T) { checkWritten(t, filepath.Join(root, name), 12) })
	}
	t.Run("this machine's", func(t *testing.T) {
		if exec.Command("git", "init", "-q", "--ref-format=reftable", realTempDir(t)).Run() != nil {
			t.Skip("this git knows no reftables")
		}
		root := realTempDir(t)
		run(t, "sh", writers+"git.sh", "git", "new", root)
		for _, name := range []string{"chains", "tables"} {
			checkWritten(t, filepath.Join(root, name), 12)
		}
	})
}

// checkWritten searches a repository and compares with what git lists of its objects: how many there are, and which
// have which key. Of each key it must be told where it is.
func checkWritten(t *testing.T, dir string, least int) {
	t.Helper()
	known := readable(t, dir)
	objects := allObjects(t, known)
	if known == dir {
		checkRefs(t, dir)
	}
	want := plainKeys(objects)
	checkKeys(t, searchOnly(t, dir), want)
	used, told := map[string]bool{}, map[string]bool{}
	for hit := range want {
		_, key, _ := strings.Cut(hit, " ")
		used[key] = true
	}
	if len(used) < least {
		t.Errorf("only %d keys were written", len(used))
	}
	r := scan(t, dir, Options{})
	r.checkComplete(t, objects)
	r.checkPlaces(t, objects)
	for _, f := range r.found {
		told[f.Key.Reveal()] = true
	}
	if !maps.Equal(told, used) {
		t.Errorf("%d keys are told of, not the %d that there are", len(told), len(used))
	}
}

// checkRefs compares the refs that all worktrees share with git's.
func checkRefs(t *testing.T, dir string) {
	t.Helper()
	d, err := gitdir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	refs, troubles := d.Refs()
	var got []string
	for _, r := range refs {
		if strings.HasPrefix(r.Name, "refs/") {
			got = append(got, r.ID.Hex(d.Format)+" "+r.Name)
		}
	}
	want := strings.Split(git(t, dir, "for-each-ref", "--format=%(objectname) %(refname)"), "\n")
	if len(troubles) > 0 || !slices.Equal(got, want) {
		t.Errorf("refs %q, %v, git has %q", got, troubles, want)
	}
}

// readable is the repository, or what git can read of one that is too new for it: its objects alone.
func readable(t *testing.T, dir string) string {
	t.Helper()
	if exec.Command("git", "-c", "safe.directory=*", "-C", dir, "rev-parse", "HEAD").Run() == nil {
		return dir
	}
	config, err := os.ReadFile(filepath.Join(dir, ".git", "config"))
	if err != nil {
		t.Fatal(err)
	}
	format := "sha1"
	if bytes.Contains(config, []byte("sha256")) {
		format = "sha256"
	}
	plain := filepath.Join(realTempDir(t), "plain.git")
	git(t, ".", "init", "-q", "--bare", "--object-format="+format, plain)
	if err := os.RemoveAll(objectsOf(plain)); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(objectsOf(plain), os.DirFS(filepath.Join(dir, ".git", "objects"))); err != nil {
		t.Fatal(err)
	}
	return plain
}

var updateWriters = flag.String("update-writers", "", "write the archives anew, by v2.25.0/git and v2.55.0/git in this folder")

// TestWritersUpdate makes the archives of repositories that versions of git wrote, which no machine has at hand:
//
//	go test ./scanner/history -run TestWritersUpdate -update-writers FOLDER
func TestWritersUpdate(t *testing.T) {
	if *updateWriters == "" {
		t.Skip("without -update-writers")
	}
	for version, age := range map[string]string{"2.25": "old", "2.55": "new"} {
		root := realTempDir(t)
		run(t, "sh", writers+"git.sh", filepath.Join(*updateWriters, "v"+version+".0", "git"), age, root)
		var b bytes.Buffer
		if err := archiveOf(root, &b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(writers+"git-"+version+".tar.gz.masked", masked(b.Bytes()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// archiveOf packs the git directories in a folder, without the working trees. Names of the folder itself, in files of
// worktrees, become ROOT.
func archiveOf(root string, to io.Writer) error {
	z, _ := gzip.NewWriterLevel(to, gzip.BestCompression)
	w := tar.NewWriter(z)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		inGit := slices.Contains(strings.Split(filepath.ToSlash(rel), "/"), ".git")
		if err != nil || !inGit || d.IsDir() && rel == "." {
			return err
		}
		head := &tar.Header{Name: filepath.ToSlash(rel), Mode: 0o644, Format: tar.FormatUSTAR}
		if d.IsDir() {
			head.Typeflag, head.Name, head.Mode = tar.TypeDir, head.Name+"/", 0o755
			return w.WriteHeader(head)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		content = bytes.ReplaceAll(content, []byte(root), []byte("ROOT"))
		head.Size = int64(len(content))
		if err := w.WriteHeader(head); err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	return errors.Join(err, w.Close(), z.Close())
}

// masked turns the archives into what no scanner looks into, and back: they hold keys that trip skleak itself.
func masked(content []byte) []byte {
	other := bytes.Clone(content)
	for i := range other {
		other[i] ^= 0xff
	}
	return other
}

// unpacked unpacks such an archive.
func unpacked(t *testing.T, name string) (root string) {
	t.Helper()
	content, err := os.ReadFile(writers + name)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(masked(content)))
	if err != nil {
		t.Fatal(err)
	}
	root = realTempDir(t)
	for r := tar.NewReader(z); ; {
		head, err := r.Next()
		if err == io.EOF {
			return root
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		path := filepath.Join(root, filepath.FromSlash(head.Name))
		if head.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else if err == nil {
			content = bytes.ReplaceAll(content, []byte("ROOT"), []byte(filepath.ToSlash(root)))
			err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
