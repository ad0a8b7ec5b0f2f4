package find

import (
	"slices"
	"strings"
	"sync"

	"skleak/scanner/archive"
)

// The thousand versions of a program have the same members, and each is unpacked once. A Memory holds what was found in
// them; all workers of a search share it.
type Memory struct {
	mu      sync.Mutex
	members map[archive.Member]remembered
	left    int64 // bytes that may be taken
}

// remembered is what was found in a member.
type remembered struct {
	keys   []askedOf
	found  []Match // with their places from the member on
	second []bool
}

// What a member takes in memory, and what is found in it.
const (
	memberBytes = 160
	keyBytes    = 64
	matchBytes  = 512
)

// NewMemory makes one that takes so many bytes at most.
func NewMemory(most int64) *Memory {
	return &Memory{members: map[archive.Member]remembered{}, left: most}
}

func (m *Memory) get(member archive.Member) (r remembered, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok = m.members[member]
	return r, ok
}

// put remembers a member as long as there is room. In a history, what comes first is as good as what comes later.
func (m *Memory) put(member archive.Member, r remembered) {
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
func (v *Inside) Recall(p archive.Place, m archive.Member) bool {
	if v.Memory == nil {
		return false
	}
	place := v.Rules.Redact(p.Path)
	known, ok := v.Memory.get(m)
	if !ok {
		v.begun = append(v.begun, begunMember{place, len(v.keys), len(v.Found), len(v.NotRead)})
		return false
	}
	for _, one := range known.keys {
		v.wants(one.second)(one.key)
	}
	for _, one := range known.found {
		one.Inside = place + one.Inside
		v.Found = append(v.Found, one)
	}
	v.second = append(v.second, known.second...)
	return true
}

// Remember implements archive.Rememberer. What could not be read in a member is to be named in each that has it, so it
// is looked into again.
func (v *Inside) Remember(m archive.Member, whole bool) {
	if v.Memory == nil {
		return
	}
	last := len(v.begun) - 1
	begun := v.begun[last]
	v.begun = v.begun[:last]
	if !whole || len(v.NotRead) > begun.unread {
		return
	}
	r := remembered{keys: slices.Clone(v.keys[begun.keys:]), second: slices.Clone(v.second[begun.found:])}
	for _, one := range v.Found[begun.found:] {
		within, ok := strings.CutPrefix(one.Inside, begun.place)
		if !ok {
			return // redacted as a whole it is another place than redacted in parts
		}
		one.Inside = within
		r.found = append(r.found, one)
	}
	v.Memory.put(m, r)
}
