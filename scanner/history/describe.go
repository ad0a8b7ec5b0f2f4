package history

import (
	"strings"

	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/object"
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
		c = describeContent(hash, kind, content, t.Rules)
	}
	t.described[number] = c
	return c
}

// describeContent is what describe says of the content of a commit or tag.
func describeContent(hash string, kind pack.Kind, content []byte, set *provider.Set) *scanner.Commit {
	text := func(s string) string { return set.Redact(strings.ToValidUTF8(s, "\uFFFD")) }
	who, message := object.Describe(kind, content)
	summary, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	return &scanner.Commit{
		Hash: hash, Author: text(who.Name), Email: text(who.Email), Date: who.When, Summary: text(strings.TrimSpace(summary)),
	}
}
