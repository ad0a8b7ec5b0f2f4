package history

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/scanner"
)

// TestMoreKeysThanMemory: a history with more keys than there is room for tells as many as there is, the same ones each
// time, and says so.
func TestMoreKeysThanMemory(t *testing.T) {
	t.Parallel()
	fewKeys := scanner.MostKeys(0)
	s := newStory()
	for file := range 3 {
		var b strings.Builder
		for i := range fewKeys / 2 {
			fmt.Fprintln(&b, assign(fmt.Sprint("many ", file, i)))
		}
		s.onMain(fmt.Sprint(file), put(fmt.Sprint("f", file), b.String()))
	}
	dir, _ := s.tell(t, true, "--bare")
	var first map[rules.Key]bool
	for _, packed := range []bool{false, true} {
		if packed {
			repack(t, dir)
		}
		for _, jobs := range []int{1, 3} {
			o := Options{Memory: 1 << 20, Jobs: jobs}
			r := scan(t, dir, o)
			if pushed := scanRange(t, dir, "main", o); len(pushed.found) != len(r.found) || !strings.Contains(pushed.unreadable(), "different keys: only ") {
				t.Errorf("%d keys are told of all commits as a range, not %d; unreadable:\n%s", len(pushed.found), len(r.found), pushed.unreadable())
			}
			keys := map[rules.Key]bool{}
			for _, f := range r.found {
				keys[f.Key] = true
				if f.Key.IsZero() || f.Line == 0 {
					t.Fatalf("a finding without a key or a place: %v", f)
				}
			}
			if len(keys) > fewKeys || len(keys) < fewKeys/3 {
				t.Fatalf("%d keys are told, with room for %d", len(keys), fewKeys)
			}
			if first == nil {
				first = keys
			}
			if !maps.Equal(first, keys) {
				t.Error("which keys are told depends on the workers")
			}
			if list := r.unreadable(); !strings.HasPrefix(list, fmt.Sprintf("%s history: more than %d different keys: only ", scanner.UnreadableTooLarge, fewKeys)) {
				t.Errorf("unreadable:\n%s", list)
			}
		}
	}
}
