package rules

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the stored files anew")

// What is stored is what choosing gives: whoever changes a literal and forgets the file learns it here.
func TestStoredWindows(t *testing.T) {
	want := chosen(t).encode()
	if *update {
		if err := os.WriteFile("windows.bin", want, 0o644); err != nil {
			t.Fatal(err)
		}
		windowsFile = string(want)
	}
	if windowsFile != string(want) {
		t.Fatalf("windows.bin is not what choosing gives, of %d bytes and %d; go generate writes it anew", len(windowsFile), len(want))
	}
	s := storedWindows()
	if again := (&collected{texts: s.texts, entries: s.entries, grams: s.grams}).encode(); string(again) != windowsFile {
		t.Error("windows.bin, read and written, is another")
	}
	grams := map[uint32]bool{}
	for _, text := range s.texts {
		for offset := range strideLong {
			grams[gramAt(string(text[:]), offset)] = true
		}
	}
	t.Logf("%d windows, %d grams, %d bytes", len(s.texts), len(grams), len(want))
	if len(grams) != s.grams {
		t.Errorf("%d grams, and the file says %d", len(grams), s.grams)
	}
}

// A chooser chooses one window of each literal so that all of them together have grams that are few and
// rare: each gram costs what it lets through of ordinary text, and a share of the filter.
type chooser struct {
	perMillion map[uint32]float64 // how often the common grams occur, see testdata/grams.txt
	windows    map[string]int     // how many literals have it
	grams      map[uint32]int     // how many windows have it
	choice     map[string]int     // of a literal's text: where its window starts
}

// Costs, in occurrences per million bytes.
const (
	// Of 8,000 grams in the filter each one more lets through another of a million of random grams.
	filterCost = 1
	// A window takes room in a table, and time where it is found. Few different bytes say little, as in
	// 0, 0x0, 0x.
	windowCost = 2
	repeatCost = 1
	// Four digits of hex are one of 65,536 in a text of nothing else, and the list counts those of text alone.
	hexCost = 2
)

func (c *chooser) gramCost(gram uint32) float64 {
	cost := filterCost + c.perMillion[gram]
	var b [gramLen]byte
	binary.LittleEndian.PutUint32(b[:], gram)
	if _, ok := parseHex(b[:]); ok {
		cost += hexCost
	}
	return cost
}

// chosen chooses the windows of all that is built in. Each literal in turn takes what costs least beside
// what the others have, until none wants another.
func chosen(t *testing.T) *collected {
	c := chooser{perMillion: readGrams(t), windows: map[string]int{}, grams: map[uint32]int{}, choice: map[string]int{}}
	all := builtinLiterals()
	for round, changed := 0, true; changed; round++ {
		if round == 20 {
			t.Fatal("the choice does not settle")
		}
		changed = false
		seen := map[string]bool{}
		for _, l := range all {
			if !seen[l.text] {
				seen[l.text] = true
				changed = c.chooseAgain(l.text) || changed
			}
		}
	}
	return collect(all, c.choice)
}

