// Package bundle reads the head of a git bundle: a file that holds refs, and a pack of what they lead to. It is what
// `git bundle create` makes, and what `git clone` and `git fetch` take in the place of a repository.
//
// The head is text: a line with the version; in version 3, a line for each capability, with @ in front; a line for each
// commit that must be there already (a prerequisite), with - in front; a line for each ref; an empty line. See
// gitformat-bundle(5).
package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"skleak/scanner/git/oid"
)

// Magics are how the versions that are known begin.
var Magics = []string{"# v2 git bundle\n", "# v3 git bundle\n"}

// Head is what stands in front of the pack.
type Head struct {
	Format        oid.Format
	Filtered      bool // objects are left out by intent
	Prerequisites []oid.ID
	Refs          []Ref
	Pack          int // offset of the pack
}

// Ref is a name for an object.
type Ref struct {
	Name string
	ID   oid.ID
}

// Is tells whether a content begins as a bundle does.
func Is(head []byte) bool {
	for _, magic := range Magics {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// Parse reads the head of a bundle from its content, or as much of it as is at hand.
func Parse(content []byte) (h Head, err error) {
	if !Is(content) {
		return h, errors.New("this is no bundle of a version that is known")
	}
	rest := content[len(Magics[0]):]
	for {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok {
			return h, errors.New("the head of the bundle is cut off")
		}
		rest = after
		switch {
		case len(line) == 0:
			h.Pack = len(content) - len(rest)
			return h, nil
		case line[0] == '@':
			err = h.capability(string(line[1:]))
		case line[0] == '-':
			id, _, _ := strings.Cut(string(line[1:]), " ")
			var needed oid.ID
			needed, err = h.parse(id)
			h.Prerequisites = append(h.Prerequisites, needed)
		default:
			id, name, _ := strings.Cut(string(line), " ")
			ref := Ref{Name: name}
			ref.ID, err = h.parse(id)
			h.Refs = append(h.Refs, ref)
		}
		if err != nil {
			return h, err
		}
	}
}

func (h *Head) capability(text string) error {
	name, value, _ := strings.Cut(text, "=")
	switch {
	case name == "object-format" && value == "sha1":
	case name == "object-format" && value == "sha256":
		h.Format = oid.SHA256
	case name == "filter":
		h.Filtered = true
	default:
		return errors.New("the bundle asks for a capability that is not known")
	}
	return nil
}

func (h *Head) parse(text string) (oid.ID, error) {
	id, err := oid.Parse(text)
	if err != nil || len(text) != 2*h.Format.Size() {
		return id, fmt.Errorf("a line in the head of the bundle has no id of %d digits", 2*h.Format.Size())
	}
	return id, nil
}
