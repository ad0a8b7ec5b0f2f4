package gitdir

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"skleak/scanner/cause"
	"skleak/scanner/git/oid"
)

const (
	alternatesLimit = 1 << 20  // bytes of one info/alternates
	alternatesCount = 1000     // object folders in all: each is compared with every other
	alternatesDepth = 5        // how far alternates of alternates are followed, as in git
	shallowLimit    = 64 << 20 // bytes of the shallow file: a million commits
)

// ObjectDirs returns the folders that hold objects: the repository's own and its alternates, those of alternates
// included, each once. What an alternate that is not there leaves missing is a problem.
func (d *Dir) ObjectDirs() ([]string, []Problem) { return d.ObjectDirsBehind(nil) }

// ObjectDirsBehind is ObjectDirs with other folders, and the alternates of these, in front: the ones that git names
// to its hooks, which nothing else may take from the environment. One that is not there is a problem.
func (d *Dir) ObjectDirsBehind(first []string) ([]string, []Problem) {
	if d.bundle != nil {
		return first, nil
	}
	a := alternates{bounds: d.bounds, common: d.Common}
	for _, dir := range first {
		switch {
		case a.known(dir):
		case !a.add(dir):
			a.noted.add(dir, "is not there, or no folder")
		default:
			a.bounds = a.bounds.with(dir)
			a.follow(dir, 0)
		}
	}
	own, err := d.bounds.admit(filepath.Join(d.Common, "objects"))
	if err != nil {
		a.noted.add("objects", "%w", err)
		return a.dirs, a.noted.list()
	}
	if a.known(own) {
		return a.dirs, a.noted.list()
	}
	if !a.add(own) {
		a.noted.add(own, "is not there, or no folder")
		return a.dirs, a.noted.list()
	}
	a.follow(own, 0)
	return a.dirs, a.noted.list()
}

// alternates collects object folders.
type alternates struct {
	bounds bounds
	common string // the repository, which places are told relative to
	dirs   []string
	infos  []os.FileInfo // of dirs, to know a folder again under another name
	noted  problems
}

// add takes in a folder; false if it is none. One that is there already changes nothing.
func (a *alternates) add(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	a.dirs = append(a.dirs, dir)
	a.infos = append(a.infos, info)
	return true
}

// known is true for a folder taken in before: that ends cycles.
func (a *alternates) known(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	for _, other := range a.infos {
		if os.SameFile(info, other) {
			return true
		}
	}
	return false
}

// follow takes in the alternates of dir, which is itself depth steps from the repository.
func (a *alternates) follow(dir string, depth int) {
	list := filepath.Join(dir, "info", "alternates")
	place := list
	if below, err := filepath.Rel(a.common, list); err == nil && filepath.IsLocal(below) {
		place = filepath.ToSlash(below)
	}
	data, err := a.bounds.readFile(list, alternatesLimit)
	if err != nil {
		if !missing(err) {
			a.noted.add(place, "cannot be read: %w", cause.Of(err))
		}
		return
	}
	for i, name := range alternatePaths(string(data)) {
		path, err := within(dir, name)
		if err == nil {
			path, err = a.bounds.admit(path)
		}
		switch {
		case err != nil:
			a.noted.add(place, "entry %d: %w", i+1, err)
		case a.known(path):
		case depth > alternatesDepth:
			a.noted.add(place, "is not followed: alternates are nested more than %d deep", alternatesDepth)
			return
		case len(a.dirs) == alternatesCount:
			a.noted.add(place, "is not followed to its end: there are more than %d object folders", alternatesCount)
			return
		case !a.add(path):
			a.noted.add(place, "entry %d leads to %s, which is not there, or no folder", i+1, path)
		default:
			a.follow(path, depth+1)
		}
	}
}

// alternatePaths returns the paths of an info/alternates: one a line, comments left out, those in
// double quotes unquoted as C strings. A broken quotation is a path that starts with a quote.
func alternatePaths(text string) (paths []string) {
	for text != "" {
		if path, rest, ok := Unquote(text); ok {
			text = strings.TrimPrefix(rest, "\n")
			if path != "" {
				paths = append(paths, path)
			}
			continue
		}
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if line != "" && line[0] != '#' {
			paths = append(paths, line)
		}
	}
	return paths
}

// simpleEscapes are those of one character in git's C-style quotation.
var simpleEscapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\', '"': '"',
}

// Unquote reads a C-style quotation, as git writes names, at the start of text; ok is false where there is none.
func Unquote(text string) (unquoted, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		return "", text, false
	}
	var out []byte
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return string(out), text[i+1:], true
		case '\\':
			i++
			if i == len(text) {
				return "", text, false
			}
			if plain, ok := simpleEscapes[text[i]]; ok {
				out = append(out, plain)
				continue
			}
			octal, err := strconv.ParseUint(text[i:min(i+3, len(text))], 8, 8)
			if err != nil || i+3 > len(text) {
				return "", text, false
			}
			out = append(out, byte(octal))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return "", text, false
}

// Shallow returns the commits whose parents a shallow clone left out; none for a whole clone.
func (d *Dir) Shallow() ([]oid.ID, error) {
	if d.bundle != nil {
		return nil, nil
	}
	return d.readIDs(filepath.Join(d.Common, "shallow"))
}
