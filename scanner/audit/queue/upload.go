package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"skleak/scanner/audit/job"
)

// uploads are results that come in parts, since they are longer than a message may be. They are few at a time, and all
// of what a worker says about their length is not believed: memory is taken as the parts come.
type uploads struct {
	mu sync.Mutex
	of map[string]*upload // by the secret of the claim
}

type upload struct {
	body []byte
	at   time.Time // of the last part
}

const (
	uploadsAtOnce = 3
	uploadIdle    = 30 * time.Second
)

// takePart takes a part of a result, of whoever has the job. The first one begins anew; a part that came already is
// passed over.
func (q *Queue) takePart(ctx context.Context, c *claim, at int, part []byte) error {
	if _, err := q.running(ctx, c); err != nil {
		return err
	}
	return q.uploads.add(c.Secret, at, part, q.limits.Report+maxPayload)
}

func (u *uploads) add(secret string, at int, part []byte, limit int) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	up := u.of[secret]
	if at == 0 {
		for other, up := range u.of {
			if time.Since(up.at) > uploadIdle {
				delete(u.of, other)
			}
		}
		if up == nil && len(u.of) >= uploadsAtOnce {
			return errors.New("others are sending their results")
		}
		if u.of == nil {
			u.of = map[string]*upload{}
		}
		up = &upload{}
		u.of[secret] = up
	}
	switch {
	case up == nil || at > len(up.body):
		return errors.New("the part before this one is not there")
	case at < len(up.body):
		return nil
	case at+len(part) > limit:
		delete(u.of, secret)
		return job.PermanentError{Err: fmt.Errorf("the result has more than %d bytes", limit)}
	}
	up.body, up.at = append(up.body, part...), time.Now()
	return nil
}

func (u *uploads) whole(secret string) []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	if up := u.of[secret]; up != nil {
		return up.body
	}
	return nil
}

func (u *uploads) forget(secret string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.of, secret)
}
