// Package scantest holds what the tests of several packages share.
package scantest

import (
	"flag"
	"strings"
)

// Hostile tells whether the tests against hostile and broken input run in full, which is when they are asked for by
// name:
//
//	go test -run Hostile -timeout 30m ./...
//
// An ordinary run takes a small sample of each. The flag was chosen over an environment variable because the command
// above says what it does, and cannot be left set by accident.
func Hostile() bool {
	run := flag.Lookup("test.run")
	return run != nil && strings.Contains(run.Value.String(), "Hostile")
}

// Sample is full when the hostile tests run in full, and small otherwise: a number of tries, of bytes, of files.
func Sample[T int | int64](small, full T) T {
	if Hostile() {
		return full
	}
	return small
}
