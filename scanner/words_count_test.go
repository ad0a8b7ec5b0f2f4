package scanner

import "testing"

func TestCounted(t *testing.T) {
	for noun, want := range map[string]string{"key": "2 keys", "day": "2 days", "repository": "2 repositories",
		"file": "2 files"} {
		if got := Counted(2, noun); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
