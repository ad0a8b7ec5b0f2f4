package worker

import (
	"errors"
	"fmt"

	"skleak/scanner/audit/job"
	"skleak/scanner/git/fetch"
)

// reasonOf tells errors for which another try is of no use from all others.
func reasonOf(err error) error {
	if errors.As(err, &job.PermanentError{}) {
		return err
	}
	switch fetch.KindOf(err) {
	case fetch.Gone, fetch.Forbidden, fetch.Withheld, fetch.TooLarge:
		return job.PermanentError{Err: err}
	}
	return err
}

// tooLarge is why a repository is not read at all.
func (t *try) tooLarge() error {
	return job.PermanentError{Err: fmt.Errorf("the repository is larger than %d MB, so it was not read: --max-repository "+
		"SIZE sets another bound", t.MaxRepository>>20)}
}
