// Package stack has the stack of the first goroutine grow once, to what all packages need before main begins. By itself
// it grows five times, each time it is copied, and for each function on it Go looks up what of it to change: a twentieth of
// the time that "skleak version" takes.
//
// It imports nothing, since Go initializes a package once those are that it imports, and of several the first by name.
// So it comes before most of the standard library.
package stack

func init() { grow(false) }

// grow needs a large stack, whether it uses it or not. What of it is not written to takes no memory.
//
//go:noinline
func grow(use bool) byte {
	if !use {
		return 0
	}
	var room [24 << 10]byte
	return last(&room)
}

//go:noinline
func last(room *[24 << 10]byte) byte { return room[len(room)-1] }
