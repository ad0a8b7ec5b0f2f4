package holders

import "sync"

// names gives numbers to the names in trees. All workers share one: each has a table of those that it asked for, and a
// name that is new to it is rare.
type names struct {
	mu    sync.Mutex
	index map[string]uint32
	list  []string
	bytes int64
	most  int64 // of bytes
	full  bool  // there are names that have no number
}

const (
	// nameBytes is about what a name takes in the tables beside its text.
	nameBytes = 128
	// nameShare: of so many bytes of memory names may take one, some million of them where nothing else is said. Git's
	// own history has 500 folders.
	nameShare = 4
	// mostNames is how many there may be: their numbers share a word with two bits.
	mostNames = 1 << 30
)

// number returns the number of a name, and false where there is no room for it.
func (n *names) number(name string) (uint32, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at, ok := n.index[name]; ok {
		return at, true
	}
	size := int64(len(name)) + nameBytes
	if n.bytes+size > n.most || len(n.list) >= mostNames {
		n.full = true
		return 0, false
	}
	n.bytes += size
	if n.index == nil {
		n.index = map[string]uint32{}
	}
	at := uint32(len(n.list))
	n.index[name], n.list = at, append(n.list, name)
	return at, true
}
