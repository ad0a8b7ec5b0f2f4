package liveness

import (
	"fmt"
	"regexp"
	"sync"

	"skleak/rules"
	"skleak/rules/provider"
)

// envStart begins the mark for a variable of the environment.
const envStart = "{env:"

// marks finds what expand replaces. Other braces stand for themselves: bodies are JSON as a rule.
var marks = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\{key\}|\{fingerprint\}|\{env:[^{}]*\}`)
})

// expand replaces each mark by what values says of it, in one pass: a value that looks like a mark
// itself stays as it is. The first error of values is returned, with no text.
func expand(template string, values func(mark string) (string, error)) (string, error) {
	var failed error
	out := marks().ReplaceAllStringFunc(template, func(mark string) string {
		value, err := values(mark)
		if err != nil && failed == nil {
			failed = err
		}
		return value
	})
	if failed != nil {
		return "", failed
	}
	return out, nil
}

// keyOnly are the values of a check's headers: nothing but the key.
func keyOnly(key rules.Key) func(string) (string, error) {
	return func(mark string) (string, error) {
		if mark == provider.KeyMark {
			return reveal(key), nil
		}
		return "", fmt.Errorf("%s has no meaning in a check", mark)
	}
}
