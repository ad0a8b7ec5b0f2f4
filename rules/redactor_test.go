package rules

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"skleak/rules/internal/keys"
)

const (
	base62Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	hexDigits     = "0123456789abcdef"
)

func randomBody(random *rand.Rand, alphabet string, length int) string {
	body := make([]byte, length)
	for i := range body {
		body[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(body)
}

// runOf returns a run of ten characters of body, in whatever case, that text holds, or "".
func runOf(text, body string) string {
	text, body = strings.ToLower(text), strings.ToLower(body)
	for i := range len(body) - gramLength + 1 {
		if strings.Contains(text, body[i:i+gramLength]) {
			return body[i : i+gramLength]
		}
	}
	return ""
}

// TestRedactorHidesKnownKeys puts known keys, whole, cut and in another case, between all kinds of neighbours.
func TestRedactorHidesKnownKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	neighbours := []string{"", " ", "x", "Z", "7", "...", "…", "*", "***", "█", "[redacted]", "_", "-", "/", "\\n", "%", "=", "é", "\xff",
		"\x00", "ſ", "sk" + "_live_", "sk" + "_test_", "${", "{24}", "://", "@"}
	for range 3000 {
		r := NewRedactor(nil)
		var bodies []string
		for range 1 + random.IntN(4) {
			body := randomBody(random, []string{base62Letters, hexDigits, base62Letters + "_-"}[random.IntN(3)], 10+random.IntN(40))
			bodies = append(bodies, body)
			r.Know(NewKey([]string{keys.Live, keys.Test}[random.IntN(2)] + body))
		}
		text := ""
		for range 1 + random.IntN(6) {
			piece := bodies[random.IntN(len(bodies))]
			switch random.IntN(6) {
			case 0:
				from := random.IntN(len(piece))
				piece = piece[from : from+random.IntN(len(piece)-from+1)]
			case 1:
				piece = strings.ToUpper(keys.Live + piece)
			case 2:
				piece = strings.ToLower(keys.Live + piece)
			default:
				piece = keys.Live + piece
			}
			text += neighbours[random.IntN(len(neighbours))] + piece + neighbours[random.IntN(len(neighbours))]
		}
		got := r.Redact(text)
		for _, body := range bodies {
			if run := runOf(got, body); run != "" {
				t.Fatalf("%q of the body %q is shown: %q, made of %q", run, body, got, text)
			}
		}
		if again := r.Redact(got); runOf(again, bodies[0]) != "" {
			t.Fatalf("redacted twice, a key is shown: %q", again)
		}
	}
}

// TestRedactorLeavesTheRest: what no known body holds ten characters of stays as it is.
func TestRedactorLeavesTheRest(t *testing.T) {
	const body = "Q7wE4rT9yU2iO5pA8sD3fG6h"
	r := NewRedactor(nil)
	r.Know(NewKey(keys.Live + body))
	r.Know(NewKey("")) // no key
	for text, want := range map[string]string{
		"":                                 "",
		"Remove keys from file":            "Remove keys from file",
		body[:9] + "…" + body[9:18]:        body[:9] + "…" + body[9:18],
		"x" + keys.Live + body + "...":     "x" + keys.Live + "Q7wE…fG6h...",
		"a/" + body + "y/b":                "a/…(24 characters)y/b",
		"1" + keys.Live + body[2:20]:       "1" + keys.Live + "…(18 characters)",
		"é" + body[5:15] + "\n" + body:     "é…(10 characters)\n…(24 characters)",
		strings.ToUpper("é" + body + "\t"): "É…(24 characters)\t",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	var none *Redactor
	if got := none.Redact("a " + keys.Live + body); got != "a "+keys.Live+"Q7wE…fG6h" {
		t.Errorf("without a Redactor: %q", got)
	}
}

// TestRedactorKnowsRulesOfOnesOwn: what all keys of a rule begin with is no secret, but for what keys need that are too
// short to be told without it.
func TestRedactorKnowsRulesOfOnesOwn(t *testing.T) {
	set, err := Compile([]Rule{{ID: "acme", Literals: []string{"acme_i", "acme_internal_service_"}, Body: "a-cx0-9[]{}~|^", Min: 2}})
	if err != nil {
		t.Fatal(err)
	}
	r := NewRedactor(set)
	r.Know(NewKey("acme_internal_service_" + "{a~1}b|2^[c3]"))
	r.Know(NewKey("acme_internal_service_" + "x9"))
	for text, want := range map[string]string{
		"acme_internal_service/config":  "acme_internal_service/config",
		"z{a~1}b|2^[c3]z":               "z…(13 characters)z",
		"Zacme_internal_service_x9":     "Zacme_internal_…(10 characters)",
		"Zacme_internal_service_{a~1}b": "Zacme_internal_service_{a~1}b",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func BenchmarkRedactor(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	r := NewRedactor(nil)
	for range 5000 {
		r.Know(NewKey(keys.Live + randomBody(random, base62Letters, 24)))
	}
	text := strings.Repeat("internal/some/long-path_name/config.production.yaml: it was added by Ann Author ", 100)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Redact(text)
	}
}

func BenchmarkRedactorKnow(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]Key, 400_000)
	for i := range all {
		all[i] = NewKey(keys.Live + randomBody(random, base62Letters, 24))
	}
	b.ReportAllocs()
	for b.Loop() {
		r := NewRedactor(nil)
		for _, k := range all {
			r.Know(k)
		}
	}
}

// A text is redacted alike each time, however many others were in between, and however long it is.
func TestRedactAgain(t *testing.T) {
	set, err := Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for i := range 40 {
			text := strings.Repeat("x ", i*10_000) + keys.Live + "Q7wE5rT8yU2iO9pA" + strconv.Itoa(i)
			if got, want := set.Redact(text), Default().Redact(text); got != want || strings.Contains(got, "5rT8yU") {
				t.Fatalf("text %d became %.80q", i, got[max(0, len(got)-80):])
			}
			if set.redacted.bytes > mostRedacted {
				t.Fatalf("%d bytes are kept", set.redacted.bytes)
			}
		}
	}
}
