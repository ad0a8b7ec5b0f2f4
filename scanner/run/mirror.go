package run

import (
	"context"
	"fmt"
	"path/filepath"

	"skleak/scanner"
	"skleak/scanner/history"
)

// Mirror is a repository that was fetched from another machine, and lies here as a bare one.
type Mirror struct {
	Dir       string
	URL       string // where it was fetched from
	Show      bool   // reports say where it lies
	KeepIdx   bool   // the idx that are made on the way are written into it
	Revisions string // a range of the history, which is all that is read then; "" for all
	// New says what is new, which is all that is read then of the objects; nil for all of them. The texts in the mirror,
	// names of refs among them, are read all the same.
	New *history.Change
	// Hidden says of a commit to which no ref leads what hid it, if it is served still; nil: that is not known.
	Hidden func(commit string) *scanner.Hidden
}

// Source reads the history of a mirror.
func (m Mirror) Source(ctx context.Context, s *Scan) error {
	root, err := filepath.Abs(m.Dir)
	if err != nil {
		return fmt.Errorf("looking for the mirror: %w", err)
	}
	where, err := s.Reach(root).Open(root)
	if err != nil {
		return fmt.Errorf("opening the mirror: %w", err)
	}
	scan := *s
	if m.Hidden != nil {
		scan.Found = hiders{s.Found, m.Hidden}
	}
	t := &tree{Scan: &scan, history: true, root: root, revisions: m.Revisions, seen: map[string]bool{}, mirror: &m}
	return t.in("", root, where).repository(ctx, where, root, "", 0)
}

// describeMirror takes down where a mirror came from, in place of where it lies for a while.
func (all *repositories) describeMirror(name string, m Mirror) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, r := range all.all {
		if r.Name == name {
			r.Remote = m.URL
			if !m.Show {
				r.Path = ""
			}
		}
	}
}

// hiders puts into findings what hid their commits.
type hiders struct {
	to scanner.Handler
	of func(commit string) *scanner.Hidden
}

func (h hiders) Finding(f scanner.Finding) error {
	if f.Commit != nil && !f.Reachable {
		f.Hidden = h.of(f.Commit.Hash)
	}
	return h.to.Finding(f)
}
