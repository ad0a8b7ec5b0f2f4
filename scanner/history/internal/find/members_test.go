package find

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/scantest"
)

var builtIn = provider.Default()

// keyNamed returns a key of its own for each name.
func keyNamed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "sk" + "_live_" + new(big.Int).SetBytes(sum[:]).Text(62)[:32]
}

func assign(key string) string { return "API_KEY=" + keyNamed(key) + "\n" }

// inside makes what looks into containers with an allowance.
func inside(ctx context.Context, memory *Memory, wanted func(rules.Key) bool) *Inside {
	v := NewInside(ctx)
	v.Rules, v.Coverage, v.Limits, v.Memory, v.Wanted = builtIn, &scanner.Coverage{}, &archive.Limits{}, memory, wanted
	return v
}

// randomZip makes a zip file of some of the same members each time, under other names now and then.
func randomZip(t *testing.T, r *rand.Rand, depth int) string {
	var members []scantest.Member
	for range 1 + r.IntN(6) {
		n := r.IntN(12)
		m := scantest.Member{Name: fmt.Sprintf("dir/file%d.txt", n), Text: strings.Repeat(fmt.Sprintf("text %d ", n), 20), Stored: r.IntN(4) == 0}
		switch {
		case n < 3:
			m.Text += "\n" + assign(fmt.Sprint("member ", n)) + assign("both")
		case n < 5 && depth < 3:
			m = scantest.Member{Name: "inner.zip", Text: randomZip(t, rand.New(rand.NewPCG(uint64(n), uint64(depth))), depth+1)}
		case n == 5:
			m.Name = keyNamed("name") + ".txt"
		case n == 6:
			m.Text = scantest.Zip(t, scantest.Member{Name: "x", Text: strings.Repeat("y", 200)})
			m.Text = m.Text[:40] + "broken" + m.Text[46:]
		}
		if r.IntN(5) == 0 {
			m.Name = "moved/" + m.Name
		}
		members = append(members, m)
	}
	return scantest.Zip(t, members...)
}

// TestRemembered holds what is found in containers by who remembers members against who unpacks each.
func TestRemembered(t *testing.T) {
	t.Parallel()
	look := func(memory *Memory, content string, places bool) (found []string, keys []rules.Key, unread []NotRead) {
		v := inside(t.Context(), memory, func(k rules.Key) bool { keys = append(keys, k); return places })
		v.Whole([]byte(content))
		for _, m := range v.Found {
			found = append(found, fmt.Sprint(m.Inside, " ", m.Container, " ", m.Place, " ", m.Key.Fingerprint()))
		}
		return found, keys, slices.Clone(v.NotRead)
	}
	recalled := 0
	for _, places := range []bool{true, false} {
		shared := NewMemory(1 << 30)
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
	shared := NewMemory(10 * memberBytes)
	v := inside(t.Context(), shared, nil)
	for i := range 100 {
		v.Whole([]byte(scantest.Zip(t, scantest.Member{Name: "a", Text: strings.Repeat(fmt.Sprint("text ", i), 10) + "\n" + assign("bound")})))
		if len(v.Found) != 1 {
			t.Fatalf("content %d: %d keys", i, len(v.Found))
		}
	}
	if n := len(shared.members); n == 0 || n > 10 {
		t.Errorf("%d members were remembered", n)
	}
}
