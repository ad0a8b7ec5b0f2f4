package search

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"flag"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/search/literal"
)

var update = flag.Bool("update", false, "write the stored files anew")

// What is stored is what choosing gives: whoever changes a literal and forgets the file learns it here.
func TestStoredWindows(t *testing.T) {
	all := chosen(t)
	want := all.encode()
	if *update {
		if err := os.WriteFile("windows.bin", want, 0o644); err != nil {
			t.Fatal(err)
		}
		windowsFile = want
	}
	if !bytes.Equal(windowsFile, want) {
		t.Fatalf("windows.bin is not what choosing gives, of %d bytes and %d; go generate writes it anew", len(windowsFile), len(want))
	}
	s, grams := New(nil), map[uint32]bool{}
	for i, text := range all.texts {
		if list, _ := s.At(text[:], 0); !reflect.DeepEqual(list, all.entries[i]) {
			t.Errorf("%q: what was read is %v, want %v", text, list, all.entries[i])
		}
		if n := s.stored.find(binary.LittleEndian.Uint64(text[:])); s.stored.window(n) != binary.LittleEndian.Uint64(text[:]) {
			t.Errorf("%q: window %d is another", text, n)
		}
		for offset := range strideLong {
			grams[gramAt(string(text[:]), offset)] = true
		}
	}
	t.Logf("%d windows, %d grams, %d bytes", s.stored.count, len(grams), len(want))
}

// A chooser chooses one window of each literal so that all of them together have grams that are few and
// rare, and are rare themselves.
type chooser struct {
	perMillion map[string]float64 // how often common grams and windows occur, see testdata/common.txt
	windows    map[string]int     // how many literals have it
	grams      map[uint32]int     // how many windows have it
	choice     map[string]int     // of a literal's text: where its window starts
}

// Costs, where a gram that occurs once in a million bytes costs 1.
const (
	// Of 8,000 grams in the filter each one more lets through another of a million of random grams.
	filterCost = 1
	// Asking about the windows around a gram takes some 12 ns, and one of five is asked about. Where a window is found,
	// a form is undone, which takes some 10 µs.
	foundCost = 4000
	// A window takes room in a table. Few different bytes say little, as in 0, 0x0, 0x.
	windowCost = 2
	repeatCost = 1
	// Four digits of hex are one of 65,536 in a text of nothing else, and the list holds what is commoner.
	hexCost = 2
)

func (c *chooser) gramCost(gram string) float64 {
	if c.grams[gramAt(gram, 0)] > 0 {
		return 0
	}
	cost := filterCost + c.perMillion[gram]
	if _, ok := ascii.ParseHex([]byte(gram)); ok {
		cost += hexCost
	}
	return cost
}

// chosen chooses the windows of all that is built in. Each literal in turn takes what costs least beside
// what the others have, until none wants another.
func chosen(t *testing.T) *collected {
	c := chooser{perMillion: readCommon(t), windows: map[string]int{}, grams: map[uint32]int{}, choice: map[string]int{}}
	all := literal.All()
	for round, changed := 0, true; changed; round++ {
		if round == 20 {
			t.Fatal("the choice does not settle")
		}
		changed = false
		seen := map[string]bool{}
		for _, l := range all {
			if !seen[l.Text] {
				seen[l.Text] = true
				changed = c.chooseAgain(l.Text) || changed
			}
		}
	}
	return collect(all, c.choice)
}

func (c *chooser) chooseAgain(text string) (changed bool) {
	before, known := c.choice[text]
	if known {
		c.count(text[before:before+windowLong], -1)
	}
	best, least := 0, math.MaxFloat64
	for at := 0; at+windowLong <= len(text); at++ {
		if cost := c.windowCost(text[at : at+windowLong]); cost < least {
			best, least = at, cost
		}
	}
	c.count(text[best:best+windowLong], 1)
	c.choice[text] = best
	return !known || best != before
}

func (c *chooser) windowCost(window string) float64 {
	if c.windows[window] > 0 {
		return 0
	}
	cost := float64(windowCost+repeatCost*(windowLong-distinct(window))) + foundCost*c.perMillion[window]
	for offset := range strideLong {
		cost += c.gramCost(window[offset : offset+gramLen])
	}
	return cost
}

