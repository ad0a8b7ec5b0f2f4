package process

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestDelayCollection: only the first collection is delayed.
func TestDelayCollection(t *testing.T) {
	t.Setenv("GOGC", "")
	usual := debug.SetGCPercent(100)
	defer debug.SetGCPercent(usual)
	DelayCollection()
	if now := debug.SetGCPercent(600); now != 600 {
		t.Errorf("before the first collection: %d %%, want 600", now)
	}
	now := 0
	for range 500 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond) // the cleanup has a goroutine of its own
		if now = debug.SetGCPercent(600); now == 100 {
			return
		}
	}
	t.Errorf("after it: %d %%, want 100", now)
}

// TestCollectionAsAskedFor: what the user says is not changed.
func TestCollectionAsAskedFor(t *testing.T) {
	t.Setenv("GOGC", "50")
	usual := debug.SetGCPercent(50)
	defer debug.SetGCPercent(usual)
	DelayCollection()
	if now := debug.SetGCPercent(50); now != 50 {
		t.Errorf("%d %%, want 50", now)
	}
}
