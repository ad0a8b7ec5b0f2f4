package rules

import "bytes"

// Clues is what is known of a key's provider before its path is. It is small and may be copied; it
// holds nothing of the text it was made from.
//
// A key is sent to the provider it is attributed to, when it is checked, so that a wrong attribution is
// worse than none. These rules follow from that:
//
//   - A rule of the user's own that names a provider is right. So is a provider's documentation, if it
//     prints the key.
//   - Evidence is a host of the provider, a header that nobody else uses, or one of its words in a
//     name, in that order. A word counts as a part of an identifier (stripeKey, STRIPE_KEY,
//     com.stripe.Stripe), never as a part of a word (pinstriped, stripes). Words with other meanings
//     count only beside a body of the provider's shape. Mail addresses say nothing.
//   - What stands in the key's own statement decides before what stands around it: hosts and
//     headers on its line, in lines joined to it by a backslash, and the nearest name in
//     front of the key. A host three lines away does not overrule the name of the variable.
//   - After that come the lines around it, three on either side, then those further away, as far as
//     the window goes. In the first, the nearest counts; in the second all must agree,
//     and a name counts only if the key looks like one of that provider's: prose names many.
//   - What belongs to another key does not count: neither a line that holds one, nor what another key
//     parts from ours, unless it is a name for both, as in {"stripe": {"live": …, "test": …}}. The name
//     of another value (STRIPE_WEBHOOK=…) counts like what is far away. Names behind the key
//     count up to the end of its block.
//   - Two providers with equal claims leave it unknown; what is weaker does not decide between them.
//   - A key inside base64 is asked for what stands around it there, before what stands around that.
//   - The path decides if nothing in the text speaks: the nearest part of it that names one provider.
//   - The shape of the body comes last, if only one provider issues keys of that shape. The prefix,
//     x-api-key, a body that starts 51, and lengths decide nothing. A body that starts a2V5Xz may
//     be of two providers and is of none alone.
//   - A provider that does not issue keys of the environment is none.
type Clues struct {
	set      *Set
	key      Key
	provider string // "" if nothing in the text speaks for any, ProviderUnknown if too much does
	evidence string
}

// The window around a key in which evidence is looked for, in bytes and in lines. It lies within
// Reach of where the match starts, whatever Reach is.
const (
	cluesBefore = 2048
	cluesBehind = 1024
	linesBefore = 12
	linesBehind = 8
)

// Clues looks for what names the provider of a match that Scan found in text. It looks at a window
// around the match that lies within Reach of its start, so that it says the same of every part of a
// text that holds the window.
func (s *Set) Clues(text []byte, m Match) Clues {
	c := Clues{set: s, key: m.Key}
	if m.Provider != "" {
		c.provider, c.evidence = m.Provider, "rule "+m.Rule
		return c
	}
	if vendor := documentedBy(m.Key.Reveal()); vendor != "" {
		if _, known := s.Provider(vendor); known {
			c.provider, c.evidence = vendor, "documentation"
			return c
		}
	}
	w := s.surroundings(text, m)
	if inner, ok := w.inside(m, text[m.Start:min(m.End, len(text))]); ok {
		c.provider, c.evidence = s.readWindow(inner, m.Key)
	}
	if c.provider == "" {
		c.provider, c.evidence = s.readWindow(w, m.Key)
	}
	return c
}

// readWindow names the provider that speaks from what stands around a key: "" if none does,
// ProviderUnknown if several do. Where a better tier has spoken, the others are not read.
func (s *Set) readWindow(w surroundings, k Key) (provider, evidence string) {
	best := newVerdict()
	lines := w.lines()
	for tier := tierStatement; tier < tierNone && best.clue.tier >= tier; tier++ {
		for _, l := range lines {
			if l.tier() == tier {
				s.collect(l, k, best.add)
			}
		}
	}
	return best.decide(s.registry)
}

// Decide names the provider, or ProviderUnknown, and says in a few words what did: "host
// api.laminr.ai", "header X-Auth-Secret-Key", "name PAYSTACK_SECRET_KEY", "path config/stripe.yml",
// "shape uuid", "documentation", "rule ID". The evidence is empty for what is unknown and never holds a key. The path
// is relative, with forward slashes, and may be empty.
func (c Clues) Decide(path string) (provider, evidence string) {
	if c.set == nil {
		return ProviderUnknown, ""
	}
	provider, evidence = c.provider, c.evidence
	if provider == "" {
		provider, evidence = c.set.readPath(path, c.key)
	}
	if provider == "" {
		provider, evidence = c.set.readShape(c.key)
	}
	if p, known := c.set.Provider(provider); provider == "" || known && !p.Issues(c.key.Environment()) {
		return ProviderUnknown, ""
	}
	return provider, evidence
}

// readShape names the one provider whose keys alone look like this one.
func (s *Set) readShape(k Key) (provider, evidence string) {
	for i := range s.registry.providers {
		name, ok := s.registry.hasShape(i, k, true)
		switch {
		case ok && provider != "":
			return ProviderUnknown, ""
		case ok:
			provider, evidence = s.registry.providers[i].ID, "shape "+name
		}
	}
	return provider, evidence
}

// surroundings cuts the window out of text. cutBefore and cutBehind say that text goes on there.
type surroundings struct {
	before, behind       []byte
	cutBefore, cutBehind bool
}

func (s *Set) surroundings(text []byte, m Match) surroundings {
	// One byte less than Reach: a reader that has no more than Reach would not see that text goes on.
	reach := s.Reach() - 1
	first := max(0, m.Start-min(cluesBefore, reach))
	end := min(m.End, m.Start+reach, len(text))
	last := min(len(text), end+cluesBehind, m.Start+reach)
	w := surroundings{before: text[first:m.Start], behind: text[end:last], cutBefore: first > 0, cutBehind: last < len(text)}
	// What stands around UTF-16 is UTF-16 as well, and its names are ASCII but for the NULs.
	if bytes.Contains([]byte(m.Form), []byte("utf")) {
		w.before = bytes.ReplaceAll(w.before, []byte{0}, nil)
		w.behind = bytes.ReplaceAll(w.behind, []byte{0}, nil)
	}
	return w
}
