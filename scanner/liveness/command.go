package liveness

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"skleak/rules"
	"skleak/scanner/cause"
)

const (
	commandTimeout = 60 * time.Second
	// commandGrace is how long the output of a command that was stopped is waited for.
	commandGrace = 2 * time.Second
	maxOutput    = 64 << 10 // bytes of output that are kept
)

// runCommand runs a command with the key on standard input, for as long as timeout, and returns what
// it printed, as it is.
func runCommand(ctx context.Context, timeout time.Duration, command []string, key rules.Key) (output string,
	err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var kept head
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(reveal(key)+"\n"), &kept, &kept
	c.WaitDelay = commandGrace
	err = c.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = fmt.Errorf("the command took longer than %v and was stopped", timeout)
	case errors.As(err, &exit):
		err = fmt.Errorf("the command ended with status %d", exit.ExitCode())
	case errors.Is(err, exec.ErrNotFound):
		err = errors.New("the command was not found")
	case errors.Is(err, exec.ErrWaitDelay):
		err = nil // it is done, and something that it started keeps its output open
	default:
		if failed, ok := errors.AsType[*exec.Error](err); ok {
			err = failed.Err // which does not repeat the command
		}
		err = fmt.Errorf("the command could not be run: %w", cause.Of(err))
	}
	return string(kept), err
}

// head keeps the beginning of what is written to it.
type head []byte

func (h *head) Write(p []byte) (int, error) {
	*h = append(*h, p[:min(len(p), maxOutput-len(*h))]...)
	return len(p), nil
}
