package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"skleak/scanner/git/fetch"
)

// Remote is a repository on another machine.
type Remote struct {
	Request   fetch.Request // its folder is a mirror's, and empty
	Keep      bool          // the mirror stays
	Revisions string        // a range of the history, which is all that is read then; "" for all
}

// Source fetches the repository and reads its history. That it cannot be fetched is an error: nothing was read.
func (r Remote) Source(ctx context.Context, s *Scan) error {
	request := r.Request
	walk := s.Stages.Next("bytes fetched")
	request.Received = walk.Done.Store
	if err := fetch.Fetch(ctx, request); err != nil {
		if r.Keep {
			err = errors.Join(err, os.RemoveAll(request.Dir)) // half of a mirror is none
		}
		return err
	}
	root, err := filepath.Abs(request.Dir)
	if err != nil {
		return fmt.Errorf("looking for the mirror: %w", err)
	}
	where, err := s.Reach(root).Open(root)
	if err != nil {
		return fmt.Errorf("opening the mirror: %w", err)
	}
	t := &tree{Scan: s, history: true, root: root, revisions: r.Revisions, seen: map[string]bool{}, remote: &r}
	return t.in("", root, where).repository(ctx, where, root, "", 0)
}

// describeRemote takes down where a mirror came from, in place of where it lies for a while.
func (all *repositories) describeRemote(name string, from Remote) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, r := range all.all {
		if r.Name == name {
			r.Remote = from.Request.URL.String()
			if !from.Keep {
				r.Path = ""
			}
		}
	}
}
