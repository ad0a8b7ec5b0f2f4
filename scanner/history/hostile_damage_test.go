package history

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"skleak/scanner/scantest"
)

// damages counts what was tried of one kind.
type damages struct {
	tried, noticed, harmless int
	lostInside               int // keys that were damaged, and not found
	lostOutside              int // keys that were not, and not found: none may be
}

// assess scans a damaged repository. hit are the copies of objects that the damage touches; place is a part of
// what must be named, "" where nobody could notice.
func (v *victim) assess(t *testing.T, what string, hit map[storage]bool, place string, d *damages) {
	t.Helper()
	r, ok := scanInTime(t, v.dir)
	if !ok {
		t.Fatalf("%s: the scan hangs", what)
	}
	d.tried++
	found := map[string]bool{}
	for _, f := range r.found {
		found[f.Key.Reveal()] = true
	}
	must := v.mustFind(hit)
	lost := 0
	for key := range v.keys {
		switch {
		case found[key]:
		case must[key]:
			d.lostOutside++
			t.Errorf("%s: a key is lost that was not touched, in %v\n%s", what, v.keys[key], r.unreadable())
		default:
			lost++
		}
	}
	d.lostInside += lost
	switch said := r.unreadable(); {
	case said != "":
		d.noticed++
		if place != "" && !v.names(said, hit, place) {
			t.Errorf("%s: %s is not named in\n%s", what, place, said)
		}
	case lost > 0:
		t.Errorf("%s: %d keys are lost, and it looks clean", what, lost)
	case place != "":
		t.Errorf("%s: it was not noticed", what)
	default:
		d.harmless++
	}
}

// names tells whether a list of what could not be read has a place, or one of the objects that were touched.
func (v *victim) names(said string, hit map[storage]bool, place string) bool {
	return strings.Contains(said, place) || slices.ContainsFunc(v.idsAt(hit), func(id string) bool { return strings.Contains(said, id) })
}

// scanTime is how long a scan of a small repository may take, whatever is in it.
const scanTime = 20 * time.Second

// scanInTime scans; false if it takes too long.
func scanInTime(t *testing.T, dir string) (r result, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), scanTime)
	defer cancel()
	done := make(chan bool, 1)
	go func() {
		defer close(done)
		var err error
		if r, err = tryScan(ctx, dir, Options{}); err != nil {
			t.Errorf("%v", err)
		}
	}()
	select {
	case <-done:
		return r, true
	case <-time.After(scanTime + 10*time.Second):
		return r, false
	}
}

// table is what the test prints.
type table struct {
	mu   sync.Mutex
	rows map[string]damages
}

func (tab *table) add(name string, d damages) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	sum := tab.rows[name]
	sum.tried += d.tried
	sum.noticed += d.noticed
	sum.harmless += d.harmless
	sum.lostInside += d.lostInside
	sum.lostOutside += d.lostOutside
	tab.rows[name] = sum
}

func (tab *table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-40s %7s %8s %9s %12s %13s\n", "damage", "tried", "noticed", "harmless", "keys damaged", "lost besides")
	for _, name := range slices.Sorted(maps.Keys(tab.rows)) {
		d := tab.rows[name]
		fmt.Fprintf(&b, "%-40s %7d %8d %9d %12d %13d\n", name, d.tried, d.noticed, d.harmless, d.lostInside, d.lostOutside)
	}
	return b.String()
}

// TestHostileDamage breaks a repository in thousands of ways, one at a time. Whatever is broken: the scan ends, it
// does not panic, it finds every key that the damage does not touch, and it names what the damage does touch.
func TestHostileDamage(t *testing.T) {
	whole := newVictim(t)
	r := scan(t, whole.dir, Options{})
	r.checkComplete(t, whole.objects)
	if got, want := len(whole.keys), 21; got != want {
		t.Fatalf("%d keys are planted, not %d", got, want)
	}
	tab := &table{rows: map[string]damages{}}
	t.Run("each", func(t *testing.T) {
		for _, k := range damageKinds {
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				v := whole.copy(t)
				files := k.files(t, v)
				v.flipBytes(t, k, files, tab)
				v.cutFiles(t, k, files, tab)
				v.deleteFiles(t, k, files, tab)
			})
		}
		for name, act := range mishaps {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var d damages
				act(t, whole.copy(t), &d)
				tab.add(name, d)
			})
		}
	})
	t.Log("\n" + tab.String())
}

