package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"skleak/rules"
	"skleak/rules/internal/pattern"
)

// IgnoreFileName is the name of a scanned tree's ignore file, at its top.
const IgnoreFileName = ".skleakignore"

// maxIgnoreFile bounds an ignore file, in bytes.
const maxIgnoreFile = 4 << 20

// likeFingerprint is what is meant to be a fingerprint, whether or not it is one.
var likeFingerprint = pattern.New(`^[0-9A-Fa-f]{16,64}$`)

// ParseIgnoreFile reads an ignore file: on each line a fingerprint, with the reason behind a # if there
// is one, or a pattern for paths in the syntax of .gitignore. Empty lines and those that begin with #
// say nothing. An error names the line.
func ParseIgnoreFile(data []byte) (fingerprints map[string]string, patterns []string, err error) {
	if len(data) > maxIgnoreFile {
		return nil, nil, fmt.Errorf("%s: longer than %d bytes, which no ignore file is", IgnoreFileName, maxIgnoreFile)
	}
	fingerprints = map[string]string{}
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		number++
		text := strings.TrimRight(string(line), "\r\n")
		if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
			continue
		}
		print, reason, err := ignoreLine(text)
		if err != nil {
			return nil, nil, fmt.Errorf("%s:%d: %w", IgnoreFileName, number, err)
		}
		if print == "" {
			patterns = append(patterns, text)
		} else {
			fingerprints[print] = reason
		}
	}
	return fingerprints, patterns, nil
}

// ignoreLine takes a line for a fingerprint or, if print is empty, for a pattern.
func ignoreLine(line string) (print, reason string, err error) {
	first, rest, _ := strings.Cut(line, "#")
	first = strings.TrimSpace(first)
	switch {
	case rules.IsFingerprint(first):
		return first, strings.TrimSpace(rest), nil
	case likeFingerprint().MatchString(first):
		return "", "", fmt.Errorf("a fingerprint is the 20 hex digits that reports print, in lower case; if this is a "+
			"path, write /%s", first)
	}
	if word, _, more := strings.Cut(first, " "); more && rules.IsFingerprint(word) {
		return "", "", errors.New("behind a fingerprint comes nothing but # and a comment")
	}
	return "", "", pathPattern{}.check(line)
}
