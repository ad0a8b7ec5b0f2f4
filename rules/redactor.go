package rules

import (
	"strings"
	"sync"

	"skleak/rules/internal/keys"
)

// Redactor takes keys out of texts that are shown or stored. Some keys it finds by searching, as a Set
// does. Those that it knows by value it finds wherever they stand, whatever touches them, in either case and
// cut short: a search takes a key with a letter before it, or with dots behind it, for none.
//
// A run of ten characters or more of a known body is hidden; a whole key is redacted as Key.Redacted does it. Words
// in a body count as well: a key that holds "production" hides this word everywhere.
//
// It lies in this package, the lowest, since scanners, reports and messages all show text of strangers.
// Many goroutines may use one Redactor at once. A nil one knows the built-in rules and no key.
type Redactor struct {
	set *Set

	mu    sync.RWMutex
	whole map[string]struct{} // the bodies
	grams gramSet             // all that occur in them
}

// NewRedactor returns a Redactor that searches with set, or with the built-in rules if set is nil.
func NewRedactor(set *Set) *Redactor {
	if set == nil {
		set = Default()
	}
	return &Redactor{set: set, whole: map[string]struct{}{}}
}

// Know has a key hidden from now on. Placeholders are not to be given to it: their words are no secret. A nil
// Redactor learns nothing.
func (r *Redactor) Know(k Key) {
	if r == nil || k.Reveal() == "" {
		return
	}
	body := r.set.bodyOf(k.Reveal())
	r.mu.RLock()
	_, known := r.whole[body]
	r.mu.RUnlock()
	if known {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.whole[body] = struct{}{}
	var at gramReader
	for i := range len(body) {
		if at.next(body[i]) {
			r.grams.add(at.gram)
		}
	}
}

// bodyOf is what follows the prefix that a rule gives a key. A body that is too short to be told by itself gets
// the end of the prefix before it.
func (s *Set) bodyOf(key string) string {
	prefix := 0
	for i := range s.rules {
		if p := s.rules[i].prefix; len(p) > prefix && strings.HasPrefix(key, p) {
			prefix = len(p)
		}
	}
	return key[max(0, min(prefix, len(key)-gramLength)):]
}

// Redact replaces every key in text that is found or known.
func (r *Redactor) Redact(text string) string {
	if r == nil {
		return Default().Redact(text)
	}
	text = r.set.Redact(text)
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.grams.used == 0 {
		return text
	}
	var out strings.Builder
	written, start, end := 0, 0, 0 // the run of known grams that was read last is text[start:end]
	hide := func() {
		if start < end {
			out.WriteString(text[written:start])
			out.WriteString(r.hidden(text[:start], text[start:end]))
			written = end
		}
	}
	var at gramReader
	for i := range len(text) {
		if !at.next(text[i]) || !r.grams.has(at.gram) {
			continue
		}
		if from := i + 1 - gramLength; from > end {
			hide()
			start = from
		} else if start == end {
			start = from
		}
		end = i + 1
	}
	hide()
	out.WriteString(text[written:])
	return out.String()
}

// hidden is what stands in place of a run of known characters: what Key.Redacted shows of the body of a whole key,
// else their number alone.
func (r *Redactor) hidden(before, run string) string {
	_, whole := r.whole[run]
	if whole && (strings.HasSuffix(before, keys.Live) || strings.HasSuffix(before, keys.Test)) {
		return redactedBody(run)
	}
	return hiddenCount(run)
}
