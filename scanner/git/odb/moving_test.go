package odb

import (
	"os"
	"path/filepath"
	"testing"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// TestOpenWhileObjectsMove: what git moves while the lists are made is in one of them, wherever the list was when it
// happened.
func TestOpenWhileObjectsMove(t *testing.T) {
	for name, move := range map[string]func(t *testing.T, dir string, ids []oid.ID){
		"loose ones into a pack": func(t *testing.T, dir string, ids []oid.ID) { packBlobs(t, dir, ids[2]) },
		"all into one pack":      func(t *testing.T, dir string, ids []oid.ID) { repackAll(t, dir, ids) },
		"packed ones out of it": func(t *testing.T, dir string, ids []oid.ID) {
			packs, _ := filepath.Glob(filepath.Join(dir, "objects/pack/pack-*.pack"))
			for _, p := range packs {
				data, err := os.ReadFile(p)
				if err != nil {
					t.Fatal(err)
				}
				os.Remove(p)
				os.Remove(p[:len(p)-len(packExt)] + idxExt)
				gitCommand(t, dir, string(data), "unpack-objects", "-q")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, ids := repository(t, "one", "two", "three")
			packBlobs(t, dir, ids[0])
			packBlobs(t, dir, ids[1])
			objects := filepath.Join(dir, "objects")
			d := &DB{now: OpenLazily([]string{objects}, oid.SHA1)}
			defer d.Close()
			moved := false
			problems := d.openDir(objects, func(dir string, f oid.Format) (*LooseDir, []Problem) {
				if !moved {
					moved = true
					move(t, filepath.Dir(dir), ids)
				}
				return listLoose(dir, f)
			})
			d.number()
			for i, id := range ids {
				if !d.Has(id[:20]) {
					t.Errorf("object %d is in no list", i)
				}
			}
			if len(problems) > 0 {
				t.Error(problems)
			}
		})
	}
}

// repackAll puts all objects into one pack and takes the old packs away.
func repackAll(t *testing.T, dir string, ids []oid.ID) {
	t.Helper()
	old, _ := filepath.Glob(filepath.Join(dir, "objects/pack/pack-*"))
	packBlobs(t, dir, ids...)
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOpenBehindAPackThatGoes: a pack that is gone before it was opened is made up for by the one that came.
func TestOpenBehindAPackThatGoes(t *testing.T) {
	dir, ids := repository(t, "one", "two", "three")
	packBlobs(t, dir, ids[0])
	objects := filepath.Join(dir, "objects")
	d := &DB{now: OpenLazily([]string{objects}, oid.SHA1)}
	defer d.Close()
	o := opening{db: d, dir: filepath.Join(objects, "pack"), open: map[string]bool{}}
	names, err := o.list()
	if err != nil || len(names) != 2 {
		t.Fatal(names, err)
	}
	repackAll(t, dir, ids)
	o.look(names)
	if len(o.problems) != 1 || len(d.Packs) != 0 {
		t.Errorf("a pack that is gone: %v, %d packs", o.problems, len(d.Packs))
	}
	if names, err = o.list(); err != nil {
		t.Fatal(err)
	}
	o.look(names)
	d.number()
	if len(o.problems) != 0 || len(o.broken) != 0 || d.Len() != 3 {
		t.Errorf("the pack that came: %v, %v, %d objects", o.problems, o.broken, d.Len())
	}
}

// TestLooseObjectsThatMove: what is packed after it was listed is read from the pack, and what comes later is there
// when asked for.
func TestLooseObjectsThatMove(t *testing.T) {
	dir, ids := repository(t, "one", "two", "three")
	d, problems := Open([]string{filepath.Join(dir, "objects")}, oid.SHA1)
	defer d.Close()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	packBlobs(t, dir, ids...)
	id, err := oid.Parse(gitCommand(t, dir, "four", "hash-object", "-w", "--stdin"))
	if err != nil {
		t.Fatal(err)
	}
	absent := oid.FromBytes([]byte("nothing has this id."))
	if added := d.AddLate([]oid.ID{id, absent, id, ids[0]}); len(added) != 1 || added[0] != id {
		t.Errorf("added %v", added)
	}
	if added := d.AddLate([]oid.ID{id, absent}); len(added) != 0 {
		t.Errorf("added again: %v", added)
	}
	r, one := d.NewReader(), LooseReader{}
	for i, want := range []string{"one", "two", "three", "four"} {
		id := append(ids, id)[i]
		number, ok := d.Number(id[:20])
		kind, content, err := r.ReadNumber(number)
		if !ok || err != nil || kind != pack.Blob || string(content) != want || d.ID(number) != id {
			t.Errorf("number %d: %s %q, %v", number, kind, content, err)
		}
		list, at := d.Loose[i/3], i%3
		if i < 3 {
			at, _ = list.find(id[:20])
		}
		if _, content, err := one.Read(list, at); err != nil || string(content) != want {
			t.Errorf("%d: read %q, %v", i, content, err)
		}
	}
	if len(d.Loose) != 2 {
		t.Errorf("%d folders", len(d.Loose))
	}
}

// TestLooseObjectThatGoes: one that is pruned is missing, and that is said.
func TestLooseObjectThatGoes(t *testing.T) {
	dir, ids := repository(t, "one")
	d, _ := Open([]string{filepath.Join(dir, "objects")}, oid.SHA1)
	defer d.Close()
	os.Remove(d.Loose[0].file(0))
	var r LooseReader
	if _, _, err := r.Read(d.Loose[0], 0); err == nil {
		t.Error("no error")
	}
	if _, _, err := d.NewReader().Read(ids[0]); err == nil {
		t.Error("no error")
	}
}
