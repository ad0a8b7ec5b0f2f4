package find

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
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
)

var builtIn = provider.Default()

// keyNamed returns a key of its own for each name.
func keyNamed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "sk" + "_live_" + new(big.Int).SetBytes(sum[:]).Text(62)[:32]
}

func assign(key string) string { return "API_KEY=" + keyNamed(key) + "\n" }

// member is a file for a zip file; one that is stored is not compressed.
type member struct {
	name, text string
	stored     bool
}

func zipped(t *testing.T, members ...member) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		if m.stored {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, m.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// inside makes what looks into containers with an allowance.
func inside(ctx context.Context, memory *Memory, wanted func(rules.Key) bool) *Inside {
	v := NewInside(ctx)
	v.Rules, v.Coverage, v.Limits, v.Memory, v.Wanted = builtIn, &scanner.Coverage{}, &archive.Limits{}, memory, wanted
	return v
}

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
		v.Whole([]byte(zipped(t, member{name: "a", text: strings.Repeat(fmt.Sprint("text ", i), 10) + "\n" + assign("bound")})))
		if len(v.Found) != 1 {
			t.Fatalf("content %d: %d keys", i, len(v.Found))
		}
	}
	if n := len(shared.members); n == 0 || n > 10 {
		t.Errorf("%d members were remembered", n)
	}
}
