package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/rules/rulestest"
)

// bodyKinds are the bodies that vendors issue, by what makes one.
var bodyKinds = []func(rulestest.Random) string{
	func(r rulestest.Random) string { return r.Text(rulestest.Alnum, 24) },
	func(r rulestest.Random) string { return r.Text(rulestest.Alnum, 32) },
	func(r rulestest.Random) string { return r.Text("0123456789abcdef", 40) },
	func(r rulestest.Random) string { return r.Text("0123456789abcdef", 32) },
	func(r rulestest.Random) string { return r.Text(rulestest.Alnum+"-_", 42) + "q" },
	func(r rulestest.Random) string { return "51" + r.Text(rulestest.Alnum, 97) },
	func(r rulestest.Random) string {
		hex := func(n int) string { return r.Text("0123456789abcdef", n) }
		return hex(8) + "-" + hex(4) + "-4" + hex(3) + "-a" + hex(3) + "-" + hex(12)
	},
}

// renamed are words of the samples and what could stand in their place.
var renamed = [][]string{
	{"API_KEY", "SECRET_KEY", "PAYMENT_TOKEN", "BACKEND_SK"},
	{"api_key", "secret_key", "accessToken", "sk"},
	{"apiKey", "secretKey", "token", "privateKey"},
	{"KEY", "TOKEN", "SECRET", "PWD"},
	{"Key", "Secret", "Token"},
}

// A relative of a sample has other keys, names, quotes and line ends, and stands elsewhere.
func (sm *sample) relative(r rulestest.Random) (text string, keys []string) {
	text = sm.text
	for i, k := range sm.keys {
		text = strings.ReplaceAll(text, k, fmt.Sprintf("\x00%d\x00", i))
	}
	for _, words := range renamed {
		text = strings.ReplaceAll(text, words[0], words[r.IntN(len(words))])
	}
	for i, k := range sm.keys {
		body := k[len(rulestest.Live):]
		fresh := bodyKinds[r.IntN(len(bodyKinds))](r)
		if sm.group == "binary" || sm.fixed() { // lengths stand in the text
			fresh = r.Text(alphabetOf(body), len(body))
		}
		prefix := []string{rulestest.Live, rulestest.Test}[r.IntN(2)]
		text = strings.ReplaceAll(text, fmt.Sprintf("\x00%d\x00", i), prefix+fresh)
		keys = append(keys, prefix+fresh)
	}
	if sm.group != "binary" && r.IntN(3) == 0 && !strings.Contains(text, "\r") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if !strings.ContainsAny(text, "'`") && sm.group == "config" && r.IntN(3) == 0 {
		text = strings.ReplaceAll(text, `"`, "'")
	}
	return strings.Repeat("# a line before it\n", r.IntN(3)) + text, keys
}

// fixed says whether the sample tells a length or a checksum of its key, or looks like what one vendor issues.
func (sm *sample) fixed() bool {
	for _, word := range []string{"$32", "51", "a2V5Xz", "==", "v1_", "eycveu9_"} {
		if strings.Contains(sm.text, word) {
			return true
		}
	}
	return len(sm.keys[0]) < len(rulestest.Live)+20
}

func alphabetOf(body string) string {
	switch {
	case strings.Trim(body, "0123456789abcdef") == "":
		return "0123456789abcdef"
	case strings.Trim(body, "0123456789ABCDEF") == "":
		return "0123456789ABCDEF"
	}
	return rulestest.Alnum
}

// Every sample whose keys stand in it as they are has relatives, and they are read as well.
func TestRelativesOfSamples(t *testing.T) {
	random := rulestest.NewRandom(11)
	relatives, wrong := 0, 0
	for _, sm := range readSamples(t) {
		if sm.want != "hit" || len(sm.keys) == 0 || slices.ContainsFunc(sm.keys, func(k string) bool { return !strings.Contains(sm.text, k) }) {
			continue
		}
		if strings.HasPrefix(sm.keys[0][len(rulestest.Live):], "51") || strings.HasPrefix(sm.keys[0][len(rulestest.Live):], "a2V5Xz") || strings.Contains(sm.keys[0], "-") {
			continue
		}
		for range 20 {
			text, keys := sm.relative(random)
			relatives++
			var got []string
			rules.Default().Scan([]byte(text), func(m rules.Match) {
				if value := m.Key.Reveal(); !m.Placeholder && !slices.Contains(got, value) {
					got = append(got, value)
				}
			})
			slices.Sort(got)
			slices.Sort(keys)
			if fmt.Sprint(got) != fmt.Sprint(slices.Compact(keys)) {
				wrong++
				t.Errorf("%s:%d: found %q, want %q in %q", shapesFile, sm.line, got, keys, text)
			}
		}
	}
	if relatives < 800 {
		t.Errorf("only %d relatives", relatives)
	}
	t.Logf("%d relatives, %d read wrong", relatives, wrong)
}
