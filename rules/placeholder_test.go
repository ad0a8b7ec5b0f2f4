package rules

import (
	"strings"
	"testing"
)

func TestIsPlaceholder(t *testing.T) {
	for value, want := range map[string]bool{
		prefixLive + sampleBody: false, prefixLive + strings.Repeat("x", 24): true, prefixTest + "your_key_here": true, "": false, "nothing": false,
	} {
		if got := Default().IsPlaceholder(NewKey(value)); got != want {
			t.Errorf("%d characters: %v, want %v", len(value), got, want)
		}
	}
}
