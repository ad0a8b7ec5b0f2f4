// Package ignore decides which paths ignore files leave out, exactly as git does.
//
// A List holds the patterns of one file, and knows nothing of other files or of excluded parents:
// who walks a tree asks the lists from the strongest to the weakest, goes no further at the first
// verdict, and asks nothing below a folder that is excluded. Paths does all of that for one list of
// patterns that is not a file.
//
// The libraries for this were held against `git check-ignore` and put aside for the tree.
// go-git's plumbing/format/gitignore matches with filepath.Match, so it knows neither [!a] nor
// [[:digit:]]; it gives up after the first try behind "**/", so that "x/**/b/c" misses x/b/d/b/c;
// a negated pattern brings back all that lies below what it matches; a space behind an escaped one
// spoils the pattern; and it has no core.ignoreCase. sabhiram/go-gitignore passes brackets, braces,
// "+" and "|" on to a regular expression as they are, takes "?" for itself, finds "a/b" at any depth,
// has the same fault with negated patterns and with spaces, and tries every pattern as a regular
// expression on every path, which is too slow for a tree. Paths has it confirm what it cannot get wrong.
package ignore

import (
	"bytes"
	"strings"
)

// Verdict is what a list says of a path.
type Verdict uint8

const (
	None     Verdict = iota // no pattern matches
	Excluded                // the last one that matches leaves the path out
	Included                // the last one that matches begins with "!"
)

// List is the patterns of one source, in the order in which they stand there.
type List struct {
	patterns []pattern
	fold     bool
}

// Parse reads the content of an ignore file. With fold, letters of ASCII match in either case
// (core.ignoreCase). It returns nil if there is no pattern in it.
func Parse(content []byte, fold bool) *List {
	l := &List{fold: fold}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	for line := range bytes.SplitSeq(content, []byte{'\n'}) {
		if len(line) > 0 && line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
		}
		if nul := bytes.IndexByte(line, 0); nul >= 0 {
			line = line[:nul] // git reads a line as a C string
		}
		if p, ok := parsePattern(string(line), fold); ok {
			l.patterns = append(l.patterns, p)
		}
	}
	if len(l.patterns) == 0 {
		return nil
	}
	return l
}

// steps is how much work one path may take: a step for each pattern, and one for each token that is held against the
// path. Git has no such bound, and some lists make it take hours for a path.
const steps = 1 << 15

// Match says what the list makes of path, which is relative to the folder that the list's file lies
// in, with forward slashes. A nil List says None, and so does any for a path that takes too much work: then it is read.
func (l *List) Match(path string, dir bool) Verdict {
	if l == nil {
		return None
	}
	left := steps
	switch p := l.last(len(l.patterns), path, dir, &left); {
	case p < 0:
		return None
	case l.patterns[p].negated:
		return Included
	}
	return Excluded
}

// last returns the last pattern before one that matches, and -1 if there is none.
func (l *List) last(before int, path string, dir bool, left *int) int {
	name := path[strings.LastIndexByte(path, '/')+1:]
	for i := before - 1; i >= 0 && *left > 0; i-- {
		*left--
		if p := &l.patterns[i]; (dir || !p.folders) && p.match(path, name, l.fold, left) {
			return i
		}
	}
	return -1
}