// damageKind is a kind of file, and what is to be expected of damage to it.
type damageKind struct {
	name  string
	files func(t testing.TB, v *victim) []string
	// holds: the bytes are those of objects, so that damage costs some of them.
	holds bool
	flips int // in full
	// place is what must be named; "": nothing, because no object is touched, or because git says of it what it likes.
	place func(file string) string
}

var damageKinds = []damageKind{
	{name: "pack", holds: true, flips: 2000, files: globbed("objects/pack/*.pack"), place: filepath.Base},
	{name: "idx", flips: 2000, files: globbed("objects/pack/*.idx"), place: func(file string) string {
		return strings.TrimSuffix(filepath.Base(file), ".idx")
	}},
	{name: "loose", holds: true, flips: 2000, files: func(_ testing.TB, v *victim) []string { return v.looseFiles() }, place: func(file string) string {
		return filepath.Base(filepath.Dir(file)) + filepath.Base(file)
	}},
	{name: "commit-graph", flips: 200, files: globbed("objects/info/commit-graph"), place: nowhere},
	{name: "multi-pack-index", flips: 200, files: globbed("objects/pack/multi-pack-index"), place: nowhere},
	{name: "packed-refs", flips: 1000, files: globbed("packed-refs"), place: nowhere},
}

func nowhere(string) string { return "" }

func globbed(pattern string) func(t testing.TB, v *victim) []string {
	return func(t testing.TB, v *victim) []string { return v.files(t, pattern) }
}

// flipBytes changes one byte after the other, at random places.
func (v *victim) flipBytes(t *testing.T, k damageKind, files []string, tab *table) {
	t.Helper()
	var d damages
	r := rand.New(rand.NewPCG(31, uint64(len(k.name))))
	for i := range scantest.Sample(4, k.flips) {
		file := files[i%len(files)]
		data := readFile(t, file)
		at := r.IntN(len(data))
		data[at] ^= byte(1 + r.IntN(255))
		place := k.place(file)
		if k.holds && v.flipIsHarmless(file, at, data) {
			place = ""
		}
		with(t, file, data, func() {
			v.assess(t, fmt.Sprintf("%s, byte %d flipped", rel(v, file), at), v.touched(k, file, at, at+1), place, &d)
		})
	}
	tab.add(k.name+": a byte flipped", d)
}

// touched are the copies of objects that damage to some bytes touches.
func (v *victim) touched(k damageKind, file string, from, to int) map[storage]bool {
	if !k.holds {
		return nil
	}
	return v.hit(file, from, to)
}

// flipIsHarmless is true where a changed byte is one of those that say nothing: the version of a pack may be 3, and of
// loose objects, for which nothing but their own stream speaks, those bits of it that the stream does not need.
func (v *victim) flipIsHarmless(file string, at int, changed []byte) bool {
	if _, packed := v.packs[file]; packed {
		return at == 7 && changed[7] == 3
	}
	return looseIsSound(changed)
}

// cutFiles cuts each file at random places.
func (v *victim) cutFiles(t *testing.T, k damageKind, files []string, tab *table) {
	t.Helper()
	var d damages
	r := rand.New(rand.NewPCG(32, uint64(len(k.name))))
	for _, file := range files {
		data := readFile(t, file)
		for range scantest.Sample(1, 200) {
			at := r.IntN(len(data))
			with(t, file, data[:at:at], func() {
				v.assess(t, fmt.Sprintf("%s cut to %d", rel(v, file), at), v.touched(k, file, at, len(data)), k.place(file), &d)
			})
		}
	}
	tab.add(k.name+": cut", d)
}

// deleteFiles deletes each file.
func (v *victim) deleteFiles(t *testing.T, k damageKind, files []string, tab *table) {
	t.Helper()
	var d damages
	for _, file := range files {
		size := len(readFile(t, file))
		place := k.place(file)
		if k.name == "pack" {
			place = strings.TrimSuffix(place, ".pack") // its idx is what tells
		}
		with(t, file, nil, func() { v.assess(t, rel(v, file)+" deleted", v.touched(k, file, 0, size), place, &d) })
	}
	tab.add(k.name+": deleted", d)
}

func rel(v *victim, file string) string {
	return strings.TrimPrefix(file, v.dir+string(filepath.Separator))
}

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
