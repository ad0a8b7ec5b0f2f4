package crash

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sourcegraph/conc"
)

// TestDeep: a stack of any depth is told in a few lines.
func TestDeep(t *testing.T) {
	var descend func(n int) int
	descend = func(n int) int {
		if n == 0 {
			panic("deep")
		}
		return descend(n-1) + 1
	}
	caught := new(Crash)
	err := Catch(func() error { descend(10_000); return nil })
	if !errors.As(err, &caught) || len(caught.Frames) < maxFrames/2 || len(caught.Frames) > maxFrames {
		t.Errorf("%d lines", len(caught.Frames))
	}
}

// TestPlace: wherever a panic came up, the line tells what and where, and not its value.
func TestPlace(t *testing.T) {
	secret := "sk_" + "live_of_a_key"
	var none []int
	for name, c := range map[string]struct {
		f    func() error
		what string
		in   string
	}{
		"a text":      {func() error { panic(secret) }, "a panic with a value of type string", "TestPlace"},
		"an error":    {func() error { panic(errors.New(secret)) }, "a panic with a value of type *errors.errorString", "TestPlace"},
		"the runtime": {func() error { return errors.New(secret[none[2]:]) }, "runtime error: index out of range [2] with length 0", "TestPlace"},
		"a goroutine": {func() error {
			var g conc.WaitGroup
			g.Go(func() { panic(secret) })
			g.Wait()
			return nil
		}, "a panic with a value of type string", "TestPlace"},
		"below the standard library": {func() error {
			slices.SortFunc([]int{2, 1}, func(int, int) int { panic(secret) })
			return nil
		}, "a panic with a value of type string", "TestPlace"},
		"in the standard library": {func() error { _ = strings.Repeat(secret, -1); return nil },
			"a panic with a value of type ", "strings.Repeat"},
	} {
		t.Run(name, func(t *testing.T) {
			text := Catch(c.f).Error()
			head, place, _ := strings.Cut(text, " in ")
			if !strings.HasPrefix(head, "internal error: "+c.what) || !strings.Contains(strings.Split(place, ",")[0], c.in) ||
				!strings.Contains(place, "crash_test.go:") || strings.Contains(text, "sk_") {
				t.Error(text)
			}
		})
	}
	if err := Catch(func() error { return nil }); err != nil {
		t.Error(err)
	}
}
