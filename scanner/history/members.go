package history

import (
	"strings"
	"sync"

	"skleak/rules"
	"skleak/scanner/archive"
)

// The thousand versions of a program have the same members, and each is unpacked once. A memory holds what was found in
// them; all workers of a search share it.
type memory struct {
	mu      sync.Mutex
	members map[archive.Member]remembered
	left    int64 // bytes that may be taken
}

// remembered is what was found in a member.
type remembered struct {
	keys   []rules.Key
	found  []match // with their places from the member on
	second []bool
}

// What a member takes in memory, and what is found in it.
const (
	memberBytes = 160
	keyBytes    = 64
	matchBytes  = 512
)

func newMemory(o Options) *memory {
	return &memory{members: map[archive.Member]remembered{}, left: o.memory() / 8}
}

func (m *memory) get(member archive.Member) (r remembered, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok = m.members[member]
	return r, ok
}

// put remembers a member as long as there is room. In a history, what comes first is as good as what comes later.
func (m *memory) put(member archive.Member, r remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	takes := int64(memberBytes + len(r.keys)*keyBytes + len(r.found)*matchBytes)
	if m.left >= takes {
		m.left -= takes
		m.members[member] = r
	}
}

// begunMember is a member that is looked into, and where what is found in it begins.
type begunMember struct {
	place               string
	keys, found, unread int
}

// Recall implements archive.Rememberer.
func (v *inside) Recall(p archive.Place, m archive.Member) bool {
	if v.memory == nil {
		return false
	}
	place := v.Rules.Redact(p.Path)
	known, ok := v.memory.get(m)
	if !ok {
		v.begun = append(v.begun, begunMember{place, len(v.keys), len(v.found), len(v.unread)})
		return false
	}
	for _, k := range known.keys {
		v.wants(k)
	}
	for _, one := range known.found {
		one.inside = place + one.inside
		v.found = append(v.found, one)
	}
	v.second = append(v.second, known.second...)
	return true
}

// Remember implements archive.Rememberer. What could not be read in a member is to be named in each that has it, so it is
// looked into again.
func (v *inside) Remember(m archive.Member, whole bool) {
	if v.memory == nil {
		return
	}
	last := len(v.begun) - 1
	begun := v.begun[last]
	v.begun = v.begun[:last]
	if !whole || len(v.unread) > begun.unread {
		return
	}
	r := remembered{keys: append([]rules.Key(nil), v.keys[begun.keys:]...), second: append([]bool(nil), v.second[begun.found:]...)}
	for _, one := range v.found[begun.found:] {
		within, ok := strings.CutPrefix(one.inside, begun.place)
		if !ok {
			return // redacted as a whole it is another place than redacted in parts
		}
		one.inside = within
		r.found = append(r.found, one)
	}
	v.memory.put(m, r)
}
