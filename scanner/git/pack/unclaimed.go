package pack

import (
	"slices"
	"sync"
)

// Part is a part of a pack file. From inclusive, to exclusive.
type Part struct{ From, To uint64 }

// parts are those that belong to no entry, although the next one begins behind them only.
type parts struct {
	mu  sync.Mutex
	all []Part
}

func (p *parts) add(from, to uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if part := (Part{from, to}); from < to && !slices.Contains(p.all, part) {
		p.all = append(p.all, part)
	}
}

// Unclaimed returns what walks have found to belong to no entry, in the order of the file.
func (p *Pack) Unclaimed() []Part {
	p.unclaimed.mu.Lock()
	defer p.unclaimed.mu.Unlock()
	slices.SortFunc(p.unclaimed.all, func(a, b Part) int { return int(min(max(int64(a.From)-int64(b.From), -1), 1)) })
	return slices.Clone(p.unclaimed.all)
}

// Bytes are those of a part, as they are. Reading them may fault: see Guard.
func (p *Pack) Bytes(part Part) []byte { return p.data[part.From:part.To] }
