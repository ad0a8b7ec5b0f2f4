package history

import (
	"strings"

	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/object"
	"skleak/scanner/git/pack"
)

// describeContent says of the content of a commit or tag what reports need. Keys in names and messages are redacted,
// and bytes that are no UTF-8 replaced.
func describeContent(hash string, kind pack.Kind, content []byte, set *provider.Set) *scanner.Commit {
	text := func(s string) string { return set.Redact(strings.ToValidUTF8(s, "\uFFFD")) }
	who, message := object.Describe(kind, content)
	summary, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	return &scanner.Commit{
		Hash: hash, Author: text(who.Name), Email: text(who.Email), Date: who.When, Summary: text(strings.TrimSpace(summary)),
	}
}
