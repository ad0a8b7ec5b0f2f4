package form

import (
	"bytes"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/keys"
)

// unseen are the characters that show nothing where a text is read and get copied along.
var unseen = []string{"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "<wbr>", "<wbr/>", "<wbr />",
	"&shy;", "&ZeroWidthSpace;", "&#8203;", "&#173;", "&#xad;", "&#x200b;", "&#xAD;", "&#x200B;"}

// invisibleStep takes out what nobody sees: zero-width characters, soft hyphens, a terminal's
// control sequences.
//
// It also takes out the end of a highlighting that covers the prefix or a part of it, as searching
// puts there. Behind a body the same tag is its end.
func invisibleStep(d *Decoding, i int) int {
	rest := d.src.Text[i:]
	if rest[0] == '<' {
		if keys.EndsPrefix(d.Out.Text) || endsInPart(d.Out.Text) {
			if n := highlightEnd(rest); n > 0 {
				return n
			}
		}
	}
	if rest[0] == '[' && keys.EndsPrefix(d.Out.Text) {
		return lostColour(rest)
	}
	return invisible(rest)
}

// lostColour is the length of a control sequence at the start of text that lost its escape character on the way into
// a log, or 0.
func lostColour(text []byte) int {
	for _, sequence := range []string{"[m[K", "[0m[K", "[0m", "[m"} {
		if ascii.HasPrefix(text, sequence) {
			return len(sequence)
		}
	}
	return 0
}

// highlightEnd is the length of the tag at the start of text that ends a highlighting, and of one that begins the next,
// or 0.
func highlightEnd(text []byte) int {
	for _, tag := range []string{"</em>", "</mark>", "</b>", "</strong>", "</span>", "</i>", "</u>", "</code>"} {
		if ascii.HasPrefix(text, tag) {
			return len(tag) + highlightStart(text[len(tag):], tag[2:len(tag)-1])
		}
	}
	return 0
}

// highlightStart is the length of a tag with this name at the start of text, which highlights what goes on, or 0.
func highlightStart(text []byte, name string) int {
	if !ascii.HasPrefix(text, "<"+name) {
		return 0
	}
	rest := text[1+len(name) : min(len(text), longestGap)]
	if len(rest) == 0 || rest[0] != '>' && rest[0] != ' ' {
		return 0
	}
	return len("<") + len(name) + bytes.IndexByte(rest, '>') + 1
}

// invisible is the length of the invisible thing that text starts with, or 0.
func invisible(text []byte) int {
	switch text[0] {
	case '\x1b':
		return controlSequence(text)
	case '<', '&', 0xc2, 0xe2, 0xef:
		for _, u := range unseen {
			if ascii.HasPrefix(text, u) {
				return len(u)
			}
		}
	}
	return 0
}

// controlSequence is the length of ESC [ 0;31 m or the like, or 0.
func controlSequence(text []byte) int {
	if !ascii.HasPrefix(text, "\x1b[") {
		return 0
	}
	for n := 2; n < min(len(text), 20); n++ {
		if c := text[n]; ascii.IsLower(c) || ascii.IsUpper(c) {
			return n + 1
		} else if !ascii.IsDigit(c) && c != ';' && c != ':' && c != '?' {
			return 0
		}
	}
	return 0
}
