package page

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pageOf has some keys at some places each.
func pageOf(keys, places int) *Page {
	p := &Page{Title: "Audit", Verdict: "Leaks.", Made: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	for i := range keys {
		k := Key{Fingerprint: fmt.Sprintf("%020x", i), Shown: "sk_live_1234…5678", Environment: "live", Provider: "laminr", Status: "active", Class: "active",
			State: "still at HEAD", Open: true, Places: places, Authors: []string{"Ada"}, InRepositories: []string{"shop"},
			Events: []Event{{p.Made.AddDate(-1, 0, i%300), Introduced}, {p.Made, Checked}},
			Next:   []Step{{"Revoke it.", "skleak scan . --revoke --dry-run"}, {"Allow it.", "echo allow"}}}
		for j := range places {
			if j%5 == 0 {
				k.Groups = append(k.Groups, Group{Commit: fmt.Sprintf("%012x", j), Link: "https://github.com/acme/shop/commit/" + strings.Repeat("ab", 20), Author: "Ada"})
			}
			g := &k.Groups[len(k.Groups)-1]
			g.Places = append(g.Places, Place{Text: fmt.Sprintf("shop/config/%d/production.env:3:5", j), Link: "https://github.com/acme/shop/blob/" + strings.Repeat("ab", 40)})
		}
		p.Keys = append(p.Keys, k)
	}
	return p
}

func written(t *testing.T, p *Page) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPolicy: the policy allows the page's own style and script, and nothing else.
func TestPolicy(t *testing.T) {
	text := written(t, pageOf(2, 3))
	policy := html.UnescapeString(regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)[1])
	for tag, directive := range map[string]string{"style": "style-src", "script": "script-src"} {
		all := regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllStringSubmatch(text, -1)
		if len(all) != 1 {
			t.Fatalf("%d elements %s", len(all), tag)
		}
		sum := sha256.Sum256([]byte(all[0][1]))
		if want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("%q lacks %q", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	if len(script) > 10_000 {
		t.Errorf("the script has %d bytes", len(script))
	}
}

// TestSize: pages stay below 300 kB and 2 kB for each key. Where not all places have room, the page says how many more
// there are.
func TestSize(t *testing.T) {
	for _, c := range []struct{ keys, places int }{{0, 0}, {1, 1}, {1, 5000}, {30, 4}, {30, 300}, {300, 20}, {2000, 20}, {2000, 1}} {
		p := pageOf(c.keys, c.places)
		text := written(t, p)
		if most := 300_000 + 2000*c.keys; len(text) > most {
			t.Errorf("%d keys at %d places: %d bytes, more than %d", c.keys, c.places, len(text), most)
		}
		listed := strings.Count(text, "production.env")
		for _, k := range p.Keys {
			listed += k.More
		}
		if listed != c.keys*c.places {
			t.Errorf("%d keys at %d places: %d are listed or counted", c.keys, c.places, listed)
		}
		if c.keys == 30 && c.places == 4 && (strings.Contains(text, "more places") || !strings.Contains(text, "echo allow")) {
			t.Error("a small page is cut")
		}
	}
}

// TestDates that lie far off, or are not known, draw nothing odd.
func TestDates(t *testing.T) {
	odd := []time.Time{{}, time.Unix(0, 0), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)}
	p := pageOf(len(odd)*len(odd), 1)
	for i := range p.Keys {
		p.Keys[i].Events = []Event{{odd[i%len(odd)], Introduced}, {odd[i/len(odd)], Copied}}
	}
	for _, made := range odd {
		p.Made = made
		for _, number := range regexp.MustCompile(`(?:M|H|width="|height="|x="|y=")(-\d+)`).FindAllString(written(t, p), -1) {
			t.Errorf("made %v: %s", made, number)
		}
	}
	if exposure(nil, time.Now()) != "" || lifeline(nil, true, time.Now()) != "" {
		t.Error("without dates there is a picture")
	}
}
