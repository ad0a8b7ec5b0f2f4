package files

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"skleak/scanner"
)

// hit is a finding with what it is sorted by.
type hit struct {
	path    string // as it is, where the finding has it redacted
	start   int64  // offset in the text, negative in a name
	finding scanner.Finding
}

// results collects the hits of all workers. They are kept to the end of the scan: in the order in
// which files are done, they would depend on timing.
type results struct {
	used atomic.Int64 // bytes, of what was found and not handed over yet
	full atomic.Bool  // something was found that is not reported

	mu   sync.Mutex
	hits []hit
}

// The cost of what is found, in bytes, and how much of it there may be: room for 100,000 findings, which is
// more than anybody reads, and far less than a file that consists of keys holds. With a limit of 200 MB,
// such a file took 600 MB of heap, garbage included.
const (
	foundCost    = 500
	hitCost      = 1000
	resultsLimit = 100 << 20
)

// admit is true if there is room for a finding that takes so many bytes.
func (r *results) admit(size int) bool {
	if r.used.Add(int64(size)) <= resultsLimit {
		return true
	}
	r.used.Add(-int64(size))
	r.full.Store(true)
	return false
}

// forget makes room again.
func (r *results) forget(size int) { r.used.Add(-int64(size)) }

func (r *results) add(hits []hit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hits = append(r.hits, hits...)
}

// deliver hands the findings over, sorted for deterministic output.
func (r *results) deliver(h scanner.Handler) error {
	slices.SortFunc(r.hits, func(a, b hit) int {
		return cmp.Or(
			strings.Compare(a.finding.Path, b.finding.Path),
			strings.Compare(a.path, b.path),
			cmp.Compare(a.start, b.start),
			cmp.Compare(a.finding.EndLine, b.finding.EndLine),
			cmp.Compare(a.finding.EndColumn, b.finding.EndColumn),
			strings.Compare(a.finding.Form, b.finding.Form),
			strings.Compare(a.finding.Key.Fingerprint(), b.finding.Key.Fingerprint()),
		)
	})
	for _, one := range r.hits {
		if err := h.Finding(one.finding); err != nil {
			return err
		}
	}
	return nil
}
