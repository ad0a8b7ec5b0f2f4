package process

import (
	"os"
	"runtime"
)

// SpareProcessor gives Go's scheduler one processor more than there are, for a command that opens and reads thousands
// of small files. Where goroutines keep all processors busy, the scheduler takes the processor of a thread away that it
// meets in one system call for 20 µs, though nothing waits for it, and the thread has to get another. While a processor
// stands idle, a thread keeps its own for 10 ms. On a busy machine, four runs over 76,000 files of 2 kB took 0.76 to 1.96 s
// of system time, and 0.60 to 0.67 s with one to spare.
//
// Workers are counted by runtime.NumCPU, so that there are no more of them. The scan of a history, which computes more than it
// calls, took 4 % more processor time with it. What the user has set stays as it is.
func SpareProcessor() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
}
