// Package table writes tables that fit a terminal.
package table

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"skleak/cmd/internal/help"
	"skleak/report/escape"
	"skleak/report/wrap"
)

// UsualWidth is how wide a table is where there is no terminal.
const UsualWidth = 120

// narrowest is the columns that a broken text needs to be read.
const narrowest = 24

// Write writes a table whose first row is its head. Where a terminal of this width has no room for it, the texts of its
// widest column are broken; where even these would become too narrow, what stands in a row is written one below the
// other.
func Write(w io.Writer, rows [][]string, width int) error {
	columns, total := measure(rows)
	widest := slices.Index(columns, slices.Max(columns))
	if over := total - width; over > 0 {
		columns[widest] -= over
	}
	var b strings.Builder
	if columns[widest] < narrowest && total > width {
		stack(&b, rows, width)
	} else {
		for _, row := range rows {
			writeRow(&b, row, columns, widest)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// measure makes the texts harmless, and tells how wide the columns are, and all of them with two blanks between them.
func measure(rows [][]string) (columns []int, total int) {
	columns = make([]int, len(rows[0]))
	for _, row := range rows {
		for i := range row {
			row[i] = escape.Visible(row[i])
			columns[i] = max(columns[i], wrap.Width(row[i]))
		}
	}
	for _, column := range columns {
		total += column + 2
	}
	return columns, total - 2
}

// writeRow writes a row, in several lines if the text of its widest column has no room.
func writeRow(b *strings.Builder, row []string, columns []int, widest int) {
	for n, part := range strings.Split(wrap.Line(row[widest], columns[widest], 0), "\n") {
		line := ""
		for i, cell := range row {
			switch {
			case i == widest:
				cell = part
			case n > 0:
				cell = ""
			}
			line += wrap.Fill(cell, columns[i]+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func stack(b *strings.Builder, rows [][]string, width int) {
	for _, row := range rows[1:] {
		fmt.Fprintf(b, "%s %s\n", rows[0][0], row[0])
		for i, cell := range row[1:] {
			b.WriteString(help.Wrapped(strings.ToLower(rows[0][i+1])+": "+cell, width, 2))
		}
	}
}