// builtinLiterals are the literals of everything that is built in.
func builtinLiterals() []literal {
	var all []literal
	for i, prefix := range builtinPrefixes {
		all = append(all, literal{text: prefix, form: formPlain, rule: i})
	}
	return append(all, literals()...)
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
	cost := float64(windowCost + repeatCost*(windowLong-distinct(window)))
	for offset := range strideLong {
		if gram := gramAt(window, offset); c.grams[gram] == 0 {
			cost += c.gramCost(gram)
		}
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
type collected stored

// collect numbers the windows in order and gathers what to try at each.
func collect(all []literal, choice map[string]int) *collected {
	lists := map[string][]entry{}
	grams := map[uint32]bool{}
	for _, l := range all {
		at := choice[l.text]
		window := l.text[at : at+windowLong]
		// What is broken behind the window only is read no further than any text.
		broken := l.loose || l.breakEnd > 0 && l.breakStart < at+windowLong
		e := entry{form: l.form, phase: int8(l.phaseAt(at)), loose: l.loose, broken: broken, rule: int16(l.rule)}
		lists[window] = addEntry(lists[window], e, int16(at))
		for offset := range strideLong {
			grams[gramAt(window, offset)] = true
		}
	}
	c := &collected{grams: len(grams)}
	for _, text := range slices.Sorted(maps.Keys(lists)) {
		c.texts = append(c.texts, [windowLong]byte([]byte(text)))
		c.entries = append(c.entries, lists[text])
	}
	return c
}

// addEntry adds the lead to the entry that is like e but for it, so that the form is undone once for
// all of them.
func addEntry(list []entry, e entry, lead int16) []entry {
	for i := range list {
		other := &list[i]
		if other.form == e.form && other.phase == e.phase && other.broken == e.broken && other.rule == e.rule {
			other.loose = other.loose || e.loose
			if !slices.Contains(other.leads, lead) {
				other.leads = append(other.leads, lead)
			}
			return list
		}
	}
	e.leads = []int16{lead}
	return append(list, e)
}

// encode writes windows.bin: see stored.go.
func (c *collected) encode() []byte {
	var lists, windows []byte
	numbers := map[string]int{}
	entries, leads := 0, 0
	last := uint64(0)
	for i, text := range c.texts {
		list := encodeList(c.entries[i])
		n, known := numbers[string(list)]
		if !known {
			n = len(numbers)
			numbers[string(list)] = n
			lists = append(lists, list...)
			entries += len(c.entries[i])
			for _, e := range c.entries[i] {
				leads += len(e.leads)
			}
		}
		value := binary.BigEndian.Uint64(text[:])
		windows = binary.AppendUvarint(windows, value-last)
		windows = binary.AppendUvarint(windows, uint64(n))
		last = value
	}
	var b []byte
	for _, n := range []int{c.grams, len(c.texts), len(numbers), entries, leads} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return slices.Concat(b, lists, windows)
}

func encodeList(list []entry) []byte {
	b := binary.AppendUvarint(nil, uint64(len(list)))
	for _, e := range list {
		flags := 0
		if e.loose {
			flags |= storedLoose
		}
		if e.broken {
			flags |= storedBroken
		}
		for _, n := range []int{int(e.form), int(e.phase), flags, int(e.rule), len(e.leads)} {
			b = binary.AppendUvarint(b, uint64(n))
		}
		for _, lead := range e.leads {
			b = binary.AppendUvarint(b, uint64(lead))
		}
	}
	return b
}

// readGrams reads testdata/grams.txt: how often a gram occurs in a million bytes, and the gram, quoted.
func readGrams(t *testing.T) map[uint32]float64 {
	file, err := os.ReadFile("testdata/grams.txt")
	if err != nil {
		t.Fatal(err)
	}
	grams := map[uint32]float64{}
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		number, quoted, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseFloat(number, 64)
		gram, err2 := strconv.Unquote(quoted)
		if err := cmp.Or(err, err2); err != nil || len(gram) != gramLen {
			t.Fatalf("testdata/grams.txt: %q: %v", line, err)
		}
		grams[gramAt(gram, 0)] = n
	}
	return grams
}

// TestCountGrams writes testdata/grams.txt anew from the texts in the files of the folder that
// SKLEAK_BENCH_TEXTS names, each of which counts the same whatever its size.
func TestCountGrams(t *testing.T) {
	folder := os.Getenv("SKLEAK_BENCH_TEXTS")
	if folder == "" {
		t.Skip("SKLEAK_BENCH_TEXTS names no folder of texts")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no texts in %s: %v", folder, err)
	}
	perMillion := map[uint32]float64{}
	for _, l := range builtinLiterals() {
		for at := 0; at+gramLen <= len(l.text); at++ {
			perMillion[gramAt(l.text, at)] = 0
		}
	}
	for _, file := range files {
		countGrams(t, file, perMillion, 1e6/float64(len(files)))
	}
	writeGrams(t, perMillion)
}

// countGrams adds to each gram of perMillion its share of the positions of the file, times weight.
func countGrams(t *testing.T, file string, perMillion map[uint32]float64, weight float64) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wanted := make([]uint64, 1<<26)
	for gram := range perMillion {
		wanted[gram>>6] |= 1 << (gram & 63)
	}
	for at := 0; at+gramLen <= len(text); at++ {
		if gram := binary.LittleEndian.Uint32(text[at:]); wanted[gram>>6]>>(gram&63)&1 != 0 {
			perMillion[gram] += weight / float64(len(text))
		}
	}
}

// writeGrams writes the grams that occur more often than three times in a million bytes.
func writeGrams(t *testing.T, perMillion map[uint32]float64) {
	var lines []string
	for gram, n := range perMillion {
		if n >= 3 {
			lines = append(lines, fmt.Sprintf("%.1f %q\n", n, binary.LittleEndian.AppendUint32(nil, gram)))
		}
	}
	slices.SortFunc(lines, func(a, b string) int {
		var x, y float64
		fmt.Sscan(a, &x)
		fmt.Sscan(b, &y)
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(a, b))
	})
	out, err := os.Create("testdata/grams.txt")
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(out)
	fmt.Fprint(w, "# How often grams of the literals occur in a million bytes of source code, of random base64 and of\n")
	fmt.Fprint(w, "# binaries. go test -run CountGrams writes this.\n")
	for _, line := range lines {
		w.WriteString(line)
	}
	if err := cmp.Or(w.Flush(), out.Close()); err != nil {
		t.Fatal(err)
	}
}
