package gitdir

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"
)

// A git configuration file is read section by section with go-git's parser, and where that refuses a
// section, line by line: one line that it does not understand must not hide the object format.
// Sections that nothing here asks for are not parsed at all. That also keeps a file of a hundred
// thousand sections quick, which takes go-git's list of sections quadratic time.

// configLimit bounds a configuration file; one with ten thousand branches has about 1 MB.
const configLimit = 8 << 20

// wantedSections are the ones that settings are kept of.
var wantedSections = map[string]bool{"core": true, "extensions": true, "remote": true, "url": true, "include": true}

// setting is one line of a configuration file.
type setting struct {
	key   string // section.subsection.name or section.name, in lower case but for the subsection
	value string
}

// settings are in the order of the files, so that the last of one key counts.
type settings []setting

// lookup returns the last value of key.
func (s settings) lookup(key string) (value string, ok bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].key == key {
			return s[i].value, true
		}
	}
	return "", false
}

// last is lookup for those to whom an empty value is as good as none.
func (s settings) last(key string) string {
	value, _ := s.lookup(key)
	return value
}

// bool returns the last value of key as git reads truth; ok is false if it is not there or neither.
func (s settings) bool(key string) (value, ok bool) {
	text, ok := s.lookup(key)
	if !ok {
		return false, false
	}
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off", "":
		return false, true
	}
	n, err := strconv.Atoi(text)
	return n != 0, err == nil
}

// badLine is a line of a configuration file that could not be understood.
type badLine struct {
	number  int // from 1
	section string
	text    string
	err     error
}

func (b badLine) String() string { return fmt.Sprintf("line %d: %v", b.number, b.err) }

// configSection is a piece of a configuration file: a header and the lines under it.
type configSection struct {
	name   string // in lower case, without subsection
	header string
	lines  []configLine
	number int
}

// configLine is a line, joined with those that continue it.
type configLine struct {
	text   string
	number int // of the first, from 1
}

// parseConfig reads the wanted sections of a configuration file.
func parseConfig(data []byte) (all settings, bad []badLine) {
	for _, section := range splitConfig(data) {
		whole := make([]string, 0, len(section.lines))
		for _, line := range section.lines {
			whole = append(whole, line.text)
		}
		if s, err := decodeSection(section.header, whole...); err == nil {
			all = append(all, s...)
			continue
		}
		if _, err := decodeSection(section.header); err != nil {
			bad = append(bad, badLine{section.number, section.name, section.header, err})
			continue
		}
		for _, line := range section.lines {
			s, err := decodeSection(section.header, line.text)
			if err != nil {
				bad = append(bad, badLine{line.number, section.name, line.text, err})
			}
			all = append(all, s...)
		}
	}
	return all, bad
}

// cutHeader takes the header of a section apart: its text, its section, and what follows on the same line. A regular
// expression would say it in one line; to make it takes as long as all the rest of reading a small file, and each commit
// hook would do so.
func cutHeader(line string) (header, name, rest string, ok bool) {
	line = strings.TrimLeft(line, " \t")
	if !strings.HasPrefix(line, "[") {
		return "", "", "", false
	}
	inside := strings.TrimLeft(line[1:], " \t")
	end := strings.IndexAny(inside, "\"] \t\n\f\r")
	if end <= 0 {
		return "", "", "", false
	}
	name = inside[:end]
	quoted := false
	for at := len(line) - len(inside) + end; at < len(line); at++ {
		switch c := line[at]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			at++
		case c == ']' && !quoted:
			return line[:at+1], name, line[at+1:], true
		}
	}
	return "", "", "", false
}

// spelledOut is a line as it is, or with the value of a key that has none, which means true. Go-git's parser drops the
// difference to an empty value, which means false.
func spelledOut(line string) string {
	text := strings.TrimLeft(line, " \t")
	rest := strings.TrimLeft(text, keyLetters+"0123456789-")
	if text == rest || !strings.Contains(keyLetters, text[:1]) {
		return line
	}
	key := text[:len(text)-len(rest)]
	if rest = strings.TrimLeft(rest, " \t\r"); rest == "" || rest[0] == '#' || rest[0] == ';' {
		return key + " = true"
	}
	return line
}

// keyLetters are what a key may begin with.
const keyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// splitConfig cuts a configuration file into its wanted sections.
func splitConfig(data []byte) []*configSection {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var sections []*configSection
	var now *configSection // nil in an unwanted one
	lines := strings.Split(string(data), "\n")
	for i := 0; i < len(lines); i++ {
		number, line := i+1, strings.TrimSuffix(lines[i], "\r")
		if header, name, rest, ok := cutHeader(line); ok {
			now = nil
			if name = strings.ToLower(name); wantedSections[name] {
				now = &configSection{name: name, header: header, number: number}
				sections = append(sections, now)
			}
			line = rest
		}
		for continues(line) && i+1 < len(lines) {
			i++
			line = strings.TrimSuffix(line, `\`) + strings.TrimSuffix(lines[i], "\r")
		}
		if now == nil || strings.TrimSpace(line) == "" {
			continue
		}
		now.lines = append(now.lines, configLine{spelledOut(line), number})
	}
	return sections
}

// continues is true for a line that ends in a backslash which is not itself escaped.
func continues(line string) bool {
	if text := strings.TrimLeft(line, " \t"); text == "" || text[0] == '#' || text[0] == ';' {
		return false
	}
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// decodeSection parses a header and lines under it. The parser panics on some escapes that its
// scanner lets through, so a panic is an error here.
func decodeSection(header string, lines ...string) (out settings, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("cannot be parsed: %v", r)
		}
	}()
	text := header + "\n" + strings.Join(lines, "\n") + "\n"
	parsed := config.New()
	if err := config.NewDecoder(strings.NewReader(text)).Decode(parsed); err != nil {
		// The parser's message counts lines within text, which would mislead.
		return nil, fmt.Errorf("go-git's parser refuses it")
	}
	for _, section := range parsed.Sections {
		name := strings.ToLower(section.Name)
		for _, option := range section.Options {
			out = append(out, setting{name + "." + strings.ToLower(option.Key), option.Value})
		}
		for _, sub := range section.Subsections {
			for _, option := range sub.Options {
				out = append(out, setting{name + "." + sub.Name + "." + strings.ToLower(option.Key), option.Value})
			}
		}
	}
	return out, nil
}
