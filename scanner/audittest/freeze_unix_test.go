//go:build unix

package audittest

import (
	"os/exec"
	"syscall"
)

// freeze stops a process until thaw is called.
func freeze(c *exec.Cmd) (thaw func()) {
	_ = c.Process.Signal(syscall.SIGSTOP)
	return func() { _ = c.Process.Signal(syscall.SIGCONT) }
}
