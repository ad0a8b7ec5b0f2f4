package process

import (
	"os"
	"runtime"
	"runtime/debug"
)

// DelayCollection has garbage collected for the first time when there are 24 MB of memory in place of 4, and then as
// usual. A hook is done by then, as a rule, and each collection of a few MB costs it threads, memory for the collector
// and up to a tenth of its time. Where GOGC says how often to collect, that counts.
func DelayCollection() {
	if os.Getenv("GOGC") != "" {
		return
	}
	const firstPercent = 600 // of the 4 MB at which Go begins
	usual := debug.SetGCPercent(firstPercent)
	first := new(struct{ self any }) // with a pointer: of what has none, several share one piece of memory
	runtime.AddCleanup(first, func(usual int) { debug.SetGCPercent(usual) }, usual)
}
