package history

import (
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"skleak/scanner"
	"skleak/scanner/history/pack"
)

// describe says of a commit or tag what reports need. Keys in names and messages are redacted, and bytes
// that are no UTF-8 replaced.
func (t *tracer) describe(number uint32) *scanner.Commit {
	if c, ok := t.described[number]; ok {
		return c
	}
	c := &scanner.Commit{Hash: t.repo.hex(t.repo.db.ID(number))}
	t.described[number] = c
	kind, content, err := t.reader.ReadNumber(number)
	if err != nil {
		return c // the search read it, so only a change beneath us can lead here
	}
	who, message := decode(kind, content)
	c.Author, c.Email, c.Date = t.text(who.Name), t.text(who.Email), who.When
	summary, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	c.Summary = t.text(strings.TrimSpace(summary))
	return c
}

func (t *tracer) text(s string) string { return t.Rules.Redact(strings.ToValidUTF8(s, "\uFFFD")) }

// decode reads author or tagger and the message with go-git, whose ids have 20 bytes; of a SHA-256 commit it
// reads tree and parents wrongly, and these are not asked for.
func decode(kind pack.Kind, content []byte) (who object.Signature, message string) {
	raw := &plumbing.MemoryObject{}
	raw.Write(content) // into memory: it cannot fail
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
