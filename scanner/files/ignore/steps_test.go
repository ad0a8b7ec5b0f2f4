package ignore

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestStepsAreBounded counts the steps that dear lists take. What is not decided within them is not left out.
func TestStepsAreBounded(t *testing.T) {
	path := strings.Repeat("a/", 100) + strings.Repeat("a", 200)
	for name, pattern := range map[string]string{
		"many": "b", "stars": strings.Repeat("*a", 100) + "b", "deep": strings.Repeat("**/a/", 50) + "b", "run": "*" + strings.Repeat("a", 100) + "b",
		"sets": strings.Repeat("[!b]*", 50) + "b",
	} {
		lines := []string{"*"}
		for i := range 100_000 {
			lines = append(lines, fmt.Sprint(pattern, i))
		}
		list := Parse([]byte(strings.Join(lines, "\n")), false)
		left := steps
		if i := list.last(len(lines), path, false, &left); i >= 0 || left > 0 || left < -1 {
			t.Errorf("%s: pattern %d, %d steps left", name, i, left)
		}
		if v := list.Match(path, false); v != None {
			t.Errorf("%s: %v", name, v)
		}
		if NewPaths(lines).Ignored(path, false) {
			t.Errorf("%s: left out", name)
		}
	}
	if long := strings.Repeat("?", longestRest); !NewPaths([]string{long}).Ignored(strings.Repeat("a", longestRest), false) ||
		NewPaths([]string{long + "?"}).Ignored(strings.Repeat("a", longestRest+1), false) {
		t.Error("the longest pattern is another one")
	}
}

// TestFewRegularExpressions has patterns compiled only when they match something.
func TestFewRegularExpressions(t *testing.T) {
	p := NewPaths(slices.Repeat([]string{"a*", "!b?", "c"}, 1000))
	if p.Ignored("b1", false) || !p.Ignored("a1", false) || !p.Ignored("c/d", false) {
		t.Error("wrong verdicts")
	}
	compiled := 0
	for i := range p.rules {
		if p.rules[i].Load() != nil {
			compiled++
		}
	}
	if compiled != 3 {
		t.Errorf("%d of %d patterns were compiled", compiled, len(p.rules))
	}
}
