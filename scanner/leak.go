package scanner

import (
	"strings"
	"time"

	"skleak/rules"
)

// Leak is one key with everything known of it: what a person acts on.
type Leak struct {
	Key          rules.Key
	Others       []rules.Key // what the key is if it ends elsewhere, mostly earlier, and nothing decides
	Active       rules.Key   // the one of all these that its provider calls active, zero where none is
	Environment  rules.Environment
	Provider     string // Finding's words: an id, or "unknown"
	Evidence     string // what named the provider, "" where nothing did
	Placeholder  bool   // a documentation or dummy value wherever it was found
	Suppressed   string // one of the Suppressed… constants, "" for a leak that counts
	SuppressedBy string // what says so, with its reason: "comment skleak:allow", ".skleakignore: a test key"
	Status       string // one of the Status… constants
	StatusDetail string // why, in words; "" where there is nothing to add
	CheckedAt    time.Time
	Revoked      bool // this tool had it revoked, and its provider has called it inactive since
	Findings     []Finding
}

// What a provider says of a key.
const (
	StatusUnchecked = "unchecked"
	StatusActive    = "active"
	StatusInactive  = "inactive"
	StatusUnknown   = "unknown" // asked, and the answer did not tell
)

// Why a leak does not count.
const (
	SuppressedAllowed  = "allowed"  // the configuration or a comment allows it
	SuppressedBaseline = "baseline" // it was known before
)

// ProviderUnknown stands where nothing names a key's provider, or where two places name two.
const ProviderUnknown = "unknown"

// Baseline takes a leak out that was known before, unless something else has. known is the baseline's word, nil for none.
func (l *Leak) Baseline(known func(Leak) bool) {
	if known != nil && l.Suppressed == "" && known(*l) {
		l.Suppressed, l.SuppressedBy = SuppressedBaseline, "baseline"
	}
}

// Counts tells the leaks that count from those that are only counted.
func (l Leak) Counts() bool { return !l.Placeholder && l.Suppressed == "" }

// AmbiguousEnd stands in the evidence of a leak whose key may end in more than one place.
const AmbiguousEnd = "ambiguous end"

// IsAmbiguous is true for a key that may end in more than one place, also where the other readings are not known: a
// saved report has the evidence alone.
func (l Leak) IsAmbiguous() bool { return strings.HasSuffix(l.Evidence, AmbiguousEnd) }

// Readings are all that the key may be: itself first.
func (l Leak) Readings() []rules.Key { return append([]rules.Key{l.Key}, l.Others...) }

// HasLongPrefix is true for a key that stands somewhere behind a longer prefix, and so may be another vendor's.
func (l Leak) HasLongPrefix() bool {
	for _, f := range l.Findings {
		if f.LongPrefix {
			return true
		}
	}
	return false
}
