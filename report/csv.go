package report

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// csvColumns is the head of a CSV report.
var csvColumns = []string{"fingerprint", "key", "environment", "provider", "evidence", "status", "status detail",
	"placeholder", "suppressed", "suppressed by", "source", "path", "line", "column", "form", "commit", "date", "author",
	"email", "summary", "reachable", "at HEAD", "refs"}

// writeCSV writes one finding a row, for spreadsheets.
func writeCSV(w *bufio.Writer, r *shown, o Options) error {
	writeRow(w, csvColumns)
	for _, l := range r.Leaks {
		leak := []string{l.Key.Fingerprint(), o.keyOf(l), string(l.Environment), l.Provider, l.Evidence, l.Status,
			l.StatusDetail, strconv.FormatBool(l.Placeholder), l.Suppressed, l.SuppressedBy}
		for _, f := range l.Findings {
			var hash, date, author, email, summary string
			if c := f.Commit; c != nil {
				hash, author, email, summary = c.Hash, c.Author, c.Email, c.Summary
				date = rfc3339(c.Date)
			}
			writeRow(w, append(leak[:len(leak):len(leak)], string(f.Source), nameOf(f), strconv.Itoa(f.Line),
				strconv.Itoa(f.Column), f.Form, hash, date, author, email, summary, strconv.FormatBool(f.Reachable),
				strconv.FormatBool(f.AtHead), strings.Join(f.Refs, " ")))
		}
	}
	return nil
}

// writeRow quotes every cell: spreadsheets that part cells at other signs than commas would begin a new one within.
func writeRow(w *bufio.Writer, cells []string) {
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		fmt.Fprintf(w, `"%s"`, strings.ReplaceAll(harmlessCell(cell), `"`, `""`))
	}
	fmt.Fprintln(w)
}

// harmlessCell keeps a spreadsheet from taking a text for a formula, which can run programs and fetch addresses: an
// apostrophe in front makes it a text again. Programs look behind blanks, and some take wide signs for narrow ones.
func harmlessCell(text string) string {
	text = visible(text)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, " \u00a0\u3000'\""))
	if strings.ContainsRune("=+-@|%＝＋－＠", first) {
		return "'" + text
	}
	return text
}
