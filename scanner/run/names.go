package run

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// namesFor gives each of several targets the name that its findings are reported under: the path as
// it was written where that lies below the current folder, and the end of it where it does not (a
// report must not tell where on the machine it was made), long enough to tell the targets apart.
func namesFor(targets []string) []string {
	names := make([]string, len(targets))
	for parts := 1; ; parts++ {
		before := slices.Clone(names)
		for i, target := range targets {
			names[i] = nameFor(target, parts)
		}
		if distinct(names) || slices.Equal(names, before) {
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

// FolderPrefix is what goes in front of the paths in a folder that is reported as name.
func FolderPrefix(name string) string {
	if name == "" || name == "." {
		return ""
	}
	return name + "/"
}

// filePrefix is what goes in front of the last part of name, for a file that is reported as name.
func filePrefix(name string) string { return name[:strings.LastIndexByte(name, '/')+1] }

func distinct(names []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(names)))) == len(names)
}

// prefixesFor are what goes in front of the paths below each of several targets. They are named by their tops: targets
// in one working tree have one.
func prefixesFor(paths []string, topOf func(string) string) ([]string, error) {
	var all, tops []string
	for _, path := range paths {
		all = append(all, absolute(path))
		if top := topOf(path); !slices.Contains(tops, top) {
			tops = append(tops, top)
		}
	}
	if !distinct(all) {
		return nil, errors.New("the same path is named twice; once is enough")
	}
	names := namesFor(tops)
	prefixes := make([]string, len(paths))
	for i, path := range paths {
		top := topOf(path)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			prefixes[i] = filePrefix(names[slices.Index(tops, top)])
		} else if len(tops) > 1 { // else places are told relative to the one target
			prefixes[i] = FolderPrefix(names[slices.Index(tops, top)])
		}
	}
	return prefixes, nil
}
