package install

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// folder is a folder with hooks of git.
type folder struct {
	dir     string
	program string // the path of skleak
	shared  bool   // the folder is in the working tree, and what is in it may be committed
	global  bool   // the folder is for all repositories, whose own hooks git then passes over
}

// keptFolder holds the hooks that were there before ours. They keep their names: many find out by it which hook they
// are.
const keptFolder = "before-skleak"

// oldKeptSuffix ended the name of a kept hook in the first versions.
const oldKeptSuffix = ".before-skleak"

func (f folder) kept(name string) string { return filepath.Join(f.dir, keptFolder, name) }

// install writes a hook, and returns what it did. A hook that is there and is not ours is kept.
func (f folder) install(name string) (did string, err error) {
	at := name
	if legacy := f.legacy(name); legacy != "" {
		at = legacy
	}
	path := filepath.Join(f.dir, at)
	there, err := readHook(path)
	if err != nil {
		return "", err
	}
	did = "installed"
	switch {
	case there.ours:
		did = "brought up to date"
		err = f.moveOldKept(name)
	case there.text != "":
		did, err = f.keep(name)
	}
	if err != nil {
		return "", err
	}
	if script := f.script(name, isExecutable(f.kept(name))); script != there.text || !isExecutable(path) {
		return did, writeHook(path, script, 0o755)
	}
	if at != name {
		return "is installed already, as " + at + ", which the pre-commit framework runs first", nil
	}
	return "is installed already", nil
}

// keep keeps a hook that is not ours. It stays where it is as well, until ours takes its place: so there is a hook at any
// moment, should this be cut off.
func (f folder) keep(name string) (did string, err error) {
	path, kept := filepath.Join(f.dir, name), f.kept(name)
	switch {
	case isDouble(path, kept): // it was cut off
	case existsAt(kept):
		return "", fmt.Errorf("%s is in the way: it was kept when skleak was installed before, and now there is another "+
			"%s; put the two together first", kept, name)
	default:
		if err = os.MkdirAll(filepath.Dir(kept), 0o777); err == nil {
			err = doubleHook(path, kept)
		}
		if err != nil {
			return "", fmt.Errorf("keeping the %s hook that is there: %w", name, err)
		}
	}
	f.linkNeighbours()
	as := keptFolder + "/" + name
	if !isExecutable(kept) {
		return "installed; the file that was there is kept as " + as + " and not run: it is not executable", nil
	}
	return "installed; the hook that was there is kept as " + as + " and run first", nil
}

// moveOldKept brings a hook that a former version kept to where hooks are kept now.
func (f folder) moveOldKept(name string) error {
	old := filepath.Join(f.dir, name+oldKeptSuffix)
	if !existsAt(old) || existsAt(f.kept(name)) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(f.kept(name)), 0o777); err != nil {
		return fmt.Errorf("moving the %s hook that was kept: %w", name, err)
	}
	if err := moveHook(old, f.kept(name)); err != nil {
		return fmt.Errorf("moving the %s hook that was kept: %w", name, err)
	}
	f.linkNeighbours()
	return nil
}

// linkNeighbours lets a kept hook find the files that lay beside it, where it looks for them beside itself. Where links
// cannot be made, such a hook says what it misses, and stops.
func (f folder) linkNeighbours() {
	entries, _ := os.ReadDir(f.dir)
	for _, e := range entries {
		name := e.Name()
		if name != keptFolder && name != PreCommit && name != PrePush && !strings.HasSuffix(name, ".sample") {
			_ = os.Symlink(filepath.Join("..", name), f.kept(name))
		}
	}
}

// dropKeptFolder removes the folder of kept hooks once there is nothing in it but links to neighbours.
func (f folder) dropKeptFolder() {
	dir := filepath.Join(f.dir, keptFolder)
	if existsAt(f.kept(PreCommit)) || existsAt(f.kept(PrePush)) {
		return
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if target, err := os.Readlink(f.kept(e.Name())); err == nil && target == filepath.Join("..", e.Name()) {
			_ = os.Remove(f.kept(e.Name()))
		}
	}
	_ = os.Remove(dir)
}

// uninstall takes a hook of ours away and puts back what was there before, and returns what it did. One that the
// pre-commit framework has moved aside is ours, too.
func (f folder) uninstall(name string) (did string, err error) {
	defer f.dropKeptFolder()
	there, err := readHook(filepath.Join(f.dir, name))
	if err != nil {
		return "", err
	}
	aside, err := readHook(filepath.Join(f.dir, name+".legacy"))
	if err != nil {
		return "", err
	}
	if there.ours {
		did, err = f.putBack(name, name)
	}
	if aside.ours && err == nil {
		did, err = f.putBack(name, name+".legacy")
	}
	switch path, kept := filepath.Join(f.dir, name), f.kept(name); {
	case err != nil || did != "":
		return did, err
	case there.text == "":
		return "is not there", nil
	case isDouble(path, kept): // keeping it, or putting it back, was cut off
		if err := os.Remove(kept); err != nil {
			return "", fmt.Errorf("removing what was kept of the %s hook: %w", name, err)
		}
		return "is not there", nil
	}
	did = "left alone: it is not the one that skleak installed, or was changed since"
	if existsAt(f.kept(name)) {
		did += "; the hook from before is still in " + keptFolder
	}
	return did, nil
}

// putBack replaces a hook of ours, which lies at another name where the framework moved it, by the one from before.
func (f folder) putBack(name, at string) (did string, err error) {
	path := filepath.Join(f.dir, at)
	for _, kept := range []string{f.kept(name), filepath.Join(f.dir, name+oldKeptSuffix)} {
		if !existsAt(kept) {
			continue
		}
		if err := moveHook(kept, path); err != nil {
			return "", fmt.Errorf("putting back the %s hook from before: %w", name, err)
		}
		return "removed; the hook from before is back", nil
	}
	if err := os.Remove(path); err != nil {
		return "", fmt.Errorf("removing the %s hook: %w", name, err)
	}
	return "removed", nil
}
