package odb

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Symbolic links inside an objects folder are not followed. Git makes none there, and one that somebody else made can
// lead to the objects of any repository on the machine. (That the folder itself may be one is for package gitdir to
// decide.)
var errLink = errors.New("a symbolic link, which is not followed inside an objects folder; info/alternates can " +
	"name another folder")

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// listFolder lists a folder, which is empty where it is not there.
func listFolder(path string) ([]os.DirEntry, error) {
	if isLink(path) {
		return nil, errLink
	}
	files, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return files, err
}

// openPack opens a pack that is no link and has none for an idx.
func openPack(path string, f oid.Format) (*pack.Pack, error) {
	if isLink(path) || isLink(strings.TrimSuffix(path, ".pack")+".idx") {
		return nil, errLink
	}
	return pack.Open(path, f)
}
