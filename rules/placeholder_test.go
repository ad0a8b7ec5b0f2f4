package rules

import (
	"strings"
	"testing"

	"skleak/rules/internal/keys"
)

func TestIsPlaceholder(t *testing.T) {
	for value, want := range map[string]bool{
		keys.Live + sampleBody: false, keys.Live + strings.Repeat("x", 24): true, keys.Test + "your_key_here": true, "": false, "nothing": false,
	} {
		if got := Default().IsPlaceholder(NewKey(value)); got != want {
			t.Errorf("%d characters: %v, want %v", len(value), got, want)
		}
	}
}
