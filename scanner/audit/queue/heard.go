package queue

import (
	"sync"
	"time"
)

// heard remembers when each running job's worker was heard of last. Only memory has it: after a restart everybody who
// works elsewhere has as much time as if he had been heard of just now.
type heard struct {
	began time.Time
	mu    sync.Mutex
	jobs  map[string]sign
}

// sign is what a worker last said.
type sign struct {
	at      time.Time
	objects int64
}

func (h *heard) of(id string, objects int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.jobs == nil {
		h.jobs = map[string]sign{}
	}
	h.jobs[id] = sign{time.Now(), objects}
}

func (h *heard) forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.jobs, id)
}

func (h *heard) forgetAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.jobs = nil
}

func (h *heard) objects(id string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.jobs[id].objects
}

// left is how much longer the worker that r names is to be waited for.
func (h *heard) left(id string, r record, ackWait time.Duration) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	last, ok := h.jobs[id]
	switch {
	case ok:
	case r.Local != "":
		return 0 // it ended with its process
	default:
		last.at = h.began
	}
	// A little less, so that NATS, which counts from a little later, finds the time over.
	return ackWait - ackWait/20 - time.Since(last.at)
}
