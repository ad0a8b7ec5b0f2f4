package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"skleak/scanner/cause"
)

// maxList bounds a list: half a million sources.
const maxList = 64 << 20

// maxListErrors is how many errors of a list are told at once.
const maxListErrors = 20

// parseList reads a file with a source a line.
func parseList(file string) (Source, error) {
	s := Source{kind: list, text: "@" + file}
	if file == "" {
		return s, errors.New("@ is followed by the name of a file, with a source a line")
	}
	text, err := readList(file)
	if err == nil {
		s.path, err = filepath.Abs(file)
	}
	if err != nil {
		return s, fmt.Errorf("reading %s: %w", file, cause.Of(err))
	}
	p := parser{dir: filepath.Dir(file), inList: true}
	var faults []error
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		part, err := p.parse(line)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", file, i+1, err))
			continue
		}
		s.parts = append(s.parts, part)
	}
	if n := len(faults) - maxListErrors; n > 0 {
		faults = append(faults[:maxListErrors], fmt.Errorf("%s: %d more lines are no sources", file, n))
	}
	if len(faults) == 0 && len(s.parts) == 0 {
		return s, fmt.Errorf("%s names no source", file)
	}
	return s, errors.Join(faults...)
}

func readList(file string) (string, error) {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return "", errors.New("this is no file with a list") // a pipe may never end
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxList+1))
	if err == nil && len(text) > maxList {
		err = errors.New("a list has at most 64 MB")
	}
	return strings.TrimPrefix(string(text), "\ufeff"), err
}
