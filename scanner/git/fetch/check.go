package fetch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"skleak/scanner/cause"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/oid"
)

// CheckMirror tells whether a folder is a mirror of u as Fetch makes them, and nothing else: whatever is a link, or was
// put there by somebody else, is an error that names it. It returns how many packs the mirror has. What is in the packs is
// for a scan to find out.
func CheckMirror(dir string, u URL) (packs int, err error) {
	err = eachIn(dir, func(name string, info fs.FileInfo) error {
		switch name {
		case "objects", "refs":
			return mustBeFolder(name, info)
		case "HEAD", "config", "packed-refs", "shallow":
			return mustBeFile(name, info)
		}
		if strings.HasPrefix(name, temporaryFile) {
			return errors.Join(mustBeFile(name, info), os.Remove(filepath.Join(dir, name)))
		}
		return errOthers(name)
	})
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "config"))
	switch {
	case err != nil:
		return 0, fmt.Errorf("reading config: %w", cause.Of(err))
	case string(text) != config(u):
		return 0, errors.New("its config is that of another repository, or was changed")
	}
	for _, name := range []string{"HEAD", "packed-refs"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			return 0, fmt.Errorf("reading %s: %w", name, cause.Of(err))
		}
	}
	return checkFolders(dir)
}

// checkFolders looks into the folders of a mirror.
func checkFolders(dir string) (packs int, err error) {
	for folder, holds := range map[string]string{"objects": "pack info", "objects/info": "", "refs": "heads tags",
		"refs/heads": "", "refs/tags": ""} {
		err := eachIn(filepath.Join(dir, filepath.FromSlash(folder)), func(name string, info fs.FileInfo) error {
			if !strings.Contains(" "+holds+" ", " "+name+" ") {
				return errOthers(folder + "/" + name)
			}
			return mustBeFolder(folder+"/"+name, info)
		})
		if err != nil {
			return 0, err
		}
	}
	err = eachIn(filepath.Join(dir, "objects", "pack"), func(name string, info fs.FileInfo) error {
		id, isPack := strings.CutSuffix(name, ".pack")
		_, idErr := oid.Parse(strings.TrimPrefix(strings.TrimSuffix(id, ".idx"), "pack-"))
		switch {
		case strings.HasPrefix(name, temporaryPack):
		case idErr != nil || !isPack && !strings.HasSuffix(name, ".idx"):
			return errOthers("objects/pack/" + name)
		case isPack:
			packs++
		}
		return mustBeFile("objects/pack/"+name, info)
	})
	return packs, err
}

func eachIn(dir string, check func(name string, info fs.FileInfo) error) error {
	info, err := os.Lstat(dir)
	if err == nil && !info.IsDir() {
		return errors.New("it is no folder")
	}
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		info, infoErr := entry.Info()
		if infoErr != nil {
			err = infoErr
			break
		}
		if err := check(entry.Name(), info); err != nil {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", filepath.Base(dir), cause.Of(err))
	}
	return nil
}

func errOthers(name string) error { return fmt.Errorf("%q in it is not from here", name) }

func mustBeFolder(name string, info fs.FileInfo) error {
	if !info.IsDir() {
		return fmt.Errorf("%q in it is no folder", name)
	}
	return nil
}

func mustBeFile(name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%q in it is no regular file", name)
	}
	return nil
}

// MirrorRefs are the refs of a mirror; none where it is yet to be made.
func MirrorRefs(dir string) (refs Refs, err error) {
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); errors.Is(err, fs.ErrNotExist) {
		return refs, nil
	}
	where, err := gitdir.Open(dir)
	if err != nil {
		return refs, fmt.Errorf("opening the mirror: %w", err)
	}
	problems := where.EachRef(func(ref gitdir.Ref) {
		switch {
		case strings.HasPrefix(ref.Name, "refs/"):
			refs.List = append(refs.List, Ref{Name: ref.Name, ID: ref.ID})
		case ref.Name == "HEAD" && ref.Symbolic == "":
			refs.Head = ref.ID.Hex(oid.SHA1)
		}
	})
	if len(problems) > 0 {
		return refs, fmt.Errorf("reading the refs of the mirror: %s: %s", problems[0].Place, problems[0].Detail)
	}
	return refs, nil
}
