// Package pattern has regular expressions that cost nothing until they are used.
package pattern

import (
	"regexp"
	"sync"
)

// A Pattern is a regular expression that is compiled when it is first asked for: no run needs more than a few of them,
// and all together take a third of a millisecond.
type Pattern func() *regexp.Regexp

// New returns the pattern of an expression, which must be valid.
func New(expression string) Pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
