// Package stack has the stack of a goroutine grow once, to what its work needs. By itself it grows three to five times:
// each time it is copied, and for each function on it Go looks up what of it to change, in tables that nobody has touched
// before. For the first goroutine that is a twentieth of the time that "skleak version" takes.
//
// It imports nothing, since Go initializes a package once those are that it imports, and of several the first by name.
// So the first goroutine has its stack before most of the standard library is initialized on it.
package stack

func init() { Grow() }

// Grow makes room for 24 kB on the stack of the goroutine that calls it. What of it is not written to takes no memory.
// It pays at the start of a goroutine, while there is little to copy.
func Grow() { grow(false) }

// grow needs a large stack, whether it uses it or not.
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
