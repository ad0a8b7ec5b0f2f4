package provider

import (
	"strings"

	"skleak/rules"
)

// A Kind is the first word of evidence: what sort of thing named the provider.
type Kind string

const (
	KindRule          Kind = "rule"          // a rule of the user's own
	KindDocumentation Kind = "documentation" // the provider prints the key itself
	KindHost          Kind = "host"
	KindHeader        Kind = "header" // one that nobody else uses
	KindName          Kind = "name"   // a word in a name near the key
	KindPath          Kind = "path"   // a word in the path
	KindShape         Kind = "shape"  // the body, which nobody else issues
)

// with is evidence of the kind: what exactly it was follows the first word.
func (k Kind) with(what string) string { return string(k) + " " + what }

// KindOf returns the kind of evidence that Decide gave, also where it comes out of a saved report.
func KindOf(evidence string) Kind {
	kind, _, _ := strings.Cut(evidence, " ")
	return Kind(kind)
}

// Confirms says whether more than a name near the key speaks for the provider: the evidence is of a better kind than a
// name or a path, or the body has one of the shapes that the provider's keys have. A name may stand beside somebody
// else's key, and then the provider's answer that it knows no such key says nothing. So may a host; where the body
// says by itself that it is another's, that speaks louder.
func (s *Set) Confirms(k rules.Key, provider, evidence string) bool {
	switch KindOf(evidence) {
	case KindRule, KindDocumentation, KindShape:
		return true
	case KindHost, KindHeader:
		return !s.registry().isOthers(provider, k)
	}
	return s.registry().fits(provider, k) && !s.registry().isOthers(provider, k)
}
