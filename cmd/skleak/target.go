package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"skleak/scanner"
)

// existing returns what lies at path, or an error that says what to do where nothing does.
func existing(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		return info, nil
	case path == "-":
		return nil, errors.New(`"-" is no path; to scan standard input: "skleak stdin"`)
	case strings.Contains(path, "://") || strings.HasPrefix(path, "git@"):
		return nil, fmt.Errorf("%s is not on this machine, and skleak fetches nothing; clone it first: \"git clone --mirror %s\"", path, path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file or folder %q; check the path", path)
	default:
		return nil, fmt.Errorf("cannot look at %s: %w", path, scanner.Cause(err))
	}
}

// namesFor gives each of several targets the name that its findings are reported under: the path as
// it was written where that lies below the current folder, and the end of it where it does not (a
// report must not tell where on the machine it was made), long enough to tell the targets apart.
func namesFor(targets []string) []string {
	names := make([]string, len(targets))
	for parts := 1; ; parts++ {
		for i, target := range targets {
			names[i] = nameFor(target, parts)
		}
		if distinct(names) || parts > longest(targets) {
			return names
		}
	}
}

func nameFor(target string, parts int) string {
	clean := filepath.Clean(target)
	if filepath.IsLocal(clean) {
		return filepath.ToSlash(clean)
	}
	if abs, err := filepath.Abs(clean); err == nil {
		clean = abs
	}
	all := slices.DeleteFunc(strings.Split(filepath.ToSlash(clean[len(filepath.VolumeName(clean)):]), "/"),
		func(part string) bool { return part == "" })
	return strings.Join(all[max(0, len(all)-parts):], "/")
}

// folderPrefix is what goes in front of the paths in a folder that is reported as name.
func folderPrefix(name string) string {
	if name == "" || name == "." {
		return ""
	}
	return name + "/"
}

// filePrefix is what goes in front of the last part of name, for a file that is reported as name.
func filePrefix(name string) string { return name[:strings.LastIndexByte(name, '/')+1] }

func distinct(names []string) bool {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

// longest bounds the parts that a name can have.
func longest(paths []string) int {
	most := 0
	for _, path := range paths {
		if abs, err := filepath.Abs(path); err == nil {
			most = max(most, strings.Count(filepath.ToSlash(abs), "/"))
		}
	}
	return most
}
