package odb

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"skleak/scanner/git/oid"
)

// TestTabulate: of objects that lie in several of many packs, loose too, or nowhere, the table says what asking each in
// turn says.
func TestTabulate(t *testing.T) {
	dir, objects := newRepo(t)
	r := rand.New(rand.NewPCG(3, 4))
	var ids []oid.ID
	for i := range 60 {
		ids = append(ids, addBlob(t, dir, fmt.Sprint("blob ", i)))
	}
	for range 40 {
		var some []oid.ID
		for _, i := range r.Perm(50)[:1+r.IntN(8)] {
			some = append(some, ids[i])
		}
		packAll(t, dir, some...)
	}
	for i := 50; i < 60; i += 2 { // the others stay loose
		packAll(t, dir, ids[i])
	}
	d, problems := Open([]string{objects}, oid.SHA1)
	defer d.Close()
	if len(problems) > 0 || len(d.Packs) < 33 {
		t.Fatal(len(d.Packs), problems)
	}
	if d.Tabulate() != nil || d.table == nil {
		t.Fatal("there is no table")
	}
	for range 500 {
		ids = append(ids, oid.FromBytes([]byte(fmt.Sprintf("%020d", r.Uint64()))))
	}
	type answer struct {
		n  uint32
		ok bool
	}
	ask := func() (all []answer) {
		for _, id := range ids {
			d.Prefetch(id[:20])
			n, ok := d.Number(id[:20])
			all = append(all, answer{n, ok})
			if ok && d.ID(n) != id {
				t.Errorf("%s is told as %s", id.Hex(oid.SHA1), d.ID(n).Hex(oid.SHA1))
			}
		}
		for i, p := range d.Packs {
			for position := range p.Index.Len() {
				n, first := d.PackNumber(i, position)
				all = append(all, answer{n, first})
			}
		}
		return all
	}
	with := ask()
	d.table = nil
	found := 0
	for i, want := range ask() {
		if with[i] != want {
			t.Errorf("answer %d is %v with the table, %v without", i, with[i], want)
		}
		if i < len(ids) && want.ok {
			found++
		}
	}
	if found < 50 || found > 60 {
		t.Errorf("%d objects are there", found)
	}
}

// TestTabulateNothing: where the objects are in one pack, no table is made.
func TestTabulateNothing(t *testing.T) {
	dir, objects := newRepo(t)
	var ids []oid.ID
	for i := range 50 {
		ids = append(ids, addBlob(t, dir, fmt.Sprint("blob ", i)))
	}
	packAll(t, dir, ids[:40]...)
	packAll(t, dir, ids[40:]...)
	d, _ := Open([]string{objects}, oid.SHA1)
	defer d.Close()
	if err := d.Tabulate(); err != nil || d.table != nil {
		t.Errorf("a table was made, %v", err)
	}
}
