package scanner

import (
	"strings"
	"testing"

	"skleak/rules"
)

func TestReadings(t *testing.T) {
	key := func(body string) rules.Key { return rules.NewKey(strings.Join([]string{"sk", "live", body}, "_")) }
	const body = "Zq8wK2mN5pR7tV9xB3dF6gH1"
	r := Readings{}
	r.Add(key(body), "a")
	for _, c := range []struct {
		body, place string
		want        bool
	}{
		{body, "a", true}, {body + "7", "a", true}, {body[:20], "a", true}, {body[:23] + "x", "a", false}, {body, "b", false},
		{"A" + body[1:], "a", false}, {body[:9], "a", false},
	} {
		if got := r.Has(key(c.body), c.place); got != c.want {
			t.Errorf("%s at %s: %t", c.body, c.place, got)
		}
	}
	below := Readings{}
	below.AddBelow(key(body), "a.zip", "a.zip!b.zip!c", "!", 7)
	for _, place := range []string{"a.zip", "a.zip!b.zip", "a.zip!b.zip!c"} {
		if !below.Has(key(body), place) {
			t.Errorf("not below %s", place)
		}
	}
	if below.Has(key(body), "a") || below.Has(key(body), "") {
		t.Error("below what does not hold it")
	}
	below = Readings{}
	if below.AddBelow(key(body), "", strings.Repeat("!", 60_000), "!", 7); len(below) > 8 {
		t.Errorf("%d places of one path", len(below))
	}
	for range 3 * mostReadings {
		r.Add(key(body+strings.Repeat("z", len(r[stemAt(key(body), "a")]))), "a")
	}
	if n := len(r[stemAt(key(body), "a")]); n != mostReadings {
		t.Errorf("%d readings of one stem", n)
	}
}
