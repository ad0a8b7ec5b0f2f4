package diff

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// forest is trees by id, sound and crafted ones.
type forest struct {
	r      *rand.Rand
	format oid.Format
	trees  map[oid.ID][]byte
}

func (f *forest) id() (id oid.ID) {
	for i := range f.format.Size() {
		id[i] = byte(f.r.IntN(256) & f.r.IntN(256) & f.r.IntN(256)) // with many a NUL
	}
	return id
}

// row is an entry as it is written.
type row struct {
	mode, name string
	id         oid.ID
}

func (f *forest) row() row {
	modes := []string{"100644", "100755", "120000", "40000", "160000", "040000", "1100644"}
	names := []string{"a", "a.b", "a-b", "a0", "b", "c", "c/d", strings.Repeat("long ", 60)}
	name := names[f.r.IntN(len(names))]
	if f.r.IntN(2) == 0 {
		name += fmt.Sprint(f.r.IntN(40))
	}
	return row{modes[f.r.IntN(min(len(modes), 1+f.r.IntN(10)))], name, f.id()}
}

func (f *forest) sorted(rows []row) []row {
	isFolder := func(one row) bool { return strings.TrimLeft(one.mode, "0") == "40000" }
	compare := func(a, b row) int { return object.CompareNames(a.name, isFolder(a), b.name, isFolder(b)) }
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, compare)
	return slices.CompactFunc(rows, func(a, b row) bool { return compare(a, b) == 0 })
}

// changed is a tree with some entries changed, added and taken away.
func (f *forest) changed(rows []row) []row {
	rows = slices.Clone(rows)
	for range 1 + f.r.IntN(3) {
		if len(rows) == 0 || f.r.IntN(3) == 0 {
			rows = append(rows, f.row())
			continue
		}
		at := f.r.IntN(len(rows))
		switch f.r.IntN(4) {
		case 0:
			rows = slices.Delete(rows, at, at+1)
		case 1:
			rows[at].mode = f.row().mode
		default:
			rows[at].id = f.id()
		}
	}
	return rows
}

// plant writes a tree, now and then one that nobody's git makes.
func (f *forest) plant(rows []row) oid.ID {
	rows = f.sorted(rows)
	odd := f.r.IntN(16)
	switch {
	case odd == 0 && len(rows) > 1:
		f.r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	case odd == 1 && len(rows) > 0:
		again := rows[f.r.IntN(len(rows))]
		if f.r.IntN(2) == 0 {
			again.id = f.id()
		}
		rows = slices.Insert(rows, f.r.IntN(len(rows)+1), again)
	}
	var tree []byte
	for _, one := range rows {
		tree = append(append(append(tree, one.mode+" "+one.name...), 0), one.id[:f.format.Size()]...)
	}
	switch {
	case odd == 2:
		tree = tree[:f.r.IntN(len(tree)+1)]
	case odd == 3 && len(tree) > 0:
		tree[f.r.IntN(len(tree))] = "\x00 7x"[f.r.IntN(4)]
	}
	id := oid.ID{1: byte(len(f.trees)), 2: byte(len(f.trees) >> 8), 3: 1}
	f.trees[id] = tree
	return id
}

// differ tells all that it is told, in lines.
func (f *forest) differ(lines *[]string) *Differ {
	say := func(what string, args ...any) { *lines = append(*lines, fmt.Sprintf(what, args...)) }
	return &Differ{
		Format: f.format,
		Borrow: func(id oid.ID) (pack.Loan, error) {
			if tree, ok := f.trees[id]; ok {
				return pack.Loan{Kind: pack.Tree, Content: bytes.Clone(tree)}, nil
			}
			return pack.Loan{}, fmt.Errorf("no tree %x", id[:4])
		},
		Open:    func(oid.ID, []byte) bool { return true },
		Changed: func(c Change) { say("%q %q %v before %v", c.Path, c.Name, c.Entry, c.Before) },
		Unread:  func(u Unread) { say("%q %x unread (%v): %v", u.Path, u.ID[:4], u.OfParent, u.Err) },
	}
}

// TestDifferingAgainstEntries holds the quick way to compare trees against the plain one, over trees in order and
// crafted ones: each must tell the same.
func TestDifferingAgainstEntries(t *testing.T) {
	quick := 0
	for seed := range uint64(3000) {
		f := &forest{r: rand.New(rand.NewPCG(seed, 5)), format: oid.SHA1, trees: map[oid.ID][]byte{}}
		if seed%3 == 0 {
			f.format = oid.SHA256
		}
		var rows []row
		for range f.r.IntN(60) {
			rows = append(rows, f.row())
		}
		var got, want []string
		fast, plain := f.differ(&got), f.differ(&want)
		plain.Gone = func(Gone) {}
		was := []oid.ID{f.plant(rows)}
		for range 6 {
			rows = f.changed(rows)
			tree := f.plant(rows)
			parents := []oid.ID{was[len(was)-1]}
			for range f.r.IntN(3) {
				parents = append(parents, was[f.r.IntN(len(was))])
			}
			if f.r.IntN(10) == 0 {
				parents[f.r.IntN(len(parents))] = f.id() // which is not there
			}
			was = append(was, tree)
			got, want = nil, nil
			fast.Trees(tree, parents)
			plain.Trees(tree, parents)
			if difference := cmp.Diff(want, got); difference != "" {
				t.Fatalf("seed %d (-plain +quick):\n%s", seed, difference)
			}
			if _, ok := fast.differing(&pack.Loan{Content: f.trees[tree]}, fast.parents("", folders(parents))); ok {
				quick++
			}
		}
	}
	if quick < 5000 {
		t.Errorf("only %d comparisons were quick", quick)
	}
}

// TestHostileDiffering: the work of a comparison does not grow with the square of what is compared, whatever it is, or
// this would not end.
func TestHostileDiffering(t *testing.T) {
	const many = 200_000
	nothing := oid.ID{}
	long := strings.Repeat("z", many*20)
	rowsOf := func(name func(i int) string, mode string) (rows []row) {
		for i := range many {
			rows = append(rows, row{mode, name(i), nothing})
		}
		return rows
	}
	number := func(i int) string { return fmt.Sprintf("%06d", i) }
	for what, trees := range map[string][2][]row{
		"ids of nothing but NULs":  {rowsOf(number, "100644"), append(rowsOf(number, "100644"), row{"100644", "z", nothing})},
		"a long name behind all":   {{{"100644", long, nothing}}, append(rowsOf(number, "100644"), row{"100644", long, nothing})},
		"every other one is gone":  {rowsOf(number, "100644"), rowsOf(func(i int) string { return number(2 * i) }, "100644")},
		"every mode is another":    {rowsOf(number, "100644"), rowsOf(number, "120000")},
		"long names with one head": {rowsOf(func(i int) string { return "n" + number(2*i) }, "100644"), rowsOf(func(i int) string { return "n" + number(2*i+1) }, "100644")},
	} {
		f := &forest{r: rand.New(rand.NewPCG(1, 1)), format: oid.SHA1, trees: map[oid.ID][]byte{}}
		var content [2][]byte
		for i, rows := range trees {
			for _, one := range f.sorted(rows) {
				content[i] = append(append(append(content[i], one.mode+" "+one.name...), 0), one.id[:20]...)
			}
		}
		for range 2 {
			c := comparison{tree: object.NewTreeReader(content[0], oid.SHA1), other: object.NewTreeReader(content[1], oid.SHA1)}
			if !c.run() {
				t.Errorf("%s: is not sound", what)
			}
			content[0], content[1] = content[1], content[0]
		}
	}
}
