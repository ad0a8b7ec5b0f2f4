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
// What is left out by mistake is a key that nobody sees. So two matchers have to agree: that of List, which takes a
// bounded time for each path, finds the pattern that decides, and go-gitignore is asked about that one alone. It
// turns a line into a regular expression by a row of replacements, so a line is first written in such a way that none
// of them applies: as a rooted pattern in which every character is an escape and every wildcard is a class with a
// repetition. What it adds behind a pattern, to match all that lies below, is kept from matching by a mark at the end
// of each path: one for folders, one for everything else. Rejected: to have it hold every path against every pattern.
// That took a hundred patterns a tenth of a millisecond for each path, and a hostile list any time and memory.
type Paths struct {
	list    List
	rules   []atomic.Pointer[gitignore.GitIgnore] // of the patterns that were asked about
	folders sync.Map                              // path of a folder → whether it is left out
	known   atomic.Int32
}

// knownLimit is how many folders are remembered. A walk comes to the files of one after the other, so that
// forgetting all of them costs little, and a tree of millions of folders takes no memory here.
const knownLimit = 10_000

// longestRest is how much of a pattern, from its first wildcard on, is worth a regular expression. One that is longer
// leaves nothing out.
const longestRest = 256

const (
	folderMark = "Ā" // behind a folder's path. Bytes are runes up to U+00FF here, so no path can hold it
	fileMark   = "ā"
)

// NewPaths compiles the lines of an ignore file.
func NewPaths(lines []string) *Paths {
	p := &Paths{}
	for _, line := range lines {
		if one, ok := parsePattern(strings.TrimSuffix(line, "\r"), false); ok && len(one.rest) <= longestRest {
			p.list.patterns = append(p.list.patterns, one)
		}
	}
	p.rules = make([]atomic.Pointer[gitignore.GitIgnore], len(p.list.patterns))
	return p
}

// Ignored is true if the path, relative to the top of the tree and with forward slashes, is left
// out, itself or with a folder that it lies in.
func (p *Paths) Ignored(path string, dir bool) bool {
	if slash := strings.LastIndexByte(path, '/'); slash > 0 && p.folder(path[:slash]) {
		return true
	}
	left := steps
	for i := len(p.list.patterns); ; {
		if i = p.list.last(i, path, dir, &left); i < 0 {
			return false
		}
		if p.agrees(i, path, dir) {
			return !p.list.patterns[i].negated
		}
	}
}

// agrees asks go-gitignore whether a pattern matches.
func (p *Paths) agrees(i int, path string, dir bool) bool {
	rule := p.rules[i].Load()
	if rule == nil {
		rule = gitignore.CompileIgnoreLines(p.list.patterns[i].expression())
		p.rules[i].Store(rule)
	}
	mark := fileMark
	if dir {
		mark = folderMark
	}
	return rule.MatchesPath(runes(path) + mark)
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

// expression writes the pattern as a line for go-gitignore, without a "!".
func (p *pattern) expression() string {
	var b strings.Builder
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
