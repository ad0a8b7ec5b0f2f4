package index

import (
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/oid"
	"skleak/scanner/scantest"
)

// builder makes index files by hand, broken ones included.
type builder struct {
	version uint32
	count   uint32
	body    []byte
}

// entry adds an entry for path; change, if not nil, gets its bytes before the path.
func (b *builder) entry(path string, change func(head []byte)) *builder {
	head := make([]byte, idAt+20+2)
	binary.BigEndian.PutUint32(head[modeAt:], 0o100644)
	binary.BigEndian.PutUint16(head[idAt+20:], uint16(min(len(path), lengthMask)))
	if change != nil {
		change(head)
	}
	entry := append(head, path...)
	entry = append(entry, make([]byte, 8-len(entry)%8)...)
	b.body = append(b.body, entry...)
	b.count++
	return b
}

func (b *builder) extension(signature, data string) *builder {
	b.body = append(b.body, signature...)
	b.body = binary.BigEndian.AppendUint32(b.body, uint32(len(data)))
	b.body = append(b.body, data...)
	return b
}

func (b *builder) file() []byte {
	out := []byte("DIRC")
	out = binary.BigEndian.AppendUint32(out, max(b.version, 2))
	out = binary.BigEndian.AppendUint32(out, b.count)
	return sum(append(out, b.body...))
}

// sum adds the checksum.
func sum(body []byte) []byte {
	s := sha1.Sum(body)
	return append(slices.Clip(body), s[:]...)
}

// bitmapOf writes a bitmap of the words given.
func bitmapOf(words ...uint64) string {
	out := binary.BigEndian.AppendUint32(nil, uint32(64*len(words)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(words)))
	for _, word := range words {
		out = binary.BigEndian.AppendUint64(out, word)
	}
	return string(append(out, 0, 0, 0, 0))
}

const (
	onesWord   = 1 | 1<<1 // a marker: one word of ones, no literals
	oneLiteral = 1 << 33  // a marker: nothing repeated, one literal
)

