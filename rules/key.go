package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unique"

	"skleak/rules/internal/keys"
)

// Environment is the part of a provider's world a key opens: "live" or "test", from its prefix.
type Environment string

const (
	Live Environment = "live"
	Test Environment = "test"
)

// Key is a secret. Nothing prints it by accident: every way in which Go turns a value into text
// gives its redacted form, and only Reveal gives the whole one. Keys can be compared with == and
// used in maps; the zero Key holds nothing.
//
// The text is held behind a unique.Handle rather than in a string: fmt cannot call the methods of
// a value in an unexported field and prints what is inside it instead, which then is an address.
type Key struct {
	value unique.Handle[string]
	named bool // value is the fingerprint and the redacted form of a key that is not known
}

// NewKey wraps the whole text of a key, prefix and body.
func NewKey(value string) Key {
	if value == "" {
		return Key{}
	}
	return Key{value: unique.Make(value)}
}

// RedactedKey names a key that nobody here knows, as a saved report does: with its fingerprint and its redacted form. It
// reveals nothing, and no provider can be asked about it. Where the names come from strangers, look at them before.
func RedactedKey(fingerprint, redacted string) Key {
	return Key{value: unique.Make(fingerprint + nameEnds + redacted), named: true}
}

const nameEnds = "\x00"

// IsRedacted is true for a key of RedactedKey.
func (k Key) IsRedacted() bool { return k.named }

// names are those that RedactedKey was given.
func (k Key) names() (fingerprint, redacted string) {
	fingerprint, redacted, _ = strings.Cut(k.value.Value(), nameEnds)
	return fingerprint, redacted
}

// Reveal returns the whole key, "" for one that is redacted. Every call of it is a place where a secret can leak: keep them few.
func (k Key) Reveal() string {
	if k.IsZero() || k.named {
		return ""
	}
	return k.value.Value()
}

// Body returns what follows the prefix. builtin is false for a key with another one. Like Reveal, it is a place where a
// secret can leak.
func (k Key) Body() (body string, builtin bool) {
	text := k.Reveal()
	if strings.HasPrefix(text, keys.Live) || strings.HasPrefix(text, keys.Test) {
		return text[keys.PrefixLen:], true
	}
	return "", false
}

// IsZero tells the zero Key from one that holds something.
func (k Key) IsZero() bool { return k == Key{} }

// Environment follows from the prefix. A key of a rule of one's own, which has another prefix,
// counts as live: that is the side on which a mistake is harmless.
func (k Key) Environment() Environment {
	text := k.Reveal()
	if k.named {
		_, text = k.names()
	}
	if strings.HasPrefix(text, keys.Test) {
		return Test
	}
	return Live
}

// Fingerprint names the key without revealing it: the first 20 hex digits of SHA-256 over
// "skleak/v1", NUL and the key. It holds no path, line or commit, so it survives every move.
func (k Key) Fingerprint() string {
	if k.named {
		fingerprint, _ := k.names()
		return fingerprint
	}
	sum := sha256.Sum256([]byte("skleak/v1\x00" + k.Reveal()))
	return hex.EncodeToString(sum[:])[:fingerprintLength]
}

// IsFingerprint tells whether a text can be a fingerprint.
func IsFingerprint(text string) bool {
	return len(text) == fingerprintLength && strings.Trim(text, "0123456789abcdef") == ""
}

const fingerprintLength = 20

// Redacted keeps the prefix and, of a body of 20 characters or more, the first and last four;
// of a shorter one only its length. A key with another prefix, where nobody can say how much of it
// is body, is cut the same way as if all of it were. The ellipsis makes sure that no scan of a
// report takes the redacted form for a key.
func (k Key) Redacted() string {
	switch {
	case k.IsZero():
		return ""
	case k.named:
		_, redacted := k.names()
		return redacted
	}
	prefix, body := "", k.Reveal()
	if inner, builtin := k.Body(); builtin {
		prefix, body = body[:keys.PrefixLen], inner
	}
	return prefix + redactedBody(body)
}

func redactedBody(body string) string {
	if len(body) >= 20 {
		return body[:4] + "…" + body[len(body)-4:]
	}
	return hiddenCount(body)
}

// hiddenCount says of something that is hidden how long it is.
func hiddenCount(s string) string { return fmt.Sprintf("…(%d characters)", len(s)) }

// String, GoString, Format and MarshalText all give the redacted form; encoding/json, encoding/xml
// and log/slog use the last of them.
func (k Key) String() string   { return k.Redacted() }
func (k Key) GoString() string { return "rules.Key(" + k.Redacted() + ")" }

// Format covers every verb of fmt, %x and %d among them, which would otherwise reach the field.
func (k Key) Format(s fmt.State, verb rune) {
	text := k.Redacted()
	if verb == 'v' && s.Flag('#') {
		text = k.GoString()
	}
	io.WriteString(s, text) //nolint:errcheck // fmt gives a writer no way to fail
}

func (k Key) MarshalText() ([]byte, error) { return []byte(k.Redacted()), nil }
