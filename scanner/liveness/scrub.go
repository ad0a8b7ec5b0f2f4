package liveness

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"

	"skleak/rules"
)

// maxShown bounds, in bytes, what is shown of a command's output.
const maxShown = 4 << 10

// scrub takes a key, however it is written, out of a text from elsewhere, all other keys that redact
// knows, and every character that could move a terminal's cursor.
func scrub(text string, key rules.Key, redact func(string) string) string {
	value := reveal(key)
	_, body, _ := strings.Cut(strings.TrimPrefix(value, "sk_"), "_")
	for _, form := range []string{value, body} {
		if len(form) < 8 {
			continue
		}
		for _, written := range []string{form, url.QueryEscape(form), hex.EncodeToString([]byte(form)),
			strings.ToUpper(hex.EncodeToString([]byte(form))), base64.RawStdEncoding.EncodeToString([]byte(form)),
			base64.RawURLEncoding.EncodeToString([]byte(form))} {
			text = strings.ReplaceAll(text, written, key.Redacted())
		}
	}
	text = redact(text)
	text = strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return strings.TrimSpace(text)
}
