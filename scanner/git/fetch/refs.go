package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"

	"skleak/scanner/git/oid"
)

// Refs are what a server says of its refs.
type Refs struct {
	List    []Ref    // sorted by name
	Head    string   // the branch that HEAD is, an id where it is none, "" where nothing is said of it
	Shallow []oid.ID // commits whose parents the server's own repository lacks
}

// Ref is one of them.
type Ref struct {
	Name   string // refs/heads/main
	ID     oid.ID
	Peeled oid.ID // what a tag leads to in the end; zero where it is no tag, or nothing is said of it
}

// Digest names all of it: as long as it stays, there is nothing new behind the refs.
func (r Refs) Digest() string {
	h := sha256.New()
	for _, ref := range r.List {
		fmt.Fprintf(h, "%s %s\n", ref.Name, ref.ID.Hex(oid.SHA1))
	}
	for _, id := range r.Shallow {
		fmt.Fprintf(h, "shallow %s\n", id.Hex(oid.SHA1))
	}
	fmt.Fprintf(h, "HEAD %s\n", r.Head)
	return hex.EncodeToString(h.Sum(nil))
}

// IDs are what the refs lead to, each once.
func (r Refs) IDs() (ids []oid.ID) {
	seen := make(map[oid.ID]bool, len(r.List))
	for _, ref := range r.List {
		if !seen[ref.ID] {
			seen[ref.ID] = true
			ids = append(ids, ref.ID)
		}
	}
	if id, err := oid.Parse(r.Head); err == nil && !seen[id] {
		ids = append(ids, id)
	}
	return ids
}

// refsOf takes over what go-git was told.
func refsOf(adv *packp.AdvRefs) (r Refs, err error) {
	for _, name := range slices.Sorted(maps.Keys(adv.References)) {
		ref := Ref{Name: name, ID: oid.FromBytes(bytesOf(adv.References[name]))}
		if peeled, ok := adv.Peeled[name]; ok {
			ref.Peeled = oid.FromBytes(bytesOf(peeled))
		}
		if err := r.add(ref); err != nil {
			return r, err
		}
	}
	for _, id := range adv.Shallows {
		r.Shallow = append(r.Shallow, oid.FromBytes(bytesOf(id)))
	}
	slices.SortFunc(r.Shallow, oid.ID.Compare)
	for _, pair := range adv.Capabilities.Get(capability.SymRef) {
		if target, ok := strings.CutPrefix(pair, "HEAD:"); ok && isBranch(target) {
			r.Head = target
			return r, nil
		}
	}
	if adv.Head != nil && *adv.Head != plumbing.ZeroHash {
		r.Head = adv.Head.String()
	}
	return r, nil
}

func bytesOf(id plumbing.Hash) []byte { return id[:] }

// add takes a ref, and leaves out what lies beside them, such as .have.
func (r *Refs) add(ref Ref) error {
	switch {
	case !strings.HasPrefix(ref.Name, "refs/"), ref.ID.IsZero():
	case !isRefName(ref.Name):
		return errors.New("the server names a ref as no ref can be named: ask who runs it")
	default:
		r.List = append(r.List, ref)
	}
	return nil
}

func isBranch(name string) bool { return strings.HasPrefix(name, "refs/") && isRefName(name) }

// isRefName refuses the names that git refuses. They stand in one file, so the worst that one could do is to look like
// another line of it.
func isRefName(name string) bool {
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r) }) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return !strings.Contains(name, "..") && !strings.Contains(name, "@{") && !strings.HasSuffix(name, ".")
}
