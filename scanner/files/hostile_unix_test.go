//go:build unix

package files

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"skleak/scanner/scantest"
)

// nest makes folders inside each other, with a key in the last and something in each that makes the walk
// come back to it. No path reaches most of them.
func nest(t *testing.T, root, name string, depth int) {
	t.Helper()
	at, err := unix.Open(root, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range depth {
		for _, one := range []string{name, "z"} {
			if err := unix.Mkdirat(at, one, 0o777); err != nil {
				t.Skipf("this system takes no folders %d deep: %v", i, err)
			}
		}
		below, err := unix.Openat(at, name, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		unix.Close(at)
		if err != nil {
			t.Fatal(err)
		}
		at = below
	}
	defer unix.Close(at)
	fd, err := unix.Openat(at, "last", unix.O_CREAT|unix.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(key(1))); err != nil {
		t.Fatal(err)
	}
}

// TestHostileDeep has folders far beyond what a path can name. They are read.
func TestHostileDeep(t *testing.T) {
	depth := scantest.Sample(300, 10_000)
	plainly := min(depth, 1000) // as deep as paths on Windows, and further; it has no short way up
	for _, name := range []string{"d", strings.Repeat("d", 255)} {
		for _, way := range ways {
			t.Run(fmt.Sprint(len(name), " ", way.name), func(t *testing.T) {
				depth, root := depth, t.TempDir()
				if way.plain {
					depth = plainly
				}
				nest(t, root, name, depth)
				defer removeDeep(t, root)
				within(t, 30*time.Second, 256<<20, func() {
					c, _, cov := scanOnce(t, root, Options{open: way.open})
					if len(c.findings) != 1 || !strings.HasSuffix(c.findings[0].Path, "/last") || !strings.HasPrefix(c.findings[0].Path, name+"/") {
						t.Fatalf("%d findings", len(c.findings))
					}
					if n := len(c.findings[0].Path); n > 2*pathLimit {
						t.Errorf("a path of %d bytes", n)
					}
					wantUnreadable(t, cov)
				})
			})
		}
	}
}

// removeDeep takes folders away that os.RemoveAll is slow at, by bringing each up to the top.
func removeDeep(t *testing.T, root string) {
	if out, err := exec.Command("rm", "-rf", root).CombinedOutput(); err != nil {
		t.Logf("removing the folders: %v %s", err, out)
	}
}

// TestHostileFewDescriptors scans with next to no open files, in a process of its own.
func TestHostileFewDescriptors(t *testing.T) {
	const files = 200
	if root := os.Getenv("FILES_FEW_DESCRIPTORS"); root != "" {
		for _, way := range ways {
			c, _, cov := scanOnce(t, root, Options{Jobs: 8, open: way.open})
			if len(c.paths()) != files {
				t.Errorf("%d of %d files", len(c.paths()), files)
			}
			wantUnreadable(t, cov)
		}
		return
	}
	root := t.TempDir()
	content := map[string]string{}
	for i := range files {
		path := strings.Repeat(fmt.Sprintf("d%d/", i%7), 30)
		content[path+"z/x"] = ""
		content[fmt.Sprintf("%sf%d", path, i)] = key(i)
	}
	write(t, root, content)
	for _, limit := range []string{"20", "64"} {
		command := exec.Command("sh", "-c", `ulimit -n "$1" && exec "$0" -test.run='^TestHostileFewDescriptors$'`, os.Args[0], limit)
		command.Env = append(os.Environ(), "FILES_FEW_DESCRIPTORS="+root)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", limit, err, out)
		}
	}
}

// TestHostileNames has the longest names, and bytes in them that are no characters.
func TestHostileNames(t *testing.T) {
	root := t.TempDir()
	names := []string{
		strings.Repeat("n", 255), strings.Repeat("\xff", 255), "\xff\xfe\x80", "a\nb", "a\rb", "\x1b[2J", "\u202egnp.exe", "-rf", "~",
		"::error::x", " ", "\\", "a\\b", ".. ", "...", "C:", "NUL", "con.txt", strings.Repeat("é", 127),
	}
	for i, name := range names {
		if err := os.WriteFile(filepath.Join(root, name), []byte(key(i)), 0o666); err != nil {
			t.Skipf("this system does not take %q: %v", name, err)
		}
	}
	c, _, cov := scan(t, root, Options{})
	if len(c.paths()) != len(names) {
		t.Errorf("%d of %d files: %q", len(c.paths()), len(names), c.paths())
	}
	wantUnreadable(t, cov)
}

// TestHostileLinks has links in circles and links out of the tree. They are searched and not followed.
func TestHostileLinks(t *testing.T) {
	root := t.TempDir()
	for name, target := range map[string]string{
		"self": "self", "up": "..", "here": ".", "one": "other", "other": "one", "passwd": "/etc/passwd", "null": "/dev/null",
		"proc": "/proc/self", "long": strings.Repeat("x/", 2000), "key": "to/" + key(1), "d/loop": "../d",
	} {
		write(t, root, map[string]string{"d/": ""})
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	c, _, cov := scan(t, root, Options{})
	wantLines(t, "findings", c.lines(), "key:1:4-1:38")
	wantUnreadable(t, cov)
	if cov.Bytes.Load() != 0 {
		t.Error("something was read")
	}
}
