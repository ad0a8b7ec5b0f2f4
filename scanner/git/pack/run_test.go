package pack

import (
	"context"
	"testing"
	"time"

	"skleak/scanner/git/deltas/deltatest"
)

// hooked is a context that counts the hooks hung on it.
type hooked struct {
	context.Context
	hooks int
}

// AfterFunc is what context.AfterFunc asks for.
func (h *hooked) AfterFunc(func()) (stop func() bool) {
	h.hooks++
	return func() bool { h.hooks--; return true }
}

// A scan runs many walks under one context: none may leave anything hanging on it.
func TestRunLeavesNothingOnTheContext(t *testing.T) {
	m := &maker{}
	m.object(Blob, []byte("hello"))
	l, err := NewLayout(m.open(t, 2), 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx := &hooked{Context: context.Background()}
	w := Walk{Layout: l, Kinds: AllKinds}
	if err := w.Run(ctx, func() Visitor { return newRecord() }); err != nil {
		t.Fatal(err)
	}
	if ctx.hooks != 0 {
		t.Errorf("%d hooks are left", ctx.hooks)
	}
}

// A visitor that panics takes the walk down, not into waiting for ever.
func TestPanicOfAVisitor(t *testing.T) {
	m := &maker{}
	last := m.object(Blob, []byte("hello"))
	for i := range 100 {
		last = m.ofs(anyID(i), last, deltatest.Make(5, 5, deltatest.CopyOf(0, 5)))
	}
	p := m.open(t, 2)
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		r := newRecord()
		r.onVisit = func(*Object) Mark {
			if len(r.visits) > 50 {
				panic("of the visitor")
			}
			return 0
		}
		walkInto(t, p, Walk{Workers: 4}, r)
	}()
	select {
	case got := <-done:
		if got == nil {
			t.Error("no panic")
		}
	case <-time.After(time.Minute):
		t.Error("it hangs")
	}
}
