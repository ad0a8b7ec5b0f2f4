package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"skleak/report/escape"
	"skleak/scanner"
)

const (
	// markdownRows bounds the table: with it, a report of ordinary paths stays under the 65,536
	// characters that GitHub allows a comment.
	markdownRows = 60
	// markdownPlaces is how many places a row names.
	markdownPlaces = 3
)

// writeMarkdown writes the report for a pull request or a wiki: a heading, the verdict, a table with
// a row per leak, what could not be read, and coverage. All foreign text stands in code spans, where
// it can neither be markup nor mention anybody.
func writeMarkdown(out *bufio.Writer, r *shown, o Options) error {
	fmt.Fprint(out, "## Leaked keys\n\n")
	fmt.Fprintf(out, "**%s.**", capitalised(r.verdict(code)))
	if aside := r.besides(); aside != "" {
		fmt.Fprintf(out, " Besides: %s.", aside)
	}
	if t := trendOf(r); t != nil {
		fmt.Fprintf(out, " %s.", capitalised(t.sentence()))
	}
	fmt.Fprint(out, "\n\n")
	writeTable(out, r, o)
	writeVerdicts(out, r, o)
	if !r.Coverage.Complete() {
		fmt.Fprint(out, "Could not be read:\n\n")
		for _, line := range unreadableLines(r.Coverage, o.Verbose, code) {
			fmt.Fprintf(out, "- %s\n", line)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "Coverage: %s.\n", r.summary(code))
	for _, warning := range r.Coverage.Warnings() {
		fmt.Fprintf(out, "\n**Warning:** %s.\n", warning)
	}
	return nil
}

func writeTable(out io.Writer, r *shown, o Options) {
	var rows []Leak
	for _, l := range r.Leaks {
		if l.Counts() || o.Verbose {
			rows = append(rows, l)
		}
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprint(out,
		"| Key and fingerprint | Environment | Provider | Where, and who brought it | Status |\n| --- | --- | --- | --- "+
			"| --- |\n")
	links := linksOf(r)
	for i, l := range rows {
		if i == markdownRows && !o.Verbose {
			fmt.Fprintf(out, "\nAnd %s.\n", scanner.Counted(int64(len(rows)-i), "more key"))
			break
		}
		environment := escape.WordOr(code, string(l.Environment))
		switch {
		case l.Placeholder:
			environment += " (placeholder)"
		case !l.Counts():
			environment += " (" + suppression(l, code) + ")"
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n",
			code(o.keyOf(l))+"<br>"+code(l.Key.Fingerprint()), environment, markdownProvider(l), markdownPlacesOf(l, o,
				links), markdownStatus(l))
	}
	fmt.Fprintln(out)
}

// writeVerdicts writes a table of several repositories.
func writeVerdicts(out io.Writer, r *shown, o Options) {
	if len(r.Repositories) < 2 {
		return
	}
	fmt.Fprint(out, "| Repository | Verdict | Leaks | Could not be read | HEAD |\n| --- | --- | --- | --- | --- |\n")
	listed, more := listedVerdicts(r, o.Verbose)
	for _, v := range listed {
		fmt.Fprintf(out, "| %s | %s | %d | %d | %s |\n", code(v.Name), v.word, v.leaks, v.Coverage.Unread(),
			code(shortID(v.Head)))
	}
	if more > 0 {
		fmt.Fprintf(out, "\nAnd %s more.\n", scanner.Thousands(int64(more)))
	}
	fmt.Fprintln(out)
}

func markdownProvider(l Leak) string {
	if l.Provider == "" || l.Provider == scanner.ProviderUnknown {
		return "unknown"
	}
	return code(l.Provider)
}

func markdownStatus(l Leak) string {
	status := l.Status
	if status == "" {
		status = scanner.StatusUnchecked
	}
	if l.Revoked {
		status = "revoked"
	}
	status = escape.WordOr(code, status)
	if l.StatusDetail != "" {
		return status + ": " + code(l.StatusDetail)
	}
	return status
}

// markdownPlacesOf lists the first places of a leak on lines of their own.
func markdownPlacesOf(l Leak, o Options, links links) string {
	spots := spotsOf(l)
	cell := ""
	for i, s := range spots {
		if i > 0 {
			cell += "<br>"
		}
		if i == markdownPlaces && !o.Verbose {
			return cell + fmt.Sprintf("and %s more", scanner.Thousands(int64(len(spots)-i)))
		}
		cell += linked(code(placeOf(s.Finding)), links.line(s))
		f := s.Finding
		if len(s.history) > 0 {
			f = s.history[0]
		}
		if f.Source == scanner.SourceHistory && f.Commit != nil {
			cell += " added in " + linked(code(shortID(f.Commit.Hash)), links.commit(f))
			if f.Commit.Author != "" {
				cell += " by " + code(f.Commit.Author)
			}
		}
		if s.Source == scanner.SourceHistory {
			cell += ", " + stateWord(s.Finding, code)
		}
	}
	return cell
}

// linked makes a link of a code span. Addresses are made of characters that mean nothing in Markdown.
func linked(span, address string) string {
	if address == "" || span == "" {
		return span
	}
	return "[" + span + "](" + address + ")"
}

// stateWord is stateOf without the refs.
func stateWord(f scanner.Finding, quote func(string) string) string {
	f.Refs = nil
	return stateOf(f, quote, true)
}

// capitalised makes the start of a sentence of s, which starts with an ASCII letter or a digit.
func capitalised(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
