// Package outputs is which reports a user asked for, and their writing.
package outputs

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"skleak/report"
	"skleak/report/outfile"
	"skleak/rules/typo"
)

// Output is one report that the user asked for.
type Output struct {
	Path   string // "" for standard output
	Format report.Format
}

// Terminal is the report that people read as it is printed.
var Terminal = Output{Format: report.FormatText}

// Wish is what the user said of reports.
type Wish struct {
	Format      string   // -f
	FormatGiven bool     // -f was on the command line
	Paths       []string // -r
	Quiet       bool     // -q
}

// Plan works out which reports are to be written, and refuses those that cannot be: an hour's
// scan must not end with a folder that is not there. Standard output gets a report unless -q keeps it empty; it comes
// last, so that a reader who has seen enough and closes the pipe costs no other report; if a file has by its name the
// format of -f, it gets text.
func Plan(w Wish) ([]Output, error) {
	format, err := parseFormat(w.Format)
	if err != nil {
		return nil, err
	}
	toStdout, paths := splitStdout(w.Paths)
	if toStdout > 1 {
		return nil, errors.New("two reports to standard output; keep one of them")
	}
	asked := report.Format("")
	if w.FormatGiven {
		asked = format
	}
	formats, err := report.FormatsOfFiles(paths, asked)
	if err != nil {
		return nil, err
	}
	var all []Output
	for i, path := range paths {
		if formats[i] == asked && toStdout == 0 && report.FormatOf(path) != "" {
			format = report.FormatText // the file has what was asked for, and nobody reads it twice
		}
		all = append(all, Output{path, formats[i]})
	}
	if err := checkPaths(paths); err != nil {
		return nil, err
	}
	if toStdout > 0 || !w.Quiet {
		all = append(all, Output{Format: format})
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
