package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"skleak/report/outfile"
)

// Format names one way of writing a report.
type Format string

const (
	FormatText     Format = "text"
	FormatJSON     Format = "json"
	FormatJSONL    Format = "jsonl"
	FormatSARIF    Format = "sarif"
	FormatMarkdown Format = "markdown"
	FormatCSV      Format = "csv"
	FormatJUnit    Format = "junit"
	FormatGitLab   Format = "gitlab"
	FormatHTML     Format = "html"
)

// formats is every format with the extension that stands for it, its name for people, and the function that
// writes it. Such a function leaves it to its caller to flush the writer, which keeps the first error.
var formats = []struct {
	name             Format
	extension, title string
	write            func(*bufio.Writer, *shown, Options) error
}{
	{FormatText, ".txt", "text", writeText},
	{FormatJSON, ".json", "JSON", writeJSON},
	{FormatJSONL, ".jsonl", "JSON lines", writeJSONL},
	{FormatSARIF, ".sarif", "SARIF", writeSARIF},
	{FormatMarkdown, ".md", "Markdown", writeMarkdown},
	{FormatHTML, ".html", "HTML", writeHTML},
	{FormatCSV, ".csv", "CSV", writeCSV},
	{FormatJUnit, ".junit.xml", "JUnit", writeJUnit},
	{FormatGitLab, "", "GitLab", writeGitLab}, // whose files end in .json
}

// FormatNames are the names of all formats.
func FormatNames() []string {
	var names []string
	for _, f := range formats {
		names = append(names, string(f.name))
	}
	return names
}

// ParseFormat reads the name of a format. The error of an unknown one lists those there are.
func ParseFormat(s string) (Format, error) {
	if names := FormatNames(); !slices.Contains(names, s) {
		return "", fmt.Errorf("%.80q is no report format: choose one of %s", s, strings.Join(names, ", "))
	}
	return Format(s), nil
}

// FormatOf is the format that the name of a file asks for, in either case, or "" where it asks for none.
func FormatOf(path string) Format {
	name := strings.ToLower(filepath.Base(path))
	for _, f := range formats {
		if f.extension != "" && strings.HasSuffix(name, f.extension) {
			return f.name
		}
	}
	return ""
}

// FormatsOfFiles are the formats of files for which the user asked for a format, or for none (""). The name of a file
// decides. But SARIF and GitLab's reports are JSON, too: where no file has a name that is for them alone, a file .json
// is meant for them. An extension that stands for no format needs a format that was asked for.
func FormatsOfFiles(paths []string, asked Format) (all []Format, err error) {
	isNamed := func(path string) bool { return asked != "" && formatNamed(path) == asked }
	alsoJSON := (asked == FormatSARIF || asked == FormatGitLab) && !slices.ContainsFunc(paths, isNamed)
	for _, path := range paths {
		extension := filepath.Ext(filepath.Base(path))
		format := FormatOf(path)
		switch {
		case isNamed(path) || format == "" && asked != "" || format == FormatJSON && alsoJSON:
			format = asked
		case format == "" && len(extension) < 2:
			format = FormatText
		case format == "":
			return nil, fmt.Errorf("-r %s: no report format has the extension %q: choose one of %s, or name a format with -f",
				path, extension, strings.Join(extensions(), ", "))
		}
		all = append(all, format)
	}
	return all, nil
}

// formatNamed is the format that the name of a file is for. GitLab wants its reports in files that are named gl-….json.
func formatNamed(path string) Format {
	format := FormatOf(path)
	if format == FormatJSON && strings.HasPrefix(strings.ToLower(filepath.Base(path)), "gl-") {
		return FormatGitLab
	}
	return format
}

func extensions() (all []string) {
	for _, f := range formats {
		if f.extension != "" {
			all = append(all, f.extension)
		}
	}
	return all
}

// Write writes r to w in format f, without the keys that stand in its texts.
func Write(w io.Writer, r *Report, f Format, o Options) error {
	for _, known := range formats {
		if known.name != f {
			continue
		}
		out := bufio.NewWriter(w)
		err := known.write(out, r.shown(), o)
		if err == nil {
			err = out.Flush()
		}
		if err != nil {
			return fmt.Errorf("writing the %s report: %w", known.title, err)
		}
		return nil
	}
	_, err := ParseFormat(string(f))
	return err
}

// WriteFile writes r to the file at path, as [outfile.Write] does: whole or not at all.
func WriteFile(path string, r *Report, f Format, o Options) error {
	err := outfile.Write(path, func(w io.Writer) error { return Write(w, r, f, o) })
	if err != nil {
		return fmt.Errorf("writing the report to %s: %w", visible(path), err)
	}
	return nil
}

// DigestOf is the digest of a report that was written to a file.
func DigestOf(path string) (Digest, error) {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("no regular file")
	}
	if err != nil {
		return Digest{}, err
	}
	text, err := os.ReadFile(path)
	sum := sha256.Sum256(text)
	return Digest{filepath.Base(path), hex.EncodeToString(sum[:])}, err
}
