package run

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"skleak/rules"
	"skleak/rules/config"
)

// Digests name what was searched for, and what configuration says of what counts: two runs with equal digests asked
// the same. What revokes keys is not in them, since tokens of the user's stand there.
func (s *Settings) Digests() (searched, configured string) {
	providers := slices.Clone(s.Rules.Providers())
	for i := range providers {
		providers[i].Revoke = nil
	}
	says := []any{s.config.Ignore, s.config.Allow}
	for _, t := range s.trees {
		says = append(says, t.patterns, t.allow.Allow)
	}
	return digest(rules.Builtin(), s.config.Rules, rules.Forms(), providers), digest(says...)
}

// BuiltinDigest names what is searched for where nothing is configured: the first of the Digests of such a run.
func BuiltinDigest() string {
	own := &config.Config{}
	set, err := own.Compile()
	if err != nil {
		panic("internal error: the built-in rules: " + err.Error())
	}
	searched, _ := (&Settings{Rules: set, config: own}).Digests()
	return searched
}

// digest is the SHA-256 of some values' JSON. They are plain data, which always has one.
func digest(values ...any) string {
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(values); err != nil {
		panic("internal error: a configuration without JSON: " + err.Error())
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
