//go:build unix && !linux

package process

// hideMemory does nothing: the limit is all that these systems have.
func hideMemory() {}
