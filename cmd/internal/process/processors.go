package process

import (
	"os"
	"runtime"
)

// SpareProcessor gives Go's scheduler one processor more than there are, for a command that opens and reads thousands
// of small files. Where goroutines keep all processors busy, the scheduler takes the processor of any thread away that
// it meets twice in system calls, 20 µs apart, though nothing waits for it. To get another one costs that thread more than
// reading a small file, and on a busy machine it happens at every other call. A processor that stands idle lets a thread
// keep its own for 10 ms.
//
// Workers are counted by runtime.NumCPU, so that there are no more of them. A command whose time goes into computing
// has no use for it: the collector takes up to a twenty-fifth more with it. What the user has set stays as it is.
func SpareProcessor() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
}