func TestHandMade(t *testing.T) {
	var b builder
	data := b.entry("b", nil).entry("a/.x", nil).entry("...", nil).extension("NEW!", "ignored").file()
	for name, data := range map[string][]byte{
		"with a checksum": data,
		"without one":     append(slices.Clip(data[:len(data)-20]), make([]byte, 20)...),
	} {
		x, err := Parse(data, oid.SHA1, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var paths []string
		for _, e := range listed(x) {
			paths = append(paths, e.Path)
		}
		if want := []string{"...", "a/.x", "b"}; !slices.Equal(paths, want) {
			t.Errorf("%s: paths %q, want %q in order", name, paths, want)
		}
	}
}

func TestCorrupt(t *testing.T) {
	id := strings.Repeat("i", 20)
	set := func(at int, value byte) func([]byte) {
		return func(head []byte) { head[at] = value }
	}
	for name, c := range map[string]struct {
		data   []byte
		offset int
		want   string
	}{
		"empty":             {nil, 0, "cut off"},
		"signature":         {sum([]byte("DIRX\x00\x00\x00\x02\x00\x00\x00\x00")), 0, "no index"},
		"version":           {(&builder{version: 5}).file(), 4, "version 5"},
		"checksum":          {append(make([]byte, 0), "DIRC\x00\x00\x00\x02\x00\x00\x00\x0099999999999999999999"...), 12, "checksum"},
		"count":             {(&builder{count: 1 << 31}).file(), 8, "do not fit"},
		"mode":              {new(builder).entry("a", set(modeAt+2, 0xf0)).file(), 36, "mode"},
		"length":            {new(builder).entry("a", set(idAt+21, 2)).file(), 74, "length"},
		"extended in 2":     {new(builder).entry("a", set(idAt+20, 0x40)).file(), 72, "version 2"},
		"reserved flag":     {(&builder{version: 3}).entry("\x80\x00a", set(idAt+20, 0x40)).file(), 74, "unknown flags"},
		"up":                {new(builder).entry("a/../../b", nil).file(), 74, "leads out"},
		"up at the end":     {new(builder).entry("a/..", nil).file(), 74, "leads out"},
		"absolute":          {new(builder).entry("/a", nil).file(), 74, "leads out"},
		"double slash":      {new(builder).entry("a//b", nil).file(), 74, "leads out"},
		"slash at the end":  {new(builder).entry("a/", nil).file(), 74, "leads out"},
		"no path":           {new(builder).entry("", nil).file(), 12, "entry 0 has no path"},
		"unknown extension": {new(builder).extension("newx", "").file(), 12, `"newx" is not known`},
		"long extension":    {sum([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x00TREE\xff\xff\xff\xff")), 12, "cut off"},
		"rest":              {sum([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x00abc")), 12, "3 bytes follow"},
		"strip too much":    {(&builder{version: 4}).entry("\x01a", set(idAt+21, 1)).file(), 74, "taken away"},
		"endless number":    {(&builder{version: 4}).entry("\xff\xff\xff\xff\xff", nil).file(), 74, "taken away"},
		"tree: name":        {new(builder).extension("TREE", "abc").file(), 20, "in a name"},
		"tree: root's name": {new(builder).extension("TREE", "x\x00-1 0\n").file(), 27, "no name"},
		"tree: numbers":     {new(builder).extension("TREE", "\x00-1 x\n").file(), 20, "numbers"},
		"tree: no line":     {new(builder).extension("TREE", "\x00-1 0").file(), 20, "numbers"},
		"tree: entries":     {new(builder).extension("TREE", "\x007 0\n"+id).file(), 20, "has 7 entries"},
		"tree: id":          {new(builder).extension("TREE", "\x000 0\nshort").file(), 25, "object id"},
		"tree: subtrees":    {new(builder).extension("TREE", "\x00-1 99999\n").file(), 20, "99999 subtrees"},
		"tree: rest":        {new(builder).extension("TREE", "\x00-1 0\n\x00-1 0\n").file(), 26, "goes on"},
		"tree: depth":       {new(builder).extension("TREE", "\x00-1 1\n"+strings.Repeat("x\x00-1 1\n", 5000)).file(), 28698, "nested"},
		"link: id":          {new(builder).extension("link", "short").file(), 20, "cut off"},
		"link: bitmap":      {new(builder).extension("link", id+"short").file(), 40, "cut off"},
		"link: words":       {new(builder).extension("link", id+"\x00\x00\x00\x00\xff\xff\xff\xff").file(), 48, "words"},
		"link: one bitmap":  {new(builder).extension("link", id+bitmapOf()).file(), 52, "cut off"},
		"link: rest":        {new(builder).extension("link", id+bitmapOf()+bitmapOf()+"x").file(), 64, "goes on"},
		"tree: no subtree":  {new(builder).entry("a", nil).extension("TREE", "\x001 1\n"+id).file(), 109, "in a name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(c.data, oid.SHA1, nil)
			var format *FormatError
			if !errors.As(err, &format) || format.Offset != c.offset || !strings.Contains(format.Detail, c.want) {
				t.Errorf("error %v, want one at byte %d with %q", err, c.offset, c.want)
			}
		})
	}
}

// Every file cut short and summed up again is an error or a shorter index, and so are files with a wrong
// byte. They come from git, with all that it writes.
func TestDamaged(t *testing.T) {
	for _, seed := range gitSeeds(t) {
		body := seed[:len(seed)-20]
		for n := range body {
			if x, err := Parse(sum(body[:n:n]), oid.SHA1, nil); err == nil && x.Entries.Len() > len(body)/62 {
				t.Errorf("cut at %d: %d entries", n, x.Entries.Len())
			}
			if _, err := Parse(seed[:n], oid.SHA1, nil); err == nil {
				t.Errorf("cut at %d without a new checksum: no error", n)
			}
		}
	}
}

// In version 4, every entry can take over the whole path before it and add to it.
func TestPathsGrow(t *testing.T) {
	b := builder{version: 4}
	step := strings.Repeat("x", 4000)
	for i := range 400 {
		head := make([]byte, idAt+20+2)
		binary.BigEndian.PutUint32(head[modeAt:], 0o100644)
		binary.BigEndian.PutUint16(head[idAt+20:], uint16(min(len(step)*(i+1), lengthMask)))
		b.body = append(b.body, head...)
		b.body = append(b.body, 0)
		b.body = append(append(b.body, step...), 0)
		b.count++
	}
	_, err := Parse(b.file(), oid.SHA1, nil)
	var format *FormatError
	if !errors.As(err, &format) || !strings.Contains(format.Detail, "paths grow") {
		t.Errorf("320 MB of paths from 1.6 MB: %v", err)
	}
}

func TestSplitByHand(t *testing.T) {
	var base builder
	for _, path := range []string{"a", "b", "c"} {
		base.entry(path, nil)
	}
	shared := base.file()
	id := string(shared[len(shared)-20:])
	parse := func(b *builder, bitmaps string) (*Index, error) {
		return Parse(b.extension("link", id+bitmaps).file(), oid.SHA1, func(string) ([]byte, error) { return shared, nil })
	}
	size := func(n byte) func([]byte) { return func(head []byte) { head[sizeAt+3] = n } }

	x, err := parse(new(builder).entry("", size(7)).entry("bb", nil).entry("c", size(9)),
		bitmapOf(oneLiteral, 1<<0)+bitmapOf(oneLiteral, 1<<1))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range listed(x) {
		got = append(got, e.Path+string(rune('0'+e.Size)))
	}
	if want := []string{"b7", "bb0", "c9"}; !slices.Equal(got, want) {
		t.Errorf("entries %q, want %q", got, want)
	}

	for name, c := range map[string]struct {
		b       *builder
		bitmaps string
		want    string
	}{
		"a bit too high":      {new(builder), bitmapOf(oneLiteral, 1<<3) + bitmapOf(), "entry 3 of 3"},
		"ones beyond the end": {new(builder), bitmapOf(onesWord) + bitmapOf(), "of 3"},
		"many ones":           {new(builder), bitmapOf(1|(1<<32-1)<<1) + bitmapOf(), "beyond its end"},
		"many zeros":          {new(builder), bitmapOf((1<<32-1)<<1) + bitmapOf(), "beyond its end"},
		"no literals":         {new(builder), bitmapOf(oneLiteral) + bitmapOf(), "beyond its end"},
		"nothing to replace":  {new(builder), bitmapOf() + bitmapOf(oneLiteral, 1), "replaced"},
		"replaced with path":  {new(builder).entry("x", nil), bitmapOf() + bitmapOf(oneLiteral, 1), "path of its own"},
		"added without path":  {new(builder).entry("", nil), bitmapOf() + bitmapOf(), "no path"},
	} {
		if _, err := parse(c.b, c.bitmaps); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// gitSeeds are indexes that git wrote: each version, with a cache tree, resolved conflicts, sparse and
// split.
func gitSeeds(t testing.TB) (seeds [][]byte) {
	dir := newRepo(t, oid.SHA1)
	keep := func() {
		data, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, data)
	}
	keep()
	git(t, dir, "update-index", "--untracked-cache", "--index-version", "4")
	keep()
	git(t, dir, "update-index", "--index-version", "2", "--skip-worktree", "a")
	keep()
	git(t, dir, "update-index", "--split-index")
	keep()
	git(t, dir, "update-index", "--no-split-index")
	git(t, dir, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
	keep()
	return seeds
}

// TestSeeds: a fuzz test whose seeds are all refused would begin at nothing.
func TestSeeds(t *testing.T) {
	entries := 0
	for i, seed := range gitSeeds(t) {
		x, err := Parse(seed, oid.SHA1, nil)
		if err != nil && !strings.Contains(err.Error(), "shared index") {
			t.Errorf("seed %d: %v", i, err)
		} else if err == nil {
			entries += x.Entries.Len()
		}
	}
	if entries == 0 {
		t.Error("the seeds have no entries")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range gitSeeds(f) {
		f.Add(seed[:len(seed)-20], []byte(nil), false)
		f.Add(seed[:len(seed)-20], seed[:len(seed)-20], true)
	}
	var b builder
	shared := b.entry("a", nil).entry("b", nil).file()
	split := new(builder).entry("", nil).extension("link", string(shared[len(shared)-20:])+bitmapOf(oneLiteral, 1)+bitmapOf(oneLiteral, 2)).file()
	f.Add(split[:len(split)-20], shared[:len(shared)-20], false)
	f.Fuzz(func(t *testing.T, body, base []byte, wide bool) {
		format, zeros := oid.SHA1, make([]byte, 20)
		if wide {
			format, zeros = oid.SHA256, make([]byte, 32)
		}
		x, err := Parse(append(slices.Clip(body), zeros...), format, func(id string) ([]byte, error) {
			return sum(base), nil
		})
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(x.Entries.starts, x.Entries.compare) {
			t.Error("entries are out of order")
		}
		for _, e := range listed(x) {
			if path := strings.TrimSuffix(e.Path, "/"); !filepath.IsLocal(path) && filepath.Separator == '/' {
				t.Errorf("path %q leads out", e.Path)
			}
		}
	})
}

// TestSkim: what is read in a hurry is what entry by entry is read, mistakes and all.
func TestSkim(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	skimmed := 0
	for range scantest.Sample(20_000, 1_000_000) {
		var b builder
		b.version = uint32(2 + r.IntN(2))
		path := "a/b/name"
		for range 1 + r.IntN(8) {
			if r.IntN(2) > 0 {
				path = "a/b/name"[:r.IntN(9)] // so that many are in order, and many are not
			}
			for range r.IntN(20) {
				path += string("namezzzzzz/.\x00\xff"[r.IntN(14)])
			}
			b.entry(path, func(head []byte) {
				for r.IntN(30) == 0 {
					head[idAt+20+r.IntN(2)] ^= 1 << r.IntN(8) // flags
				}
				if r.IntN(30) == 0 {
					head[modeAt+2] = byte(r.IntN(256))
				}
			})
		}
		data := b.file()
		data = append(slices.Clip(data[:len(data)-20-r.IntN(2)*r.IntN(40)]), make([]byte, 20)...)
		quick, quickErr := parseBody(data, int(b.version), oid.SHA1)
		if quickErr != nil && strings.Contains(quickErr.Error(), "do not fit") {
			continue
		}
		whole := entryReader{data: data[:len(data)-20], at: headerSize, version: int(b.version), found: Entries{data: data}}
		whole.noPath = -1
		var err error
		for range b.count {
			if err = whole.entry(); err != nil {
				break
			}
		}
		var p *file
		if err == nil {
			p = &file{version: int(b.version), entries: whole.found, noPath: whole.noPath, mixed: whole.mixed, sparse: whole.sparse}
			err = p.extensions(whole.data, whole.at, oid.SHA1)
		}
		if fmt.Sprint(quickErr) != fmt.Sprint(err) {
			t.Fatalf("%q: %v, want %v", b.body, quickErr, err)
		}
		if err == nil && (quick.mixed != p.mixed || quick.noPath != p.noPath || quick.sparse != p.sparse ||
			!slices.Equal(quick.entries.starts, p.entries.starts)) {
			t.Fatalf("%q: %+v, want %+v", b.body, quick, p)
		}
		if err == nil {
			skimmed++
		}
	}
	if skimmed < 1000 {
		t.Errorf("only %d indexes are sound", skimmed)
	}
}
