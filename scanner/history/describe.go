package history

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// describe says of a commit or tag what reports need. Keys in names and messages are redacted, and bytes
// that are no UTF-8 replaced.
func (t *tracer) describe(number uint32) *scanner.Commit {
	if c, ok := t.described[number]; ok {
		return c
	}
	hash := t.repo.hex(t.repo.db.ID(number))
	c := &scanner.Commit{Hash: hash}
	// The search read it, so only a change beneath us can make this fail.
	if kind, content, err := t.reader.ReadNumber(number); err == nil {
		c = describeContent(hash, kind, content, t.repo.db.Format, t.Rules)
	}
	t.described[number] = c
	return c
}

// describeContent is what describe says of the content of a commit or tag.
func describeContent(hash string, kind pack.Kind, content []byte, f oid.Format, set *provider.Set) *scanner.Commit {
	text := func(s string) string { return set.Redact(strings.ToValidUTF8(s, "\uFFFD")) }
	who, message := decode(kind, content, f)
	summary, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	return &scanner.Commit{
		Hash: hash, Author: text(who.Name), Email: text(who.Email), Date: who.When, Summary: text(strings.TrimSpace(summary)),
	}
}

// decode reads author or tagger and the message with go-git. Its ids have 20 bytes, and it refuses a commit or tag of
// SHA-256 for the longer ones. They are not asked for here, so null ids stand in for them, in both formats alike.
func decode(kind pack.Kind, content []byte, f oid.Format) (who object.Signature, message string) {
	raw := &plumbing.MemoryObject{}
	raw.Write(withNullIDs(kind, content, f)) // into memory: it cannot fail
	if kind == pack.Tag {
		raw.SetType(plumbing.TagObject)
		var tag object.Tag
		if tag.Decode(raw) == nil {
			return tag.Tagger, tag.Message
		}
		return who, ""
	}
	raw.SetType(plumbing.CommitObject)
	var commit object.Commit
	if commit.Decode(raw) != nil {
		return who, ""
	}
	return commit.Author, commit.Message
}

// withNullIDs replaces the ids at the head of a commit or tag by one null id of SHA-1.
func withNullIDs(kind pack.Kind, content []byte, f oid.Format) []byte {
	keyword := "tree "
	if kind == pack.Tag {
		keyword = "object "
	}
	_, rest, _ := cutIDLine(content, keyword, f)
	for more := kind == pack.Commit; more; {
		_, rest, more = cutIDLine(rest, "parent ", f)
	}
	return slices.Concat([]byte(keyword), bytes.Repeat([]byte{'0'}, 40), []byte{'\n'}, rest)
}
