package liveness

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// FuzzJournal: whatever stands in a journal, it is read without harm, and an intention that is written
// behind it on a line of its own is found.
func FuzzJournal(f *testing.F) {
	line := func(fingerprint, state string) string {
		text, err := json.Marshal(Entry{time.Unix(1, 0), "run", fingerprint, "laminr", state, ""})
		if err != nil {
			f.Fatal(err)
		}
		return string(text) + "\n"
	}
	seeds := []string{"", "\n\n", line("a", stateIntended), line("a", stateIntended) + line("a", stateRevoked),
		line("a", stateIntended) + line("b", stateIntended)[:20],
		"{}\n", "null\n[]\n", line("a", "odd"), strings.Repeat("x", maxJournalLine+1), `{"fingerprint":"a","state":"intended","time":"x"}`}
	entries, damage := 0, 0
	for _, seed := range seeds {
		f.Add([]byte(seed))
		damaged, _ := readEntries(strings.NewReader(seed), func(Entry) { entries++ })
		damage += damaged
	}
	if entries < 3 || damage < 3 {
		f.Fatalf("the seeds have %d entries and %d lines that are none", entries, damage)
	}
	f.Fuzz(func(t *testing.T, journal []byte) {
		text := append(bytes.Clone(journal), "\n"+line("sought", stateIntended)...)
		n := 0
		var open []Entry
		damaged, err := readEntries(bytes.NewReader(text), func(e Entry) {
			n++
			open = apply(open, e)
		})
		if lines := bytes.Count(text, []byte("\n")); n+damaged > lines {
			t.Fatalf("%d entries and %d damaged lines of %d", n, damaged, lines)
		}
		if err != nil {
			return // a line that no journal has; the whole is refused
		}
		if len(open) == 0 || open[len(open)-1].Fingerprint != "sought" {
			t.Fatalf("the intention is not found behind %q", journal)
		}
		seen := map[string]bool{}
		for _, e := range open {
			if seen[e.Fingerprint] || e.State != stateIntended {
				t.Fatalf("open: %+v", open)
			}
			seen[e.Fingerprint] = true
		}
	})
}
