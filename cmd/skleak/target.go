package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"skleak/scanner"
)

// existing returns what lies at path, or an error that says what to do where nothing does.
func existing(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		return info, nil
	case path == "-":
		return nil, errors.New(`"-" is no path; to scan standard input: "skleak stdin"`)
	case strings.Contains(path, "://") || strings.HasPrefix(path, "git@"):
		return nil, fmt.Errorf("%s is not on this machine, and skleak fetches nothing; clone it first: \"git clone --mirror %s\"", path, path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file or folder %q; check the path", path)
	default:
		return nil, fmt.Errorf("cannot look at %s: %w", path, scanner.Cause(err))
	}
}
