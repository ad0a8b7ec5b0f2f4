package ignore

import "strings"

// charSet is the bytes that a bracket expression matches.
type charSet [4]uint64

func (s *charSet) add(c byte)      { s[c>>6] |= 1 << (c & 63) }
func (s *charSet) has(c byte) bool { return s[c>>6]>>(c&63)&1 != 0 }

// compileSet reads the bracket expression that p begins with, and how long it is: 0 if it never
// ends or names an unknown class.
//
// Where the text is folded, a range also matches a small letter whose capital lies in it, and so
// does [[:upper:]]; a single capital in the brackets matches nothing. So git does it.
func compileSet(p string, fold bool) (s *charSet, n int) {
	s = &charSet{}
	i := 1
	negated := i < len(p) && (p[i] == '!' || p[i] == '^')
	if negated {
		i++
	}
	low := byte(0) // what a "-" that comes next would begin a range with; 0: nothing
	for first := true; ; first = false {
		if i >= len(p) {
			return nil, 0
		}
		c := p[i]
		switch {
		case c == ']' && !first:
			if negated {
				s = &charSet{^s[0], ^s[1], ^s[2], ^s[3]}
			}
			return s, i + 1
		case c == '\\':
			if i++; i >= len(p) {
				return nil, 0
			}
			s.add(p[i])
			low = p[i]
		case c == '-' && low != 0 && i+1 < len(p) && p[i+1] != ']':
			if i++; p[i] == '\\' {
				i++
			}
			if i >= len(p) {
				return nil, 0
			}
			s.addRange(low, p[i], fold)
			low = 0
		case c == '[' && strings.HasPrefix(p[i+1:], ":"):
			length, isClass := s.addClass(p[i+2:], fold)
			if length < 0 {
				return nil, 0
			}
			i += length
			if low = 0; !isClass {
				low = '['
			}
		default:
			s.add(c)
			low = c
		}
		i++
	}
}

func (s *charSet) addRange(low, high byte, fold bool) {
	for c := int(low); c <= int(high); c++ {
		s.add(byte(c))
		if fold {
			s.add(lower(byte(c)))
		}
	}
}

// addClass reads what follows "[:". length is how much of p belongs to the class besides the "[", -1 if the
// brackets never end or no such class exists. Without ":]" the "[" stands for itself.
func (s *charSet) addClass(p string, fold bool) (length int, isClass bool) {
	end := strings.IndexByte(p, ']')
	if end < 0 {
		return -1, false
	}
	if end == 0 || p[end-1] != ':' {
		s.add('[')
		return 0, false
	}
	in := classes[p[:end-1]]
	if in == nil {
		return -1, false
	}
	for c := range byte(128) {
		if in(c) || fold && p[:end-1] == "upper" && isLower(c) {
			s.add(c)
		}
	}
	return 2 + end, true // the ":" and all up to the closing bracket
}

// classes are git's, which differ from C's in that space has no vertical tab and no form feed.
var classes = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return isAlpha(c) || isDigit(c) },
	"alpha":  isAlpha,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"digit":  isDigit,
	"graph":  isGraph,
	"lower":  isLower,
	"print":  func(c byte) bool { return c == ' ' || isGraph(c) },
	"punct":  func(c byte) bool { return isGraph(c) && !isAlpha(c) && !isDigit(c) },
	"space":  func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' },
	"upper":  func(c byte) bool { return isAlpha(c) && !isLower(c) },
	"xdigit": func(c byte) bool { return isDigit(c) || 'a' <= lower(c) && lower(c) <= 'f' },
}

func isAlpha(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isGraph(c byte) bool { return ' ' < c && c < 0x7f }
