package ignore

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	gitignore "github.com/sabhiram/go-gitignore"
)

// Paths is a list of patterns for a whole tree, such as a configuration's. Many goroutines may use
// it at once.
//
// go-gitignore keeps the patterns, their order and their negation, and matches. It turns a line into
// a regular expression by a row of replacements, so a line is first written in such a way that none
// of them applies: as a rooted pattern in which every character is an escape and every wildcard is a
// class with a repetition. What it adds behind a pattern, to match all that lies below, is kept from
// matching by a mark at the end of each path: one for folders, one for everything else.
type Paths struct {
	rules   *gitignore.GitIgnore
	folders sync.Map // path of a folder → whether it is left out, for the parents of what was asked
	known   atomic.Int32
}

// knownLimit is how many folders are remembered. A walk comes to the files of one after the other, so that
// forgetting all of them costs little, and a tree of millions of folders takes no memory here.
const knownLimit = 10_000

const (
	folderMark = "Ā" // behind a folder's path. Bytes are runes up to U+00FF here, so no path can hold it
	fileMark   = "ā"
)

// NewPaths compiles the lines of an ignore file.
func NewPaths(lines []string) *Paths {
	var written []string
	for _, line := range lines {
		if p, ok := parsePattern(strings.TrimSuffix(line, "\r"), false); ok {
			written = append(written, p.expression())
		}
	}
	return &Paths{rules: gitignore.CompileIgnoreLines(written...)}
}

// Ignored is true if the path, relative to the top of the tree and with forward slashes, is left
// out, itself or with a folder that it lies in.
func (p *Paths) Ignored(path string, dir bool) bool {
	if slash := strings.LastIndexByte(path, '/'); slash > 0 && p.folder(path[:slash]) {
		return true
	}
	mark := fileMark
	if dir {
		mark = folderMark
	}
	return p.rules.MatchesPath(runes(path) + mark)
}

// folder is Ignored for a folder, remembered: its files come one after another.
func (p *Paths) folder(path string) bool {
	if known, ok := p.folders.Load(path); ok {
		return known.(bool)
	}
	ignored := p.Ignored(path, true)
	if p.known.Add(1) > knownLimit {
		p.folders.Clear()
		p.known.Store(0)
	}
	p.folders.Store(path, ignored)
	return ignored
}

// runes writes each byte as one rune, since git's wildcards match bytes.
func runes(path string) string {
	plain := true
	for i := range len(path) {
		plain = plain && path[i] < 0x80
	}
	if plain {
		return path
	}
	var b strings.Builder
	for i := range len(path) {
		b.WriteRune(rune(path[i]))
	}
	return b.String()
}

// expression writes the pattern as a line for go-gitignore.
func (p *pattern) expression() string {
	var b strings.Builder
	if p.negated {
		b.WriteByte('!')
	}
	b.WriteByte('/')
	if p.byName {
		b.WriteString(anyFolders)
	}
	if p.suffix {
		b.WriteString(anyName)
	}
	for i := range len(p.literal) {
		fmt.Fprintf(&b, `\x{%x}`, p.literal[i])
	}
	for _, t := range p.rest {
		b.WriteString(t.expression())
	}
	if p.folders {
		b.WriteString(folderMark)
	} else {
		b.WriteString("[" + folderMark + fileMark + "]")
	}
	return b.String()
}

// The usual "*" and "." are among the characters that go-gitignore replaces.
const (
	anyName    = `[^/]{0,}`
	anyText    = `[\x{0}-\x{ff}]{0,}`
	anyFolders = `(|` + anyText + `/)`
)

func (k token) expression() string {
	switch k.kind {
	case char:
		return fmt.Sprintf(`\x{%x}`, k.char)
	case anyChar:
		return `[^/]`
	case star:
		return anyName
	case deep:
		return anyText
	case deepDirs:
		return anyFolders
	}
	var b strings.Builder
	for c := range 256 {
		if c != '/' && k.set.has(byte(c)) {
			fmt.Fprintf(&b, `\x{%x}`, c)
		}
	}
	if b.Len() == 0 {
		return `[^\x{0}-\x{10ffff}]` // a set of nothing
	}
	return "[" + b.String() + "]"
}
