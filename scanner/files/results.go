package files

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"skleak/rules"
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
//
// Of a key that is everywhere, not all places are kept: the first in the order of the report, and others as long as
// they are among the first of all. What is left out follows from what is found alone, whichever worker finds it when.
type results struct {
	limit int // bytes of hits besides the first of each key
	keys  keyLimit
	over  atomic.Int64 // places that are left out, of keys that are told at others

	mu    sync.Mutex
	hits  []hit
	used  int // bytes of hits
	cutAt int // from so many bytes on, hits are cut
}

// The cost of what is found, in bytes, and how much of it there may be besides the first place of each key: room for
// 100,000 findings, which is more than anybody reads.
const (
	foundCost    = 500
	hitCost      = 1000
	fileLimit    = 10 << 20 // in one file, and in one text in it
	resultsLimit = 100 << 20
)

// room tells which places of keys, in some order, are kept: the first of each key, and others as long as there is room.
type room struct {
	limit int
	used  int
	seen  map[rules.Key]bool
	over  int64 // places that are not kept
}

// admit is true if a place that takes so many bytes is kept.
func (r *room) admit(k rules.Key, size int) bool {
	r.used += size
	switch {
	case !r.seen[k]:
		if r.seen == nil {
			r.seen = map[rules.Key]bool{}
		}
		r.seen[k] = true
	case r.used > r.limit:
		r.over++
		return false
	}
	return true
}

// empty makes room again.
func (r *room) empty() {
	r.used, r.over = 0, 0
	clear(r.seen)
}

// keyLimit bounds the number of different keys.
type keyLimit struct {
	max int

	mu    sync.Mutex
	kept  map[rules.Key]struct{}
	share scanner.KeyShare
}

// admit is false for a key that there is no room for. One that was admitted may have to go later.
func (l *keyLimit) admit(k rules.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.kept[k]; known {
		return true
	}
	if !l.share.Has(k) {
		return false
	}
	if l.kept == nil {
		l.kept = map[rules.Key]struct{}{}
	}
	l.kept[k] = struct{}{}
	for len(l.kept) > l.max {
		l.share++
		maps.DeleteFunc(l.kept, func(k rules.Key, _ struct{}) bool { return !l.share.Has(k) })
	}
	return l.share.Has(k)
}

// shareNow is what is kept of all keys so far.
func (l *keyLimit) shareNow() scanner.KeyShare {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.share
}

func (r *results) add(hits []hit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hits = append(r.hits, hits...)
	for _, one := range hits {
		r.used += one.size()
	}
	if r.used > max(r.cutAt, 2*r.limit) {
		r.cut()
		r.cutAt = 2 * r.used
	}
}

func (h hit) size() int { return hitCost + 2*len(h.path) }

// cut sorts the hits and leaves out what there is no room for.
func (r *results) cut() {
	r.sort()
	share, room := r.keys.shareNow(), room{limit: r.limit}
	kept := r.hits[:0]
	r.used = 0
	for _, one := range r.hits {
		if share.Has(one.finding.Key) && room.admit(one.finding.Key, one.size()) {
			kept = append(kept, one)
			r.used += one.size()
		}
	}
	clear(r.hits[len(kept):])
	r.hits = kept
	r.over.Add(room.over)
}

// deliver hands the findings over, sorted for deterministic output.
func (r *results) deliver(h scanner.Handler) error {
	r.cut()
	for _, one := range r.hits {
		if err := h.Finding(one.finding); err != nil {
			return err
		}
	}
	return nil
}

func (r *results) sort() {
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
}
