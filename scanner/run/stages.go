package run

import (
	"fmt"
	"sync"

	"skleak/scanner"
)

// Stages are the walks of one run, one after the other: the working tree, the history, those of nested repositories,
// the keys that providers are asked about. The last one is under way.
type Stages struct {
	mu  sync.Mutex
	all []*scanner.Progress
}

// Next begins a walk.
func (s *Stages) Next(unit string) *scanner.Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &scanner.Progress{Unit: unit}
	s.all = append(s.all, p)
	return p
}

// Current returns the walk under way, nil before the first, and what all walks found so far.
func (s *Stages) Current() (walk *scanner.Progress, found int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, walk = range s.all {
		found += walk.Found.Load()
	}
	return walk, found
}

// Describe says how far a walk is, as "1,204 of 5,310 objects", or "3 files, 12 GB".
func Describe(walk *scanner.Progress) string {
	done, total := walk.Done.Load(), walk.Total.Load()
	text := scanner.Thousands(done) + " " + walk.Unit
	if total > 0 {
		text = fmt.Sprintf("%s of %s %s", scanner.Thousands(done), scanner.Thousands(max(done, total)), walk.Unit)
	}
	if bytes := walk.Bytes.Load(); bytes > 0 {
		text += ", " + scanner.ByteSize(bytes)
	}
	return text
}
