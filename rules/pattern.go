package rules

import (
	"regexp"
	"sync"
)

// A pattern is a regular expression that is compiled when it is first asked for: no run needs more than a few of them,
// and all together take a third of a millisecond.
type pattern func() *regexp.Regexp

func newPattern(expression string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
