// Package object reads what git's objects say: the heads of commits and tags, who wrote them, and the entries of
// trees. It takes them as git takes them, well-formed or not.
package object

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Commit is what links a commit to other objects.
type Commit struct {
	Tree    oid.ID
	Parents []oid.ID
}

// ParseCommit reads the lines that every commit begins with.
func ParseCommit(content []byte, f oid.Format) (c Commit, err error) {
	tree, rest, ok := cutID(content, "tree ", f)
	if !ok {
		return c, errors.New("the commit is malformed: a tree is not the first that it names")
	}
	c.Tree = tree
	for {
		parent, next, ok := cutID(rest, "parent ", f)
		if !ok {
			return c, nil
		}
		c.Parents = append(c.Parents, parent)
		rest = next
	}
}

// CommitDate returns the committer's date in seconds since 1970, or 0 where there is none that can be read.
func CommitDate(content []byte) int64 {
	_, line, ok := bytes.Cut(content, []byte("\ncommitter "))
	line, _, _ = bytes.Cut(line, []byte{'\n'})
	mail := bytes.LastIndexByte(line, '>')
	if !ok || mail < 0 {
		return 0
	}
	seconds, _, _ := bytes.Cut(bytes.TrimSpace(line[mail+1:]), []byte{' '})
	date, err := strconv.ParseInt(string(seconds), 10, 64)
	if err != nil {
		return 0
	}
	return date
}

// Tag is what a tag names.
type Tag struct {
	Object oid.ID
	Kind   pack.Kind // what the tag says that the object is; 0 for a kind that there is not
}

// ParseTag reads the lines that every tag begins with.
func ParseTag(content []byte, f oid.Format) (t Tag, err error) {
	id, rest, ok := cutID(content, "object ", f)
	name, named := bytes.CutPrefix(rest, []byte("type "))
	name, _, lineEnds := bytes.Cut(name, []byte{'\n'})
	if !ok || !named || !lineEnds {
		return t, errors.New("the tag is malformed: an object and its type are not the first that it names")
	}
	t.Object = id
	t.Kind, _ = pack.ParseKind(string(name))
	return t, nil
}

// cutID reads a line of a keyword and an id in hex.
func cutID(text []byte, keyword string, f oid.Format) (id oid.ID, rest []byte, ok bool) {
	digits := f.Size() * 2
	rest, ok = bytes.CutPrefix(text, []byte(keyword))
	if !ok || len(rest) <= digits || rest[digits] != '\n' {
		return id, text, false
	}
	if _, err := hex.Decode(id[:], rest[:digits]); err != nil {
		return oid.ID{}, text, false
	}
	return id, rest[digits+1:], true
}

// Signature is who wrote something, and when.
type Signature struct {
	Name, Email string
	When        time.Time // zero where there is no date that can be read
}

// Describe returns who wrote a commit (its author) or a tag (its tagger), and the message.
func Describe(kind pack.Kind, content []byte) (who Signature, message string) {
	head, body, _ := bytes.Cut(content, []byte("\n\n"))
	keyword := "author "
	if kind == pack.Tag {
		keyword = "tagger "
	}
	for line := range bytes.Lines(head) {
		if text, ok := bytes.CutPrefix(line, []byte(keyword)); ok {
			who = parseSignature(strings.TrimSuffix(string(text), "\n"))
			break
		}
	}
	return who, string(body)
}

// parseSignature reads "NAME <EMAIL> SECONDS ZONE". What cannot be read stays empty.
func parseSignature(line string) (s Signature) {
	begin, end := strings.LastIndexByte(line, '<'), strings.LastIndexByte(line, '>')
	if begin < 0 || end < begin {
		return s
	}
	s.Name, s.Email = strings.Trim(line[:begin], " "), line[begin+1:end]
	seconds, zone, _ := strings.Cut(strings.TrimPrefix(line[end+1:], " "), " ")
	date, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return s
	}
	s.When = time.Unix(date, 0).UTC()
	if offset, ok := parseZone(zone); ok {
		s.When = s.When.In(time.FixedZone("", offset))
	}
	return s
}

// parseZone reads "+HHMM" as seconds.
func parseZone(zone string) (seconds int, ok bool) {
	if len(zone) < 5 {
		return 0, false
	}
	hours, err := strconv.Atoi(zone[:3])
	minutes, err2 := strconv.Atoi(zone[3:5])
	if zone[0] == '-' {
		minutes = -minutes
	}
	return hours*3600 + minutes*60, err == nil && err2 == nil
}
