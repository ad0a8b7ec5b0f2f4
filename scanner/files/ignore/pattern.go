package ignore

import "strings"

// pattern is one line of an ignore file.
//
// A pattern without a slash, but for one at its end, is held against the name alone, every other one
// against the whole path. In both cases git compares the text before the first special character
// as it stands, and gives only what is behind it to its wildcard matcher. That shows: in "foo**/bar"
// the matcher sees "**/bar", and takes "**" as standing for whole folders.
type pattern struct {
	negated bool // begins with "!"
	folders bool // ends with "/": for folders only
	byName  bool
	suffix  bool    // "*" and then only literal text, which is literal
	literal string  // what comes before the first special character
	rest    []token // what follows it
}

const special = `*?[\`

// parsePattern takes a line apart. It is not ok for an empty line, a comment, and a pattern that
// nothing can match.
func parsePattern(line string, fold bool) (p pattern, ok bool) {
	if line == "" || line[0] == '#' {
		return p, false
	}
	line = trimSpaces(line)
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.folders = strings.CutSuffix(line, "/")
	plain := strings.IndexAny(line, special)
	if plain < 0 {
		plain = len(line)
	}
	p.byName = !strings.Contains(line, "/")
	if p.byName && strings.HasPrefix(line, "*") && !strings.ContainsAny(line[1:], special) {
		p.suffix, p.literal = true, line[1:]
		return p, true
	}
	if cut, rooted := strings.CutPrefix(line, "/"); rooted {
		line, plain = cut, plain-1
	}
	p.literal = line[:plain]
	p.rest, ok = compile(line[plain:], p.byName, fold)
	return p, ok && line != ""
}

// trimSpaces drops trailing spaces that no backslash protects.
func trimSpaces(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			continue
		case '\\':
			i++
			if i == len(line) {
				return line
			}
		}
		end = i + 1
	}
	return line[:end]
}

// match holds the pattern against a path and the name at the end of it. See wild for left.
func (p *pattern) match(path, name string, fold bool, left *int) bool {
	text := path
	if p.byName {
		text = name
	}
	if len(text) < len(p.literal) {
		return false
	}
	if p.suffix {
		return equal(text[len(text)-len(p.literal):], p.literal, fold)
	}
	if len(p.rest) == 0 && len(text) != len(p.literal) || !equal(text[:len(p.literal)], p.literal, fold) {
		return false
	}
	return wild(p.rest, text[len(p.literal):], fold, left)
}

// equal compares two texts of the same length.
func equal(a, b string, fold bool) bool {
	if !fold {
		return a == b
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// lower is for ASCII alone: git folds no other letters.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
