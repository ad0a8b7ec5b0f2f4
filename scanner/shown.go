package scanner

import (
	"strings"
	"unicode/utf8"
)

// Names and messages of a repository may have megabytes, and stand in the report once for each key in them. So there
// is a bound on how much is shown of each: without it, a report would grow with the square of what was read.
const (
	longestPath = 8 << 10 // as long as paths of files get
	longestText = 1 << 10
)

// ShownText is what is shown of a text: all of it, or its beginning. The text is redacted already.
func ShownText(text string) string {
	if len(text) <= longestText {
		return text
	}
	return strings.ToValidUTF8(text[:runeStart(text, longestText)], "") + "…"
}

// shownPath leaves out the middle of a path that is too long.
func shownPath(path string) string {
	if len(path) <= longestPath {
		return path
	}
	return path[:runeStart(path, longestPath/2)] + "…" + path[runeStart(path, len(path)-longestPath/2):]
}

// runeStart is the last place up to at where a character starts, if there is one near.
func runeStart(text string, at int) int {
	for i := at; i > max(0, at-utf8.UTFMax); i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return at
}

// shortened remembers how the last path was cut, since the same one comes again for each key in a file.
type shortened struct{ path, shown string }

// shorten cuts what a finding says of its place to what is shown of it.
func (s *shortened) shorten(f *Finding) {
	if len(f.Path) > longestPath {
		if f.Path != s.path {
			*s = shortened{f.Path, shownPath(f.Path)}
		}
		f.Path = s.shown
		f.Inside = f.Inside[max(0, len(f.Inside)-longestPath/4):]
	}
	f.RenamedFrom = shownPath(f.RenamedFrom)
	if r := f.Removed; r != nil && len(r.MovedTo)+len(r.Ref) > longestText {
		f.Removed = &Removal{r.Commit, ShownText(r.Ref), shownPath(r.MovedTo)}
	}
	if h := f.Hidden; h != nil && len(h.Ref)+len(h.By) > longestText {
		f.Hidden = &Hidden{h.Event, ShownText(h.Ref), ShownText(h.By), h.Date}
	}
	for i, ref := range f.Refs {
		if len(ref) > longestText {
			f.Refs = append([]string{}, f.Refs...)
			f.Refs[i] = ShownText(ref)
		}
	}
}
