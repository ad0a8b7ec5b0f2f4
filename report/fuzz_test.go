package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"skleak/report/escape"
	"skleak/rules"
)

// FuzzRead: a report from anywhere is read or refused; the error quotes no key, and what was read can be
// written in every format, and read back where it holds its keys.
func FuzzRead(f *testing.F) {
	var seeds [][]byte
	for _, r := range reports(f) {
		for _, format := range []Format{FormatJSON, FormatJSONL} {
			seeds = append(seeds, written(f, r, format, Options{}), written(f, r, format, Options{ShowSecrets: true}))
		}
	}
	seeds = append(seeds, nil, []byte("{}"), []byte("[]"), []byte(`{"schemaVersion":1,"tool":{"name":"skleak"}}`),
		[]byte(`{"schemaVersion":1e400}`),
		[]byte(`{"schemaVersion":1,"tool":{"name":"skleak"},"leaks":[{"findings":[{"commit":{}}]},{"key":"…","findings":null}]}`))
	readable, leaks := 0, 0
	for _, seed := range seeds {
		f.Add(seed)
		if saved, err := Read(bytes.NewReader(seed)); err == nil {
			readable++
			leaks += len(saved.Leaks)
		}
	}
	if readable < 5 || readable == len(seeds) || leaks == 0 {
		f.Fatalf("%d of %d seeds are reports, with %d leaks: not both kinds are tried", readable, len(seeds), leaks)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		saved, err := Read(bytes.NewReader(data))
		if err != nil {
			if text := err.Error(); rules.Default().Redact(text) != text {
				t.Fatalf("the error quotes a key: %s", text)
			}
			return
		}
		if !saved.Whole() {
			return
		}
		again, err := Read(bytes.NewReader(written(t, &saved.Report, FormatJSON, Options{ShowSecrets: true})))
		if err != nil || len(again.Leaks) != len(saved.Leaks) || !again.Whole() {
			t.Fatalf("what was read cannot be read once it is written: %v", err)
		}
	})
}

// FuzzEscape: whatever a text holds, what is shown of it is harmless; and JSON says the same as before.
func FuzzEscape(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	if len(hostileTexts) < 20 {
		f.Fatal("there are no seeds")
	}
	f.Fuzz(func(t *testing.T, text string) {
		shown := visible(text)
		checkHarmless(t, "visible", "text", shown)
		if strings.ContainsAny(shown, "\r\n") {
			t.Fatalf("%q is shown on several lines", text)
		}
		checkMarkdown(t, "code", code(text), false)
		checkMarkdown(t, "prose", strings.TrimSpace(escape.Prose(text)), true)
		plain, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		safe := escape.JSON(plain)
		checkHarmless(t, "JSON", "json", string(safe))
		var want, got string
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(safe, &got); err != nil || got != want {
			t.Fatalf("%s is %q as JSON, want %q: %v", safe, got, want, err)
		}
	})
}
