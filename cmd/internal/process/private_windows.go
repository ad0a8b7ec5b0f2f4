package process

// KeepMemoryPrivate does nothing: Windows dumps a process only where its administrator has set that
// up, and gives a process no say in it.
func KeepMemoryPrivate() {}
