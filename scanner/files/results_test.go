package files

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/scantest"
)

// TestPlacesOfAKeyAreCapped: a key that is everywhere pushes out no other, and the same places are told for any number
// of workers.
func TestPlacesOfAKeyAreCapped(t *testing.T) {
	root := t.TempDir()
	tree := map[string]string{}
	const limit = 1 << 20
	perFile := limit / hitCost / 8
	for i := range 12 {
		tree[fmt.Sprintf("d%d/many", i)] = strings.Repeat(key(0)+"\n", perFile+i) + key(i+1) + "\n"
	}
	tree["large"] = strings.Repeat(strings.Repeat("x", 1<<16)+"\n"+key(100)+"\n", scantest.Sample(70<<20, 300<<20)>>16) + key(101)
	write(t, root, tree)
	var first []string
	for _, jobs := range []int{1, 2, 5} {
		c, _, cov := scanOnce(t, root, Options{Jobs: jobs, results: limit})
		wantUnreadable(t, cov)
		keys := map[rules.Key]bool{}
		for _, f := range c.findings {
			keys[f.Key] = true
		}
		if len(keys) != 15 || len(c.findings) > limit/hitCost+15 {
			t.Errorf("%d findings of %d keys of 15", len(c.findings), len(keys))
		}
		told := append(c.lines(), fmt.Sprint(cov.SkippedList()))
		if first == nil {
			first = told
		}
		if !slices.Equal(first, told) {
			t.Errorf("%d workers tell %d places, one tells %d, or they tell others", jobs, len(told), len(first))
		}
	}
	if last := first[len(first)-1]; !strings.Contains(last, scanner.SkippedRepeated) {
		t.Errorf("skipped: %s", last)
	}
}

// TestMoreKeysThanMemory: the same keys are told for any number of workers where there are too many.
func TestMoreKeysThanMemory(t *testing.T) {
	root := t.TempDir()
	most := scanner.MostKeys(1)
	tree := map[string]string{}
	for file := range 7 {
		var b strings.Builder
		for i := range most / 4 {
			fmt.Fprintln(&b, key(file*most+i))
		}
		tree[fmt.Sprint(file)] = b.String()
	}
	write(t, root, tree)
	var first map[rules.Key]bool
	for _, jobs := range []int{1, 4} {
		c, _, cov := scanOnce(t, root, Options{Jobs: jobs, Memory: 1})
		wantUnreadable(t, cov, scanner.UnreadableTooLarge+" .")
		keys := map[rules.Key]bool{}
		for _, f := range c.findings {
			keys[f.Key] = true
		}
		if len(keys) > most || len(keys) < most/3 {
			t.Errorf("%d keys are told, with room for %d", len(keys), most)
		}
		if first == nil {
			first = keys
		}
		if !maps.Equal(first, keys) {
			t.Error("which keys are told depends on the workers")
		}
	}
}
