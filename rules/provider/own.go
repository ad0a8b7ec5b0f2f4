package provider

import (
	"bytes"
	"slices"
	"strings"

	"skleak/rules/internal/pattern"
	"skleak/rules/nearby"
	"skleak/rules/placeholder"
)

// namesStranger says whether the key has a name of its own that names somebody who is no provider here, as in
// KNOCK_API_KEY=…: then the key is not the neighbours'. before is the line in front of the key.
func (r *registry) namesStranger(before []byte) bool {
	name := ownName(before)
	if len(name) == 0 || len(name) > maxToken {
		return false
	}
	var buf [maxToken]byte
	lowered := lower(&buf, name)
	stranger := false
	for start, end := nextPart(name, 0); start >= 0; start, end = nextPart(name, end) {
		part := lowered[start:end]
		if len(r.words[string(part)]) > 0 {
			return false // the name says whose the key is, as far as a name can
		}
		stranger = stranger || !namesNobody(part)
	}
	return stranger && !r.namesTwoPartWord(name)
}

// namesTwoPartWord says whether a name holds a word that names may part, such as work_os.
func (r *registry) namesTwoPartWord(name []byte) bool {
	joined := strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(string(name)))
	for word := range r.words {
		if first, second, parted := strings.Cut(word, "-"); parted && strings.Contains(joined, first+second) {
			return true
		}
	}
	return false
}

// ownName is the name that the line assigns the key to: NAME=, name: ", "name": ".
func ownName(before []byte) []byte {
	rest := bytes.TrimRight(before, " \t\"'`\\([{<>")
	if len(rest) == 0 || rest[len(rest)-1] != '=' && rest[len(rest)-1] != ':' {
		return nil
	}
	rest = bytes.TrimRight(rest, "=: \t\"'`\\])")
	start := len(rest)
	for start > 0 && isToken(rest[start-1]) {
		start--
	}
	return rest[start:]
}

// namesNobody says whether a part of a name is an ordinary word, alone or with what names join to one, or too short to
// name anybody.
func namesNobody(part []byte) bool {
	for range 4 {
		if len(part) < 3 || placeholder.IsWord(string(part)) || slices.Contains(companions, string(part)) {
			return true
		}
		shorter, ok := withoutCompanion(part)
		if !ok {
			return false
		}
		part = shorter
	}
	return false
}

// ofAName matches the name that a URL's host is assigned to, in front of the host.
var ofAName = pattern.New(`(?:^|[\s{,])["']?[\w.-]+["']?\s*[:=]\s*["'\x60]?(?:[a-z]+://)?$`)

// isStrangers says whether what stands at l.Text[start:] does not count for a key whose own name names a stranger: all
// names, and hosts that are the values of other names. A host that the key is sent to still does.
func isStrangers(l nearby.Line, start int, r rank) bool {
	return r == rankName || l.Distance > nearLines || ofAName().Match(l.Text[:start])
}
