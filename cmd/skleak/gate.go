package main

import (
	"context"
	"sync"

	"skleak/scanner"
)

// gate lets findings through until it is shut. An interrupted scan may take longer to stop than
// anyone wants to wait; once the gate is shut, what it still finds can no longer reach a report
// that is being written.
type gate struct {
	mu   sync.Mutex
	shut bool
	to   scanner.Handler
}

func (g *gate) Finding(f scanner.Finding) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return context.Canceled
	}
	return g.to.Finding(f)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
}
