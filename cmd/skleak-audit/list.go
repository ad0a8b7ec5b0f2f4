package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/process"
	"skleak/cmd/internal/table"
	"skleak/cmd/internal/terminal"
	"skleak/report/escape"
	"skleak/scanner"
	"skleak/scanner/audit/job"
	"skleak/scanner/audit/merge"
)

func listCommand(w *console.Console) *cobra.Command {
	var f sourceFlags
	var format string
	c := &cobra.Command{
		Use:   "list SOURCE...",
		Short: "What would be audited: one repository a line",
		Long: `List prints the repositories that an audit of the sources would read, with size, visibility and last
push, and reads none of them.

A source is github:NAME (an organisation, a user, or OWNER/NAME), gitlab:GROUP, gitea:URL, the URL of a
repository, a folder of this machine, or @FILE with a source a line.`,
		Example: `  skleak-audit list github:acme
  skleak-audit list gitlab:acme/platform --exclude '*/legacy-*'
  skleak-audit list github:acme -f json | jq -r .url`,
		RunE: func(c *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("a list is printed as text or json, not as %q", format)
			}
			l, err := f.listing(w, args)
			if err != nil {
				return err
			}
			var all []job.Repository
			left, missed, err := l.list(c.Context(), func(r job.Repository) error { all = append(all, r); return nil })
			if c.Context().Err() != nil {
				return exit.ErrInterrupted
			}
			merge.ByName(all)
			if writeErr := writeList(w, all, format); writeErr != nil || err != nil {
				return errors.Join(err, writeErr)
			}
			w.Say("%s%s", scanner.Counted(int64(len(all)), "repository"), besides(", left out: ", left))
			if len(missed) > 0 {
				w.Say("the list is not complete%s", besides(": ", missed))
				return exit.ErrIncomplete
			}
			return nil
		},
	}
	c.Flags().StringVarP(&format, "format", "f", "text", "`FORMAT`: text, or json with an object a line")
	f.add(c)
	return c
}

// besides tells counts by reason behind some words; "" where there are none.
func besides(before string, counts map[string]int64) string {
	if len(counts) == 0 {
		return ""
	}
	return before + scanner.ByReason(counts)
}

func writeList(w *console.Console, all []job.Repository, format string) error {
	if format == "json" {
		for _, r := range all {
			text, err := json.Marshal(r)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w.Out, "%s\n", escape.JSON([]byte(w.Redactor.Redact(string(text))))); err != nil {
				return unlessReaderGone(err)
			}
		}
		return nil
	}
	rows := [][]string{{"REPOSITORY", "SIZE", "VISIBILITY", "LAST PUSH", "NOTES"}}
	for _, r := range all {
		rows = append(rows, []string{w.Redactor.Redact(r.Name),
			sizeText(r.Bytes), orUnknown(r.Visibility), pushText(r.PushedAt), marks(r)})
	}
	if len(all) == 0 {
		return nil
	}
	width := terminal.Columns(w.Out)
	if width == 0 {
		width = math.MaxInt32 // programs count on a line for each
	}
	return unlessReaderGone(table.Write(w.Out, rows, width))
}

// unlessReaderGone is nil where whoever closed the pipe has read what they wanted.
func unlessReaderGone(err error) error {
	if err == nil || process.ReaderGone(err) {
		return nil
	}
	return fmt.Errorf("writing to standard output: %w", err)
}

func sizeText(n int64) string {
	if n == 0 {
		return "-"
	}
	return scanner.ByteSize(n)
}

func orUnknown(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func pushText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateOnly)
}

func marks(r job.Repository) string {
	var all []string
	for word, is := range map[string]bool{"archived": r.Archived, "empty": r.Empty, "fork": r.Fork} {
		if is {
			all = append(all, word)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
