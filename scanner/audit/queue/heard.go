package queue

import (
	"sync"
	"time"
)

// heard remembers when each running job's worker was heard of last. Only memory has it: after a restart everybody who
// works elsewhere has as much time as if he had been heard of just now.
type heard struct {
	mu    sync.Mutex
	began time.Time
	ticks time.Time // when tick was called last
	jobs  map[string]sign
}

// sign is what a worker last said.
type sign struct {
	claim   string // hash of the claim that said it
	at      time.Time
	objects int64
}

func (h *heard) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.began, h.ticks = time.Now(), time.Now()
}

// tick is called every second, as long as this process runs.
func (h *heard) tick() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.afterPause()
	h.ticks = time.Now()
}

// asleep is after how long without a tick this process must have been stopped.
const asleep = 5 * time.Second

// afterPause gives everybody his whole time again after this process was stopped, say by Ctrl-Z: it heard nobody.
func (h *heard) afterPause() {
	now := time.Now()
	if now.Sub(h.ticks) < asleep {
		return
	}
	h.began, h.ticks = now, now
	for id, s := range h.jobs {
		s.at = now
		h.jobs[id] = s
	}
}

func (h *heard) of(id, claim string, objects int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.jobs == nil {
		h.jobs = map[string]sign{}
	}
	h.jobs[id] = sign{claim, time.Now(), objects}
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

// progress notes how many objects were read for a job. It is no sign of life: that is for hold, which asks the entry.
func (h *heard) progress(id, claim string, objects int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s, ok := h.jobs[id]; ok && s.claim == claim {
		s.objects = objects
		h.jobs[id] = s
	}
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
	h.afterPause()
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
