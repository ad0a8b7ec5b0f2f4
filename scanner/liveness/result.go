package liveness

import (
	"context"
	"time"

	"skleak/rules"
)

// Status is what is known of a key once its provider was asked.
type Status string

const (
	Active   Status = "active"
	Inactive Status = "inactive"
	Unknown  Status = "unknown" // the answer did not tell
)

// Question is one key and the ID of the provider to ask about it.
type Question struct {
	Key      rules.Key
	Provider string
}

// Result is the answer to a Question.
type Result struct {
	Status Status
	Detail string    // why, in words of ours; never empty if the status is Unknown
	At     time.Time // when the answer was there
}

// Asker asks about one key. It is called by many goroutines at once. A cancelled ctx makes the result
// Unknown, and the caller forgets it.
type Asker interface {
	Ask(ctx context.Context, q Question) Result
}
