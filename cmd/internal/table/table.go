// Package table writes tables that fit a terminal.
package table

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"skleak/cmd/internal/help"
	"skleak/report/escape"
)

// Write writes a table whose first row is its head, or, if a terminal of this width is too narrow for it, what stands
// in its rows one below the other. A width of 0 is any.
func Write(w io.Writer, rows [][]string, width int) error {
	var lines bytes.Buffer
	t := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = escape.Visible(row[i])
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	longest := 0
	for line := range strings.Lines(lines.String()) {
		longest = max(longest, len(line)-1)
	}
	if width == 0 || longest <= width {
		_, err := w.Write(lines.Bytes())
		return err
	}
	for _, row := range rows[1:] {
		fmt.Fprintf(w, "%s %s\n", rows[0][0], row[0])
		for i, cell := range row[1:] {
			fmt.Fprint(w, help.Wrapped(strings.ToLower(rows[0][i+1])+": "+cell, width, 2))
		}
	}
	return nil
}
