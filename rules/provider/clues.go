package provider

import (
	"bytes"

	"skleak/rules"
	"skleak/rules/nearby"
	"skleak/rules/placeholder"
)

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
//   - Where the key's own name names somebody who is no provider here (NOBODY_API_KEY=…), all other names,
//     the path, and hosts that are settings of their own say nothing. Words that name nobody (API, SECRET,
//     PROD, MY, APP and what else is in the dictionary of placeholders) leave everything as it is.
//   - Two providers with equal claims leave it unknown; what is weaker does not decide between them.
//   - A key inside base64 is asked for what stands around it there, before what stands around that.
//   - The path decides if nothing in the text speaks: the nearest part of it that names one provider.
//   - The shape of the body comes last, if only one provider issues keys of that shape. The prefix,
//     x-api-key, a body that starts 51, and lengths decide nothing. A body that starts a2V5Xz may
//     be of two providers and is of none alone.
//   - A provider that does not issue keys of the environment is none.
type Clues struct {
	set      *Set
	key      rules.Key
	provider string // "" if nothing in the text speaks for any, Unknown if too much does
	evidence string
	stranger bool // the key's own name names somebody who is no provider here
	backed   bool // a host or a header of the provider stands nearby, too
}

// Clues looks for what names the provider of a match that Scan found in text. It looks at a window
// around the match that lies within Reach of its start, so that it says the same of every part of a
// text that holds the window.
func (s *Set) Clues(text []byte, m rules.Match) Clues {
	c := Clues{set: s, key: m.Key}
	if m.Provider != "" {
		c.provider, c.evidence = m.Provider, KindRule.with(m.Rule)
		return c
	}
	if vendor := documentedBy(m.Key); vendor != "" {
		if _, known := s.Provider(vendor); known {
			c.provider, c.evidence = vendor, string(KindDocumentation)
			return c
		}
	}
	w := nearby.Around(s.Set, text, m)
	if inner, ok := w.Inside(m, text[m.Start:min(m.End, len(text))]); ok {
		c.readWindow(inner)
	}
	if c.provider == "" {
		c.readWindow(w)
	}
	return c
}

// documentedBy returns the vendor that prints the key in its documentation, or "".
func documentedBy(k rules.Key) string {
	body, _ := k.Body()
	return placeholder.DocumentedBy(k.Reveal(), body)
}

// readWindow names the provider that speaks from what stands around the key: none if none does,
// Unknown if several do. Where a better tier has spoken, the others are not read.
func (c *Clues) readWindow(w nearby.Window) {
	best := newVerdict()
	lines := w.Lines()
	c.stranger = c.stranger || c.set.registry().namesStranger(w.Before[bytes.LastIndexByte(w.Before, '\n')+1:])
	for tier := tierStatement; tier < tierNone && best.clue.tier >= tier; tier++ {
		for _, l := range lines {
			if tierOf(l) == tier {
				c.set.collect(l, c.key, c.stranger, best.add)
			}
		}
	}
	c.provider, c.evidence = best.decide(c.set.registry())
	if KindOf(c.evidence) != KindName {
		return
	}
	for _, l := range lines {
		c.set.collect(l, c.key, c.stranger, func(other clue) {
			c.backed = c.backed || other.rank != rankName && c.set.registry().providers[other.provider].ID == c.provider
		})
	}
}

// Confirmed says whether more than a name speaks for the provider that Decide named by the evidence: see
// Set.Confirms. A host or a header counts wherever it stands around the key, also if the name decided.
func (c Clues) Confirmed(provider, evidence string) bool {
	if c.set == nil {
		return false
	}
	backed := c.backed && provider == c.provider && !c.set.registry().isOthers(provider, c.key)
	return backed || c.set.Confirms(c.key, provider, evidence)
}

// Decide names the provider, or Unknown, and says in a few words what did: "host
// api.laminr.ai", "header X-Auth-Secret-Key", "name PAYSTACK_SECRET_KEY", "path config/stripe.yml",
// "shape uuid", "documentation", "rule ID". The evidence is empty for what is unknown and never holds a key. The path
// is relative, with forward slashes, and may be empty.
func (c Clues) Decide(path string) (provider, evidence string) {
	if c.set == nil {
		return Unknown, ""
	}
	provider, evidence = c.provider, c.evidence
	if provider == "" && !c.stranger {
		provider, evidence = c.set.readPath(path, c.key)
	}
	if provider == "" {
		provider, evidence = c.set.readShape(c.key)
	}
	if p, known := c.set.Provider(provider); provider == "" || known && !p.Issues(c.key.Environment()) {
		return Unknown, ""
	}
	return provider, evidence
}

// readShape names the one provider whose keys alone look like this one.
func (s *Set) readShape(k rules.Key) (provider, evidence string) {
	for i := range s.registry().providers {
		name, ok := s.registry().hasShape(i, k, true)
		switch {
		case ok && provider != "":
			return Unknown, ""
		case ok:
			provider, evidence = s.registry().providers[i].ID, KindShape.with(name)
		}
	}
	return provider, evidence
}
