package pack

import (
	"context"
	"testing"
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
