package queue

import (
	"errors"
	"strings"
	"syscall"
)

// StoppedError says that a queue stores nothing any more: the disk is full, or cannot be written. What was stored
// before is there, and Start goes on with it once there is room.
type StoppedError struct{ Place string }

func (e StoppedError) Error() string {
	return "nothing more can be stored in " + e.Place + ": the disk is full, or cannot be written"
}

// Is makes workers end.
func (e StoppedError) Is(target error) bool { return target == errShut }

// stopped is err, or a StoppedError if err or an earlier one says that the disk is full, or if the server has given
// up. There is no way back but Close and Start: a server without room loses its way.
func (q *Queue) stopped(err error) error {
	if err != nil && isFull(err) {
		q.full.Store(true)
	}
	if q.full.Load() || !q.stores() {
		return StoppedError{q.place}
	}
	return err
}

// isFull is true for what the system says of a full disk, also where only its text came through the server.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "no space left on device")
}
