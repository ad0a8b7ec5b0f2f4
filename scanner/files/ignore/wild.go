package ignore

import "strings"

// token is one step of a compiled wildcard pattern.
type token struct {
	kind kind
	char byte     // of char
	set  *charSet // of set
}

type kind uint8

const (
	char     kind = iota // one byte
	anyChar              // "?": any byte but a slash. Bytes, not characters: so git does it
	set                  // "[…]"
	star                 // "*": anything without a slash
	deep                 // "**" at the end: anything at all
	deepDirs             // "**/": nothing, or anything that ends in a slash
)

// compile turns a pattern into tokens. With byName there are no slashes in what is matched. It is
// not ok if nothing can match: an open bracket, an unknown class, a backslash at the end.
func compile(p string, byName, fold bool) (tokens []token, ok bool) {
	for i := 0; i < len(p); {
		switch p[i] {
		case '*':
			t, n := compileStars(p, i, byName)
			tokens = append(tokens, t)
			i += n
		case '?':
			tokens = append(tokens, token{kind: anyChar})
			i++
		case '[':
			s, n := compileSet(p[i:], fold)
			if n == 0 {
				return nil, false
			}
			tokens = append(tokens, token{kind: set, set: s})
			i += n
		case '\\':
			if i+1 == len(p) {
				return nil, false
			}
			// An escaped capital is not folded, and so never matches a folded text. So git does it.
			tokens = append(tokens, token{kind: char, char: p[i+1]})
			i += 2
		default:
			c := p[i]
			if fold {
				c = lower(c)
			}
			tokens = append(tokens, token{kind: char, char: c})
			i++
		}
	}
	return tokens, true
}

// compileStars reads the stars at p[i], and with them the slash that belongs to "**/".
func compileStars(p string, i int, byName bool) (t token, n int) {
	for i+n < len(p) && p[i+n] == '*' {
		n++
	}
	rest := p[i+n:]
	if n == 1 || byName || i > 0 && p[i-1] != '/' {
		return token{kind: star}, n
	}
	switch {
	case rest == "", strings.HasPrefix(rest, `\/`):
		return token{kind: deep}, n
	case rest[0] == '/':
		return token{kind: deepDirs}, n + 1
	}
	return token{kind: star}, n
}

// wild holds the tokens against the whole of text.
//
// It tries the shortest text for each star and comes back to the last one on failure: to the last "*" while that can
// grow without crossing a slash, then to the last "**". Going back further cannot help: slashes pin down what lies
// between two "**", and a "**" that starts earlier can take in whatever one that starts later can. So the time is
// bounded by the product of both lengths and of those of the folders, where git's own matcher can take exponential
// time. Each step is taken from left, and nothing matches once that is used up.
func wild(tokens []token, text string, fold bool, left *int) bool {
	p, t := 0, 0
	starP, starT, deepP, deepT := -1, 0, -1, 0
	for ; *left > 0; *left-- {
		if p < len(tokens) && tokens[p].kind >= star {
			p++
			if tokens[p-1].kind == star {
				starP, starT = p, t
			} else {
				deepP, deepT, starP = p, t, -1
			}
			continue
		}
		switch {
		case p == len(tokens) && t == len(text):
			return true
		case p < len(tokens) && t < len(text) && tokens[p].accepts(text[t], fold):
			p, t = p+1, t+1
		case starP >= 0 && starT < len(text) && text[starT] != '/':
			starT++
			p, t = starP, starT
		case deepP >= 0:
			n := tokens[deepP-1].grow(text[deepT:])
			if n == 0 {
				return false
			}
			deepT += n
			p, t, starP = deepP, deepT, -1
		default:
			return false
		}
	}
	return false
}

// grow says how many more bytes of text a deep token takes in next, 0 if it can take no more.
func (k token) grow(text string) int {
	if k.kind == deepDirs {
		return strings.IndexByte(text, '/') + 1
	}
	return min(1, len(text))
}

func (k token) accepts(c byte, fold bool) bool {
	if fold {
		c = lower(c)
	}
	switch k.kind {
	case char:
		return c == k.char
	case anyChar:
		return c != '/'
	default:
		return c != '/' && k.set.has(c)
	}
}
