package history

import (
	"slices"
	"strings"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// traceAll tells the keys that commits bring from those that were there before. Only commits with a hit are looked at
// again.
func (s *pushSearch) traceAll(commits []pushStep) {
	known := map[spot]bool{} // brought by an earlier commit
	d := s.newDiff()
	for _, c := range commits {
		if !slices.ContainsFunc(c.blobs, s.isHit) {
			continue
		}
		s.compare(d, c.foundCommit)
		n := &novelty{Options: s.Options, ctx: s.ctx, gate: s.gate, reader: d.reader, gone: d.gone}
		for _, f := range d.files {
			if s.isHit(f.id) {
				s.trace(c.foundCommit, f, n, known)
			}
		}
	}
}

func (s *pushSearch) isHit(id oid.ID) bool { _, ok := s.hits[id]; return ok }

// trace reports the keys that a commit brings to a file.
func (s *pushSearch) trace(c foundCommit, f newFile, n *novelty, known map[spot]bool) {
	matches := append(searchName(f, s.Options), s.hits[f.id]...)
	if len(matches) == 0 {
		return
	}
	if s.ignored(f.path) {
		s.Coverage.Skip(scanner.SkippedConfigured, 1)
		return
	}
	wasThere := n.known(f)
	brought := map[rules.Key]bool{}
	for _, m := range matches {
		at := spot{m.key, f.path}
		if !brought[m.key] && (known[at] || wasThere(m.key)) {
			continue
		}
		brought[m.key], known[at] = true, true
		refs := s.tipsWith(at, n)
		s.found = append(s.found, m.finding(scanner.Finding{
			Source: scanner.SourceHistory, Path: s.Rules.Redact(s.Prefix + f.path), Blob: s.gate.hex(f.id),
			Commit:    describeContent(s.gate.hex(c.id), pack.Commit, c.content, s.Rules),
			Reachable: true, AtHead: len(refs) > 0, Refs: refs,
		}))
	}
}

// tipsWith names the refs whose tip has a key at a path.
func (s *pushSearch) tipsWith(at spot, n *novelty) []string {
	var refs []string
	for _, tip := range s.tips {
		id, there := s.lookUp(tip.tree, at.path)
		if !there {
			continue
		}
		keys := map[rules.Key]bool{}
		n.addName(at.path, keys)
		n.addKeys(id, keys)
		if keys[at.key] {
			refs = append(refs, s.Rules.Redact(tip.ref))
		}
	}
	return shownRefs(refs)
}

// lookUp finds a file below a tree. What cannot be read is not found.
func (s *pushSearch) lookUp(tree oid.ID, path string) (id oid.ID, ok bool) {
	name, rest, deeper := strings.Cut(path, "/")
	_, content, err := s.reader.Read(tree)
	if err != nil {
		return id, false
	}
	r := object.NewTreeReader(content, s.gate.dir.Format)
	for {
		e, ok, err := r.Next()
		switch {
		case !ok || err != nil:
			return id, false
		case string(e.Name) != name || (e.Mode == object.Folder) != deeper:
		case deeper:
			return s.lookUp(oid.FromBytes(e.ID), rest)
		default:
			return oid.FromBytes(e.ID), true
		}
	}
}

// bare searches what a ref leads to that is no commit, and reports it.
func (s *pushSearch) bare(tip Tip, files []newFile) {
	for _, f := range files {
		s.file(s.reader, f)
		if f.path != "" && s.ignored(f.path) {
			continue
		}
		for _, m := range append(searchName(f, s.Options), s.hits[f.id]...) {
			s.found = append(s.found, m.finding(scanner.Finding{
				Source: scanner.SourceHistory, Path: s.Rules.Redact(s.Prefix + f.path), Blob: s.gate.hex(f.id),
				Reachable: true, AtHead: true, Refs: []string{s.Rules.Redact(tip.Ref)},
			}))
		}
	}
}