// count adds one literal that has the window, or takes it away.
func (c *chooser) count(window string, n int) {
	was := c.windows[window]
	c.windows[window] += n
	if was > 0 && was+n > 0 {
		return
	}
	for offset := range strideLong {
		c.grams[gramAt(window, offset)] += n
	}
}

// collected is what windows.bin holds.
type collected struct {
	texts   [][windowLong]byte
	entries [][]Entry // of each window
}

// collect numbers the windows in order and gathers what to try at each.
func collect(all []literal.Literal, choice map[string]int) *collected {
	lists := map[string][]Entry{}
	for _, l := range all {
		at := choice[l.Text]
		window := l.Text[at : at+windowLong]
		// What is broken behind the window only is read no further than any text.
		broken := l.Loose || l.BreakEnd > 0 && l.BreakStart < at+windowLong
		e := Entry{Form: l.Form, Phase: int8(l.PhaseAt(at)), Loose: l.Loose, Broken: broken, Rule: int16(l.Rule)}
		lists[window] = addEntry(lists[window], e, int16(at))
	}
	c := &collected{}
	for _, text := range slices.Sorted(maps.Keys(lists)) {
		c.texts = append(c.texts, [windowLong]byte([]byte(text)))
		c.entries = append(c.entries, lists[text])
	}
	return c
}

// addEntry adds the lead to the Entry that is like e but for it, so that the form is undone once for
// all of them.
func addEntry(list []Entry, e Entry, lead int16) []Entry {
	for i := range list {
		other := &list[i]
		if other.Form == e.Form && other.Phase == e.Phase && other.Broken == e.Broken && other.Rule == e.Rule {
			other.Loose = other.Loose || e.Loose
			if !slices.Contains(other.Leads, lead) {
				other.Leads = append(other.Leads, lead)
			}
			return list
		}
	}
	e.Leads = []int16{lead}
	return append(list, e)
}

// encode writes windows.bin: see stored.go.
func (c *collected) encode() []byte {
	filters := newIndex()
	filters.admitNothing()
	order := make([]int, len(c.texts))
	for i, text := range c.texts {
		order[i] = i
		filters.admit(text[:])
	}
	hash := func(i int) uint64 { return binary.LittleEndian.Uint64(c.texts[i][:]) * windowHash }
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(hash(a), hash(b)) })
	var b, hashes, lists []byte
	for _, word := range filters.filter {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	for _, word := range filters.windows {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	texts := listTexts{numbers: map[string]int{}}
	bucket := 0
	for n, i := range order {
		for ; bucket <= int(hash(i)>>(64-bucketBits)); bucket++ {
			b = binary.LittleEndian.AppendUint16(b, uint16(n))
		}
		hashes = binary.LittleEndian.AppendUint64(hashes, hash(i))
		lists = binary.LittleEndian.AppendUint16(lists, uint16(texts.number(c.entries[i])))
	}
	for ; bucket <= 1<<bucketBits; bucket++ {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(order)))
	}
	b = slices.Concat(b, hashes, lists)
	for _, n := range []int{len(texts.numbers), texts.entries, texts.leads} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return append(b, texts.text...)
}

// listTexts are lists of entries as they are written, each once.
type listTexts struct {
	text           []byte
	numbers        map[string]int
	entries, leads int
}

func (l *listTexts) number(list []Entry) int {
	text := encodeList(list)
	n, known := l.numbers[string(text)]
	if !known {
		n = len(l.numbers)
		l.numbers[string(text)] = n
		l.text = append(l.text, text...)
		l.entries += len(list)
		for _, e := range list {
			l.leads += len(e.Leads)
		}
	}
	return n
}

func encodeList(list []Entry) []byte {
	b := binary.AppendUvarint(nil, uint64(len(list)))
	for _, e := range list {
		flags := 0
		if e.Loose {
			flags |= storedLoose
		}
		if e.Broken {
			flags |= storedBroken
		}
		for _, n := range []int{int(e.Form), int(e.Phase), flags, int(e.Rule), len(e.Leads)} {
			b = binary.AppendUvarint(b, uint64(n))
		}
		for _, lead := range e.Leads {
			b = binary.AppendUvarint(b, uint64(lead))
		}
	}
	return b
}
