package rules

import (
	"strings"
	"sync"
)

// Redact replaces every key in text by its redacted form. Names, summaries and paths pass through it before they are
// shown, since a key can stand there as well. Of a text that Scan does not look into whole, nothing is left.
func (s *Set) Redact(text string) string {
	b := []byte(text)
	if s.Next(b, 0) < 0 {
		return text
	}
	if out, ok := s.redacted.of(text); ok {
		return out
	}
	var out strings.Builder
	last := 0
	complete := s.Scan(b, func(m Match) {
		if m.Start < last { // keys in two forms can overlap: the second is covered as far as it goes
			last = max(last, m.End)
			return
		}
		out.WriteString(text[last:m.Start])
		out.WriteString(m.Key.Redacted())
		last = m.End
	})
	if !complete {
		return s.redacted.keep(text, "[not shown: so much of it looks like parts of keys]")
	}
	out.WriteString(text[last:])
	return s.redacted.keep(text, out.String())
}

// redactions are texts that were redacted lately. The name of a file or the message of a commit is shown once for each
// key in it, and may be made to be long and dear to search. A nil one keeps nothing.
type redactions struct {
	mu    sync.Mutex
	texts map[string]string
	bytes int
}

// mostRedacted is how many bytes of texts are kept.
const mostRedacted = 4 << 20

func (r *redactions) of(text string) (out string, ok bool) {
	if r == nil {
		return "", false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	out, ok = r.texts[text]
	return out, ok
}

// keep returns out, which it keeps unless the text is too long for that. When there is no more room, it forgets all
// others.
func (r *redactions) keep(text, out string) string {
	size := len(text) + len(out)
	if r == nil || size > mostRedacted {
		return out
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bytes += size; r.texts == nil || r.bytes > mostRedacted {
		r.texts, r.bytes = map[string]string{}, size
	}
	r.texts[strings.Clone(text)] = out
	return out
}
