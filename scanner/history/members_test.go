package history

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/archive"
)

// randomZip makes a zip file of some of the same members each time, under other names now and then.
func randomZip(t *testing.T, r *rand.Rand, depth int) string {
	var members []member
	for range 1 + r.IntN(6) {
		n := r.IntN(12)
		m := member{name: fmt.Sprintf("dir/file%d.txt", n), text: strings.Repeat(fmt.Sprintf("text %d ", n), 20), stored: r.IntN(4) == 0}
		switch {
		case n < 3:
			m.text += "\n" + assign(fmt.Sprint("member ", n)) + assign("both")
		case n < 5 && depth < 3:
			m = member{name: "inner.zip", text: randomZip(t, rand.New(rand.NewPCG(uint64(n), uint64(depth))), depth+1)}
		case n == 5:
			m.name = keyNamed("name") + ".txt"
		case n == 6:
			m.text = zipped(t, member{name: "x", text: strings.Repeat("y", 200)})
			m.text = m.text[:40] + "broken" + m.text[46:]
		}
		if r.IntN(5) == 0 {
			m.name = "moved/" + m.name
		}
		members = append(members, m)
	}
	return zipped(t, members...)
}

// TestRemembered holds what is found in containers by who remembers members against who unpacks each.
func TestRemembered(t *testing.T) {
	t.Parallel()
	o := Options{Rules: builtIn, Coverage: &scanner.Coverage{}}
	look := func(memory *memory, content string, places bool) (found []string, keys []rules.Key, unread []unreadable) {
		v := newInside(t.Context(), o, &archive.Limits{}, func(k rules.Key) bool { keys = append(keys, k); return places })
		v.memory = memory
		v.whole([]byte(content))
		for _, m := range v.found {
			found = append(found, fmt.Sprint(m.inside, " ", m.container, " ", m.place, " ", m.key.Fingerprint()))
		}
		return found, keys, slices.Clone(v.unread)
	}
	recalled := 0
	for _, places := range []bool{true, false} {
		shared := newMemory(o)
		for seed := range uint64(150) {
			content := randomZip(t, rand.New(rand.NewPCG(seed, 9)), 0)
			before := len(shared.members)
			found, keys, unread := look(shared, content, places)
			if len(shared.members) == before {
				recalled++
			}
			wantFound, wantKeys, wantUnread := look(nil, content, places)
			if !slices.Equal(found, wantFound) || !slices.Equal(keys, wantKeys) || !reflect.DeepEqual(unread, wantUnread) {
				t.Fatalf("seed %d: %q, %d keys, %v\nwant %q, %d keys, %v", seed, found, len(keys), unread, wantFound, len(wantKeys), wantUnread)
			}
		}
	}
	if recalled < 50 {
		t.Errorf("only %d contents were all known", recalled)
	}
}

// TestMemoryIsBounded: what does not fit any more is not remembered, and found all the same.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	o := Options{Rules: builtIn, Coverage: &scanner.Coverage{}, Memory: 8 * 10 * memberBytes}
	shared := newMemory(o)
	v := newInside(t.Context(), o, &archive.Limits{}, nil)
	v.memory = shared
	for i := range 100 {
		v.whole([]byte(zipped(t, member{name: "a", text: strings.Repeat(fmt.Sprint("text ", i), 10) + "\n" + assign("bound")})))
		if len(v.found) != 1 {
			t.Fatalf("content %d: %d keys", i, len(v.found))
		}
	}
	if n := len(shared.members); n == 0 || n > 10 {
		t.Errorf("%d members were remembered", n)
	}
}
