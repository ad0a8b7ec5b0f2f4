package history

import (
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"skleak/scanner"
	"skleak/scanner/git/commits"
	"skleak/scanner/git/diff"
	"skleak/scanner/git/index"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
)

// staged searches what is staged.
func (s *changes) staged(names []string) (rest []string, err error) {
	x, err := s.repo.Index()
	if err != nil {
		s.unreadable(scanner.UnreadableIndex, "index", err.Error())
		return nil, nil
	}
	parents := s.parentTrees()
	var changed []diff.Change
	var gone []diff.Gone
	d := s.newDiffer(s.reader, func(c diff.Change) { changed = append(changed, c) })
	d.Gone = func(e diff.Gone) { gone = append(gone, e) }
	if err := d.Index(x, parents); err != nil {
		s.unreadable(scanner.UnreadableIndex, "index", err.Error())
	}
	if names != nil {
		changed, rest = s.choose(changed, gone, x, names)
	}
	changed = slices.DeleteFunc(changed, func(c diff.Change) bool {
		ignored := s.ignored(c.Path)
		if ignored && c.Mode.IsBlob() {
			s.Coverage.Skip(scanner.SkippedConfigured, 1)
		}
		return ignored
	})
	s.Progress.Total.Add(int64(len(changed)))
	s.inParallel(len(changed), func(r *odb.LazyReader) func(int) {
		return func(i int) {
			s.name(changed[i])
			if changed[i].Mode.IsBlob() {
				s.blob(r, changed[i].Path, changed[i].ID)
			}
			s.Progress.Done.Add(1)
		}
	})
	n := &novelty{changes: s, reader: s.reader, parents: parents}
	n.compare = func(d *diff.Differ, with []oid.ID) {
		if err := d.Index(x, with); err != nil { // less is known to be gone, and more counts as new
			s.unreadable(scanner.UnreadableIndex, "index", err.Error())
		}
	}
	for _, b := range n.newsIn(changed) {
		s.findPlaces(s.reader, &b)
		f := scanner.Finding{Source: scanner.SourceIndex, Path: s.Rules.Redact(s.Prefix + b.path)}
		if !b.blob.IsZero() {
			f.Blob = s.repo.hex(b.blob)
		}
		for _, m := range b.matches {
			s.found = append(s.found, m.Finding(f))
		}
	}
	return rest, s.ctx.Err()
}

// parentTrees returns the trees of the commits that the next one follows. Of what cannot be read, nothing is known to
// be there already: then all counts as new.
func (s *changes) parentTrees() (trees []oid.ID) {
	var parents []oid.ID
	switch head, err := s.repo.Dir.ReadHead(); {
	case err != nil:
		s.unreadable(scanner.UnreadableRef, "HEAD", err.Error())
	case !head.ID.IsZero():
		parents = append(parents, head.ID)
	}
	merged, err := s.repo.Dir.MergeHeads()
	if err != nil {
		s.unreadable(scanner.UnreadableRef, "MERGE_HEAD", err.Error())
	}
	for _, text := range s.repo.Merging {
		if id, err := s.repo.ParseID(text); err == nil {
			merged = append(merged, id)
		}
	}
	for _, id := range append(parents, merged...) {
		commit, err := commits.Read(s.reader.Read, id, s.repo.Dir.Format)
		if err != nil {
			s.unreadable(unreadableReason(err), "commit "+s.repo.hex(id), err.Error())
			continue
		}
		trees = append(trees, commit.Tree)
	}
	return trees
}

// choose picks the staged files that were named or that nobody could name, and returns the names that are not staged.
func (s *changes) choose(changed []diff.Change, gone []diff.Gone, x *index.Index,
	names []string) (files []diff.Change, rest []string) {
	named := make(map[string]bool, len(names))
	for _, name := range names {
		named[name] = true
	}
	staged := make(map[string]bool, len(changed))
	for _, f := range changed {
		staged[f.Path] = true
		if named[f.Path] || !existsOnDisk(filepath.Join(s.repo.Worktree(), filepath.FromSlash(f.Path))) {
			files = append(files, f)
		}
	}
	for _, name := range names {
		if !staged[name] && !isSubmodule(x, name) && !removed(gone, name) {
			rest = append(rest, name)
		}
	}
	return files, rest
}

// isSubmodule is false, too, where the index cannot be read any more: then the name is looked for on the disk.
func isSubmodule(x *index.Index, path string) (is bool) {
	_ = mapped.Guard(func() error {
		i := sort.Search(x.Entries.Len(), func(i int) bool { return string(x.Entries.Path(i)) >= path })
		is = i < x.Entries.Len() && string(x.Entries.Path(i)) == path &&
			x.Entries.At(i).Mode&index.ModeType == index.ModeSubmodule
		return nil
	})
	return is
}

// removed is true for a path that is staged to be removed.
func removed(gone []diff.Gone, path string) bool {
	return slices.ContainsFunc(gone, func(e diff.Gone) bool {
		return e.Path == path || e.Mode == object.Folder && strings.HasPrefix(path, e.Path+"/")
	})
}

// existsOnDisk is true where anything has that name; a link counts, wherever it leads.
func existsOnDisk(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
