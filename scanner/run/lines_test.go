package run

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestLines(t *testing.T) {
	odd := errors.New("a\nb")
	for _, test := range []struct {
		err  error
		want []string
	}{
		{odd, []string{"a\nb"}},
		{Paragraph{"a", "b"}, []string{"a", "b"}},
		{errors.Join(odd, errors.New("c")), []string{"a\nb", "c"}},
		{fmt.Errorf("x: %w", errors.Join(errors.New("c"), Paragraph{"d", "e"})), []string{"x: c", "d", "e"}},
		{fmt.Errorf("%w, %w", odd, odd), []string{"a\nb, a\nb"}},
		{fmt.Errorf("%w; y", Paragraph{"a", "b"}), []string{"a\nb; y"}},
	} {
		if got := Lines(test.err); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.err, got, test.want)
		}
	}
}
