package provider

import (
	"bytes"

	"skleak/rules"
	"skleak/rules/internal/ascii"
	"skleak/rules/nearby"
)

// A clue is one thing that speaks for a provider. Less is more: the lowest tier counts, in it the
// lowest rank, in that the lowest distance.
type clue struct {
	tier     tier
	rank     rank
	distance int
	provider int
	evidence string
}

type tier uint8

const (
	tierStatement tier = iota // in the key's statement
	tierNear                  // in the lines around it
	tierFar                   // elsewhere in the window
	tierNone
)

type rank uint8

const (
	rankHost rank = iota
	rankHeader
	rankName
)

const (
	nearLines = 3
	// labelGap is how many bytes before the key a name on its line ends, at most, to be taken for its own.
	labelGap = 64
)

// collect adds what a line says of the provider of the key.
func (s *Set) collect(l nearby.Line, k rules.Key, stranger bool, add func(clue)) {
	keyAt, looked := -1, false // another key on the line
	tokens(l.Text, func(start, end int) {
		if start == 0 && l.CutStart || end == len(l.Text) && l.CutEnd {
			return
		}
		s.registry().read(l.Text, start, end, k, func(provider int, r rank, evidence string) {
			if !looked {
				keyAt, looked = s.keyIn(l.Text), true
			}
			c := clue{rank: r, provider: provider, evidence: evidence}
			if keyAt >= 0 && !(l.Distance == 0 && !l.Behind && s.isAbove(l.Text, end)) {
				return // it belongs to the other key
			}
			c.place(l, start, end)
			if stranger && c.tier != tierStatement && isStrangers(l, start, r) {
				return
			}
			if c.tier == tierFar && r == rankName && !s.registry().mayIssue(provider, k) {
				return
			}
			if c.tier != tierNone && s.isClean(evidence) {
				add(c)
			}
		})
	})
}

// keyIn returns where the first key in text starts, or -1.
func (s *Set) keyIn(text []byte) int {
	if s.Next(text, 0) < 0 {
		return -1
	}
	at := -1
	s.Scan(text, func(m rules.Match) {
		if at < 0 {
			at = m.Start
		}
	})
	return at
}

// isAbove says whether what ends at end, before our key at the end of the line, is a name for all
// that follows: no other key stands in between, or it stands inside brackets that opened since.
func (s *Set) isAbove(line []byte, end int) bool {
	between := line[end:]
	at := s.keyIn(between)
	return at < 0 || nearby.Unclosed(between) > nearby.Unclosed(between[at:])
}

// isClean is the last look at what will be printed. Evidence is told in the words of the text only
// where they cannot be a secret, so this never should find anything.
func (s *Set) isClean(evidence string) bool { return s.Next([]byte(evidence), 0) < 0 }

// place sets the tier and the distance of what stands at text[start:end] of a line.
func (c *clue) place(l nearby.Line, start, end int) {
	own := l.Distance == 0
	switch {
	case own && !l.Behind && c.rank == rankName && len(l.Text)-end <= labelGap:
		c.tier, c.distance = tierStatement, len(l.Text)-end
	case own && c.rank != rankName && l.Behind:
		c.tier, c.distance = tierStatement, nearby.Unmatched(l.Text[:start])
	case own && c.rank != rankName:
		c.tier, c.distance = tierStatement, nearby.Unmatched(l.Text[end:])
	case l.Joined && c.rank != rankName:
		c.tier, c.distance = tierStatement, l.Distance
	case l.Closed && c.rank == rankName:
		c.tier = tierNone
	case c.rank == rankName && !own && namesValue(l.Text, start, end):
		c.tier = tierFar
	case l.Distance <= nearLines:
		c.tier, c.distance = tierNear, l.Distance
	default:
		c.tier = tierFar
	}
}

// tier is the best that anything on the line can be of.
func tierOf(l nearby.Line) tier {
	switch {
	case l.Distance == 0 || l.Joined:
		return tierStatement
	case l.Distance <= nearLines:
		return tierNear
	}
	return tierFar
}

// namesValue says whether what stands at line[start:end] is the name of a value on the same line, as
// in NAME=value or "name": value. A heading or the opening of a block is none.
func namesValue(line []byte, start, end int) bool {
	before := bytes.Trim(line[:start], " \t\"'`-")
	if len(before) > 0 && !ascii.HasPrefix(before, "export", "set", "ENV", "const", "let", "var") {
		return false
	}
	rest := bytes.TrimLeft(line[end:], " \t\"'`]")
	if len(rest) == 0 || rest[0] != '=' && rest[0] != ':' {
		return false
	}
	return len(bytes.Trim(rest, " \t\r=:>{[(|&")) > 0
}

// A verdict keeps the clues that count most.
type verdict struct {
	clue  clue   // the one that counts most
	equal []clue // of the same tier, rank and distance; far away nobody measures that
}

func newVerdict() *verdict { return &verdict{clue: clue{tier: tierNone}} }

func (v *verdict) add(c clue) {
	switch {
	case c.before(v.clue):
		v.clue, v.equal = c, []clue{c}
	case !v.clue.before(c):
		v.equal = append(v.equal, c)
	}
}

func (c clue) before(other clue) bool {
	if c.tier != other.tier {
		return c.tier < other.tier
	}
	if c.rank != other.rank {
		return c.rank < other.rank
	}
	return c.distance < other.distance
}

// decide returns the provider that all clues left speak for, Unknown if they disagree, and ""
// if there are none.
func (v *verdict) decide(r *registry) (provider, evidence string) {
	for _, c := range v.equal {
		if c.provider != v.clue.provider {
			return Unknown, ""
		}
	}
	if len(v.equal) == 0 {
		return "", ""
	}
	return r.providers[v.clue.provider].ID, v.clue.evidence
}
