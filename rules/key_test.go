package rules

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"skleak/rules/internal/keys"
)

const sampleBody = "Q7bTz0LmX4vRc9HdWk2PsN8y"

func TestKeyIsNeverPrinted(t *testing.T) {
	key := NewKey(keys.Live + sampleBody)
	type exported struct{ K Key }
	type hidden struct{ k Key }
	values := map[string]any{
		"value": key, "pointer": &key, "struct": exported{key}, "pointer to struct": &exported{key},
		"unexported field": hidden{key}, "pointer to unexported": &hidden{key},
		"slice": []Key{key}, "array": [1]Key{key}, "map value": map[string]Key{"a": key},
		"map key": map[Key]int{key: 1}, "any in slice": []any{key}, "deep": map[string][]hidden{"a": {{key}}},
	}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%t", "%o", "%b", "%U", "%p", "%T", "%e", "% x", "%10s", "%.3s"} {
			refuseLeak(t, name+" "+verb, fmt.Sprintf(verb, v))
		}
		refuseLeak(t, name+" error", fmt.Errorf("reading %v: %w", v, fmt.Errorf("%v", v)).Error())
		if text, err := json.Marshal(v); err == nil {
			refuseLeak(t, name+" json", string(text))
		}
		if text, err := xml.Marshal(v); err == nil {
			refuseLeak(t, name+" xml", string(text))
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		refuseLeak(t, name+" slog", log.String())
	}
}

// refuseLeak fails if text holds more of the sample's body than its first and last four, as they
// are or in hex (what %x would make of a string).
func refuseLeak(t *testing.T, how, text string) {
	t.Helper()
	middle := sampleBody[4 : len(sampleBody)-4]
	for _, leak := range []string{middle, fmt.Sprintf("%x", middle), fmt.Sprintf("%X", middle), fmt.Sprintf("% x", middle)} {
		if strings.Contains(text, leak[:8]) {
			t.Errorf("%s prints the key: %s", how, text)
		}
	}
}

func TestKeyText(t *testing.T) {
	tests := []struct {
		value, redacted string
		environment     Environment
	}{
		{"", "", Live},
		{keys.Live + sampleBody, keys.Live + "Q7bT…sN8y", Live},
		{keys.Test + sampleBody, keys.Test + "Q7bT…sN8y", Test},
		{keys.Test + sampleBody[:20], keys.Test + "Q7bT…Wk2P", Test},
		{keys.Test + sampleBody[:19], keys.Test + "…(19 characters)", Test},
		{keys.Live, keys.Live + "…(0 characters)", Live},
		{"acme_" + sampleBody, "acme…sN8y", Live},
		{"short", "…(5 characters)", Live},
	}
	for _, tt := range tests {
		k := NewKey(tt.value)
		if got := k.Redacted(); got != tt.redacted {
			t.Errorf("Redacted of %d characters = %q, want %q", len(tt.value), got, tt.redacted)
		}
		if got := k.Environment(); got != tt.environment {
			t.Errorf("Environment of %s = %s, want %s", k, got, tt.environment)
		}
		if k.Reveal() != tt.value || k.IsZero() != (tt.value == "") {
			t.Errorf("%s does not give back what it was made of", k)
		}
	}
}

func TestKeysCompareByValue(t *testing.T) {
	a, b := NewKey(keys.Live+sampleBody), NewKey(strings.Clone(keys.Live+sampleBody))
	if a != b || a == NewKey(keys.Test+sampleBody) {
		t.Error("keys do not compare by what they hold")
	}
	if NewKey("") != (Key{}) {
		t.Error("an empty key is not the zero Key")
	}
}

func TestFingerprintIsFixed(t *testing.T) {
	// Baselines in people's repositories hold these: a change of the recipe breaks every one of them.
	if got, want := NewKey(keys.Live+sampleBody).Fingerprint(), "4a92277172e5eee9929b"; got != want {
		t.Errorf("Fingerprint = %s, want %s", got, want)
	}
}

// TestRedactedKey: a key that is named alone says what the whole one says of itself, and reveals nothing.
func TestRedactedKey(t *testing.T) {
	for _, whole := range []Key{NewKey(keys.Live + sampleBody), NewKey(keys.Test + sampleBody), NewKey(keys.Test + "short")} {
		k := RedactedKey(whole.Fingerprint(), whole.Redacted())
		if k.Fingerprint() != whole.Fingerprint() || k.Redacted() != whole.Redacted() || k.String() != whole.String() || k.Environment() != whole.Environment() {
			t.Errorf("%v is not %v", k, whole)
		}
		if _, builtin := k.Body(); builtin || k.Reveal() != "" || !k.IsRedacted() || k.IsZero() || whole.IsRedacted() {
			t.Errorf("%v: more or less is known of it than there is", k)
		}
		if k != RedactedKey(whole.Fingerprint(), whole.Redacted()) || k == whole {
			t.Errorf("%v: what is equal", k)
		}
	}
	r := NewRedactor(nil)
	r.Know(RedactedKey(strings.Repeat("0", 20), "sk_live_…(12 characters)"))
	if text := "nothing to hide (12 characters)"; r.Redact(text) != text {
		t.Errorf("a key that is not known hides something: %s", r.Redact(text))
	}
}
