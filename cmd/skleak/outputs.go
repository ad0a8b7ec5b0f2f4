package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"skleak/report"
	"skleak/report/outfile"
	"skleak/rules/typo"
)

// output is one report that the user asked for.
type output struct {
	path   string // "" for standard output
	format report.Format
}

// outputs works out from -f, -r and -q which reports are to be written, and refuses those that cannot be: an hour's
// scan must not end with a folder that is not there. Standard output gets a report unless -q keeps it empty; it comes
// last, so that a reader who has seen enough and closes the pipe costs no other report; if a file has by its name the
// format of -f, it gets text. formatGiven tells whether -f was on the command line.
func (f *flags) outputs(formatGiven bool) ([]output, error) {
	format, err := parseFormat(f.reportFormat)
	if err != nil {
		return nil, err
	}
	toStdout, paths := splitStdout(f.reportPaths)
	if toStdout > 1 {
		return nil, errors.New("two reports to standard output; keep one of them")
	}
	asked := report.Format("")
	if formatGiven {
		asked = format
	}
	var all []output
	for _, path := range paths {
		ofFile, err := report.FormatOfFile(path, asked)
		if err != nil {
			return nil, fmt.Errorf("-r %s: %w", path, err)
		}
		if ofFile == asked && toStdout == 0 && report.FormatOf(path) != "" {
			format = report.FormatText // the file has what was asked for, and nobody reads it twice
		}
		all = append(all, output{path, ofFile})
	}
	if err := checkPaths(paths); err != nil {
		return nil, err
	}
	if toStdout > 0 || !f.quiet {
		all = append(all, output{format: format})
	}
	return all, nil
}

func parseFormat(name string) (report.Format, error) {
	format, err := report.ParseFormat(name)
	if err == nil {
		return format, nil
	}
	if near := typo.Nearest(name, report.FormatNames()); near != "" {
		return "", fmt.Errorf("unknown report format %q; did you mean %q?", name, near)
	}
	return "", err
}

// splitStdout takes the names of standard output out of paths and counts them. The devices' names
// count as well: a second report must not run into the one that is written there anyway.
func splitStdout(paths []string) (toStdout int, files []string) {
	for _, path := range paths {
		if slices.Contains([]string{"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}, path) {
			toStdout++
		} else {
			files = append(files, path)
		}
	}
	return toStdout, files
}

func checkPaths(paths []string) error {
	seen := map[string]bool{}
	for _, path := range paths {
		if path == "" {
			return errors.New("-r needs the name of a file")
		}
		if abs, err := filepath.Abs(path); err == nil {
			if seen[abs] {
				return fmt.Errorf("two reports to %s; give each a file of its own", path)
			}
			seen[abs] = true
		}
		if err := outfile.Check(path); err != nil {
			return fmt.Errorf("cannot write a report to %s: %w", path, err)
		}
	}
	return nil
}

// earlier reads the report to compare with, nil without one: before the scan, since afterwards it may be written over.
func (f *flags) earlier() (*report.Earlier, error) {
	if f.compare == "" {
		return nil, nil
	}
	saved, err := report.ReadFile(f.compare)
	if err != nil {
		return nil, fmt.Errorf("--compare %s: %w", f.compare, err)
	}
	return saved.Earlier(), nil
}
