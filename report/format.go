package report

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Format names one way of writing a report.
type Format string

const (
	FormatText     Format = "text"
	FormatJSON     Format = "json"
	FormatJSONL    Format = "jsonl"
	FormatSARIF    Format = "sarif"
	FormatMarkdown Format = "markdown"
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
}

// ParseFormat reads the name of a format. The error of an unknown one lists those there are.
func ParseFormat(s string) (Format, error) {
	names := make([]string, len(formats))
	for i, f := range formats {
		if s == string(f.name) {
			return f.name, nil
		}
		names[i] = string(f.name)
	}
	return "", fmt.Errorf("%.80q is no report format: choose one of %s", s, strings.Join(names, ", "))
}

// FormatOf is the format that the extension of path asks for, in either case, or fallback where it
// asks for none.
func FormatOf(path string, fallback Format) Format {
	extension := strings.ToLower(filepath.Ext(path))
	for _, f := range formats {
		if extension == f.extension {
			return f.name
		}
	}
	return fallback
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
