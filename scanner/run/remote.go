package run

import (
	"context"
	"errors"
	"os"

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
	m := Mirror{Dir: request.Dir, URL: request.URL.String(), Show: r.Keep, KeepIdx: r.Keep, Revisions: r.Revisions}
	return m.Source(ctx, s)
}
