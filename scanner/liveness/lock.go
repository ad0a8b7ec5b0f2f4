package liveness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"skleak/scanner/cause"
	"skleak/scanner/filelock"
)

const (
	// lockPatience is how long another run is waited for: ten keys take it two and a half minutes
	// where their provider confirms none.
	lockPatience = 5 * time.Minute
	lockInterval = 100 * time.Millisecond
)

// Lock keeps other runs from revoking until the journal is closed, or the process ends: two runs must
// not revoke one key at once, since an answer that says "no such key" would look like a failure to the
// second. Where another run has the lock, waiting is called once, and its end is waited for. Then what it
// wrote down is known: see [Revoker.Revoke].
func (j *Journal) Lock(ctx context.Context, waiting func()) error {
	ctx, cancel := context.WithTimeoutCause(ctx, lockPatience, errPatience)
	defer cancel()
	for tried := false; ; tried = true {
		locked, err := filelock.Try(j.file)
		switch {
		case errors.Is(err, filelock.ErrUnsupported):
			return fmt.Errorf("the journal of revocations %s cannot be locked, so another run could revoke the same keys; "+
				"put it on a local disk: set XDG_STATE_HOME", j.path)
		case err != nil:
			return fmt.Errorf("locking the journal of revocations %s: %w", j.path, cause.Of(err))
		case locked:
			return j.readOthers()
		case !tried:
			waiting()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(lockInterval):
		}
	}
}

var errPatience = errors.New("another run of skleak is revoking keys and does not come to an end; look for it, and " +
	"try again")

// readOthers notes which keys other runs have dealt with, and when.
func (j *Journal) readOthers() error {
	j.others = map[string]time.Time{}
	_, err := readEntries(io.NewSectionReader(j.file, 0, math.MaxInt64), func(e Entry) {
		if e.Run != j.run && e.Time.After(j.others[e.Fingerprint]) {
			j.others[e.Fingerprint] = e.Time
		}
	})
	if err != nil {
		return fmt.Errorf("reading the journal of revocations %s: %w", j.path, cause.Of(err))
	}
	return nil
}
