// Package wrap breaks lines for terminals: between words, never within a word, a path or a quoted command that has
// room.
package wrap

import (
	"regexp"
	"strings"
	"sync"
)

// paint is what switches colours: it takes no room.
var paint = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\x1b\[[0-9;]*m`) })

// token is a word, or what stands between quotation marks or backquotes with its blanks: a command is to be copied
// whole.
var token = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[^\s"` + "`" + `]*(?:"[^"]*"|` + "`[^`]*`" + `)\S*|\S+`)
})

// Line breaks one line so that no piece is wider than width, where its words allow that. What follows the first piece
// is indented by hang blanks. A width of 0 breaks nothing. No piece begins with two colons, which CI systems take for
// an order at the beginning of a line.
func Line(line string, width, hang int) string {
	if width <= 0 || widthOf(line) <= width {
		return line
	}
	var out strings.Builder
	column, end := 0, 0
	fresh := true // nothing but blanks is on this line
	for _, at := range tokens(line, width-hang) {
		blanks, word := line[end:at[0]], line[at[0]:at[1]]
		end = at[1]
		if !fresh && column+len(blanks)+widthOf(word) > width && !strings.HasPrefix(word, "::") {
			out.WriteString("\n" + strings.Repeat(" ", hang))
			column, blanks = hang, ""
		}
		out.WriteString(blanks + word)
		column += len(blanks) + widthOf(word)
		fresh = false
	}
	return out.String()
}

// tokens are the places of what is not to be broken: of tokens with blanks that have no room, their words.
func tokens(line string, room int) (places [][]int) {
	for _, at := range token().FindAllStringIndex(line, -1) {
		if widthOf(line[at[0]:at[1]]) <= room {
			places = append(places, at)
			continue
		}
		for _, word := range words().FindAllStringIndex(line[at[0]:at[1]], -1) {
			places = append(places, []int{at[0] + word[0], at[0] + word[1]})
		}
	}
	return places
}

var words = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\S+`) })

func widthOf(text string) int { return Width(paint().ReplaceAllString(text, "")) }
