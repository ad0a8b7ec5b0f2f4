package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Environment is the part of a provider's world a key opens: "live" or "test", from its prefix.
type Environment string

const (
	Live Environment = "live"
	Test Environment = "test"
)

// Key is a secret. Nothing prints it by accident: every way in which Go turns a value into text
// gives its redacted form, and only Reveal gives the whole one.
type Key struct{ value string }

// NewKey wraps the whole text of a key, prefix and body.
func NewKey(value string) Key { return Key{value: value} }

// Reveal returns the whole key. Every call of it is a place where a secret can leak: keep them few.
func (k Key) Reveal() string { return k.value }

// IsZero tells the zero Key from one that holds something.
func (k Key) IsZero() bool { return k.value == "" }

// Environment follows from the prefix.
func (k Key) Environment() Environment {
	if strings.HasPrefix(k.value, prefixTest) {
		return Test
	}
	return Live
}

// Fingerprint names the key without revealing it: the first 20 hex digits of SHA-256 over
// "skleak/v1", NUL and the key. It holds no path, line or commit, so it survives every move.
func (k Key) Fingerprint() string {
	sum := sha256.Sum256([]byte("skleak/v1\x00" + k.value))
	return hex.EncodeToString(sum[:])[:20]
}

// Redacted keeps the prefix and, of a body of 20 characters or more, the first and last four;
// of a shorter one only its length. The ellipsis makes sure that no scan of a report takes the
// redacted form for a key.
func (k Key) Redacted() string {
	if k.value == "" {
		return ""
	}
	prefix, body := k.value, ""
	if len(k.value) >= len(prefixLive) {
		prefix, body = k.value[:len(prefixLive)], k.value[len(prefixLive):]
	}
	if len(body) >= 20 {
		return prefix + body[:4] + "…" + body[len(body)-4:]
	}
	return fmt.Sprintf("%s…(%d characters)", prefix, len(body))
}

func (k Key) String() string   { return k.Redacted() }
func (k Key) GoString() string { return "rules.Key(" + k.Redacted() + ")" }

// Format covers every verb of fmt, %x and %d among them, which would otherwise reach the field.
func (k Key) Format(s fmt.State, verb rune) {
	if verb == 'v' && s.Flag('#') {
		fmt.Fprint(s, k.GoString())
		return
	}
	fmt.Fprint(s, k.Redacted())
}

func (k Key) MarshalText() ([]byte, error) { return []byte(k.Redacted()), nil }
