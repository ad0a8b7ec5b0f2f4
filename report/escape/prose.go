package escape

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Prose makes a sentence into a line of Markdown: what could be markup in it is escaped, but for
// the code spans that the sentence's own backticks make.
func Prose(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, "`") {
		switch {
		case i%2 == 1:
			b.WriteString(Code(part))
		default:
			b.WriteString(link().ReplaceAllStringFunc(escapeMarkdown.Replace(Visible(part)), entities))
		}
	}
	return b.String()
}

var escapeMarkdown = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `_`, `\_`, `<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`,
	`[`, `\[`, `]`, `\]`, `#`, `\#`, `@`, `&#64;`, `|`, `\|`, `~`, `\~`, `!`, `\!`, `$`, `&#36;`)

// link finds what GitHub makes a link of without any markup: the beginning of an address.
var link = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)www\.|:/`) })

// entities writes each character as a number, which shows the same and begins nothing.
func entities(s string) string {
	out := ""
	for _, r := range s {
		out += fmt.Sprintf("&#%d;", r)
	}
	return out
}
