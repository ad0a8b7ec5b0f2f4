package odb

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"skleak/scanner/cause"
	"skleak/scanner/git/oid"
)

// While a folder of objects is read, git may put objects elsewhere in it: gc packs loose ones, repack writes new
// packs and takes the old ones away, and what nothing refers to any more becomes loose again. It always writes the
// new place before it takes the old one away. So where the packs are the same before and after the loose objects were
// listed, each object was seen in one place or another; where they are not, one looks again. A pack that was opened
// stays readable when its file is gone.

// maxLooks bounds how often a folder is read. Git takes seconds for a repack, and a look a few milliseconds.
const maxLooks = 10

// settleTime is how long a pack without its idx is given: git puts the idx there last, and takes it away first.
const settleTime = 20 * time.Millisecond

// openDir opens the packs of an objects folder and lists its loose objects.
func (d *DB) openDir(dir string, listLoose func(string, oid.Format) (*LooseDir, []Problem)) []Problem {
	o := opening{db: d, dir: filepath.Join(dir, "pack"), open: map[string]bool{}}
	var loose *LooseDir
	var looseProblems []Problem
	names, err := o.list()
	for range maxLooks {
		o.look(names)
		loose, looseProblems = listLoose(dir, d.Format)
		before := names
		if len(o.broken) > 0 {
			time.Sleep(settleTime)
		}
		if names, err = o.list(); maps.Equal(before, names) {
			break
		}
	}
	if err != nil {
		o.problems = append(o.problems, Problem{Place: "pack", Detail: cause.Of(err).Error()})
	}
	loose.now = d.now
	d.Loose = append(d.Loose, loose)
	d.broken = append(d.broken, o.broken...)
	return slices.Concat(o.damages, o.problems, looseProblems)
}

// opening opens the packs of one folder, in several looks if need be.
type opening struct {
	db       *DB
	dir      string
	open     map[string]bool // names of the packs that are open
	damages  []Problem       // of those
	problems []Problem       // of the last look
	broken   []broken        // of the last look
}

// isPackFile is true for the names of packs and their idx in an objects folder: those that git reads, and those of
// packs that have lost their idx, since somebody's objects are in them. What git is writing goes by other names; see
// packFiles.
func isPackFile(name string) bool {
	ext := filepath.Ext(name)
	return (ext == packExt || ext == idxExt) && !IsTemporary(name)
}

// IsTemporary is true for the names of files that git writes, and renames when they are whole.
func IsTemporary(name string) bool {
	return strings.HasPrefix(name, "tmp_") || strings.HasPrefix(name, ".tmp-")
}

// list returns the names of the packs and idx files in the folder.
func (o *opening) list() (names map[string]bool, err error) {
	files, err := listFolder(o.dir)
	return packFiles(files), err
}

// packFiles are the names of packs and their idx among files. A temporary name is one of them where a pack and an idx
// both have it: git reads such a pack, and what is unfinished has no idx yet.
func packFiles(files []os.DirEntry) map[string]bool {
	names := map[string]bool{}
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); ext == packExt || ext == idxExt {
			names[f.Name()] = true
		}
	}
	maps.DeleteFunc(names, func(name string, _ bool) bool {
		alone := strings.TrimSuffix(name, filepath.Ext(name))
		return IsTemporary(name) && (!names[alone+packExt] || !names[alone+idxExt])
	})
	return names
}

const packExt, idxExt = ".pack", ".idx"

// look opens the packs that are not open yet.
func (o *opening) look(names map[string]bool) {
	o.problems, o.broken = nil, nil
	for _, file := range slices.Sorted(maps.Keys(names)) {
		name, isIdx := strings.CutSuffix(file, idxExt)
		switch {
		case isIdx && !names[name+packExt]:
			o.problems = append(o.problems, Problem{Place: "pack/" + file, Detail: "its pack is not there"})
		case isIdx:
		default:
			if name := strings.TrimSuffix(file, packExt); !o.open[name] {
				o.openPack(name, names[name+idxExt])
			}
		}
	}
}

func (o *opening) openPack(name string, hasIdx bool) {
	path := filepath.Join(o.dir, name+packExt)
	place := "pack/" + name + packExt
	if isLink(path) {
		o.problems = append(o.problems, Problem{Place: place, Detail: errLink.Error()})
		return
	}
	if !hasIdx {
		o.broken = append(o.broken, broken{path: path, place: place})
		o.problems = append(o.problems, Problem{Place: place, NoIdx: true,
			Detail: "its idx is not there: `git index-pack` makes a new one"})
		return
	}
	p, err := openPack(path, o.db.Format)
	if err != nil {
		o.broken = append(o.broken, broken{path: path, place: place})
		o.problems = append(o.problems, Problem{Place: place, Detail: cause.Of(err).Error()})
		return
	}
	o.open[name] = true
	o.db.Packs = append(o.db.Packs, p)
	if p.Damage != nil {
		o.damages = append(o.damages, Problem{Place: place, Detail: p.Damage.Error()})
	}
}
