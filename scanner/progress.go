package scanner

import "sync/atomic"

// Progress is how far one walk has come, for whoever watches it. The scanner adds to the counters,
// the watcher only reads them; none of them says anything about what a report will hold.
type Progress struct {
	// Unit names what is counted, in the plural: "files", "objects". It is set before the walk
	// begins and never changes.
	Unit string

	Total atomic.Int64 // what there is to do, 0 while that is not known; it may grow
	Done  atomic.Int64 // what has been done of it
	Found atomic.Int64 // places with a key so far, before they are told apart or judged
	Bytes atomic.Int64 // what was read of files so far; 0 where that is not counted
}
