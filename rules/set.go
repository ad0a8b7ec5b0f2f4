package rules

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"skleak/rules/internal/keys"
	"skleak/rules/internal/search"
)

// Set is a compiled collection of rules. It never changes once made, and many goroutines may use it
// at once.
type Set struct {
	search   *search.Index
	rules    []rule
	redacted *redactions
}

// Match is one key at one place of the text it was found in.
type Match struct {
	Start, End  int    // the bytes of the text that hold it as written; End is one past the last
	Key         Key    // what it decodes to
	Form        string // how it is written: "plain", "base64", …; from the outside in, joined by +, if in several
	Rule        string // the ID of the rule of one's own that found it, or ""
	Provider    string // the provider that rule names, or ""
	Placeholder bool   // a documentation or dummy value in the shape of a key
	LongPrefix  bool   // a longer vendor prefix stands before it: reported, never checked
	// Others are what the key is if it ends elsewhere, mostly earlier, and nothing decides. Whoever asks whether the key
	// is active asks about each.
	Others []Key
}

// A Rule finds keys that start with one of its literals. The key is the literal and the body behind
// it. It is searched for in its plain form, also inside other forms that hold a built-in prefix.
type Rule struct {
	ID       string
	Literals []string // 6 to 64 bytes each; the shorter, the slower every search
	Body     string   // the characters of a body, with ranges such as a-z; a hyphen comes last. Empty: A-Za-z0-9_-
	Min, Max int      // the length of a body in bytes; 0 means 10 and 255
	Provider string   // may be empty
}

// A rule is one prefix of a Rule, compiled.
type rule struct {
	id, provider string
	prefix       string
	body         [256]bool
	min, max     int
	builtin      bool
}

// builtinPrefixes are those of the rules with the numbers below builtinRules.
var builtinPrefixes = [builtinRules]string{keys.Live, keys.Test}

const (
	builtinRules = 2

	minLiteral  = search.ShortestLiteral
	maxLiteral  = 64
	longestBody = 1024
	defaultBody = "A-Za-z0-9_-"
)

// Default returns the built-in rules. They are compiled when first asked for, in less than a millisecond:
// whoever only prints a version does not wait even for that.
func Default() *Set { return builtin() }

var builtin = sync.OnceValue(func() *Set {
	s, err := Compile(nil)
	if err != nil {
		panic("internal error: built-in rules: " + err.Error())
	}
	return s
})

// Compile returns the built-in rules and those of the user's own. An error names the rule that is wrong.
func Compile(own []Rule) (*Set, error) {
	s := &Set{redacted: &redactions{}}
	for _, prefix := range builtinPrefixes {
		s.rules = append(s.rules, rule{prefix: prefix, body: mustClass(defaultBody), min: keys.MinBody, max: keys.MaxBody,
			builtin: true})
	}
	for _, r := range own {
		compiled, err := r.compile()
		if err != nil {
			return nil, fmt.Errorf("rule %q: %w", r.ID, err)
		}
		s.rules = append(s.rules, compiled...)
	}
	var literals []string
	for _, r := range s.rules[builtinRules:] {
		literals = append(literals, r.prefix)
	}
	s.search = search.New(literals)
	return s, nil
}

// Validate says what is wrong with a rule.
func (r Rule) Validate() error {
	_, err := r.compile()
	return err
}

func (r Rule) compile() ([]rule, error) {
	if len(r.Literals) == 0 {
		return nil, errors.New("no literals: give at least one that every key starts with")
	}
	class := r.Body
	if class == "" {
		class = defaultBody
	}
	body, err := parseClass(class)
	if err != nil {
		return nil, err
	}
	shortest, longest := r.Min, r.Max
	if shortest == 0 {
		shortest = keys.MinBody
	}
	if longest == 0 {
		longest = max(keys.MaxBody, shortest)
	}
	if shortest < 1 || longest < shortest || longest > longestBody {
		return nil, fmt.Errorf("body of %d to %d characters: the lengths must rise and lie between 1 and %d", shortest,
			longest, longestBody)
	}
	var all []rule
	for _, l := range r.Literals {
		if err := ValidateLiteral(l); err != nil {
			return nil, err
		}
		all = append(all, rule{id: r.ID, provider: r.Provider, prefix: l, body: body, min: shortest, max: longest})
	}
	return all, nil
}

// ValidateLiteral says what is wrong with a literal of a rule.
func ValidateLiteral(literal string) error {
	if len(literal) < minLiteral || len(literal) > maxLiteral {
		return fmt.Errorf("literal of %d bytes: %d to %d are searched for", len(literal), minLiteral, maxLiteral)
	}
	for _, c := range []byte(literal) {
		if c <= ' ' || c >= 0x7f {
			return fmt.Errorf("literal %q: visible ASCII characters only are searched for", literal)
		}
	}
	return nil
}

// HoldsPrefix says whether a text holds the prefix of the built-in rules.
func HoldsPrefix(text string) bool {
	return strings.Contains(text, keys.Live) || strings.Contains(text, keys.Test)
}

// ValidateClass says what is wrong with the characters of a body.
func ValidateClass(class string) error {
	_, err := parseClass(class)
	return err
}

func mustClass(class string) [256]bool {
	body, err := parseClass(class)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return body
}

// parseClass reads a list of ASCII characters and ranges, such as a-f0-9_-.
func parseClass(class string) (body [256]bool, err error) {
	for i := 0; i < len(class); i++ {
		first, last := class[i], class[i]
		if i+2 < len(class) && class[i+1] == '-' {
			last = class[i+2]
			i += 2
		}
		if first > last || first <= ' ' || last >= 0x7f {
			return body, fmt.Errorf("body characters %q: %q to %q is no range of visible ASCII", class, first, last)
		}
		for c := int(first); c <= int(last); c++ {
			body[c] = true
		}
	}
	if strings.TrimSpace(class) == "" {
		return body, errors.New("body characters: none given")
	}
	return body, nil
}

// Next returns the position of the first candidate (a place where something occurs that may be part
// of a key in one of its forms) at or behind from, or -1. Most candidates are not keys. A candidate
// takes Overlap()+1 bytes at most and is found only if all of them are in text: NextIn and cutting
// text short limit the search to a part.
func (s *Set) Next(text []byte, from int) int { return s.search.Next(text, from) }

// NextIn is Next for the candidates that lie wholly in text[from:to].
func (s *Set) NextIn(text []byte, from, to int) int { return s.search.Next(text[:to], from) }

// Overlap is how many bytes two neighbouring pieces of a text must share to be searched apart
// without missing a candidate.
func (s *Set) Overlap() int { return search.Overlap }

// Reach is how many bytes before and behind a candidate Scan may look at to confirm and judge it.
// What it says of a match depends on nothing further away.
func (s *Set) Reach() int { return 4096 }
