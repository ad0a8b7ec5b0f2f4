package pack

import (
	"cmp"
	"container/heap"
	"slices"
)

// What a walk would take on machines with more cores than this one is found out by simulation. simulation does with
// costs what share and worker do with objects, by the same rules: tasks in their order, a stack of entries for each
// worker, the lowest one given away where somebody waits, and one worker at a time that may hold large objects.

// cost is what is known of an entry: what it takes one core to build and show it, and what it holds afterwards.
type cost struct {
	time  float64 // ns
	size  int64   // bytes of content
	built bool    // false: it was skimmed, or streamed, and holds nothing
}

// simulation is one walk with some cores.
type simulation struct {
	layout *Layout
	costs  []cost // by rank; those that are not walked have none
	kinds  KindSet
	memory int64   // see Walk.Memory
	wakes  float64 // ns until a worker that waits goes on

	small   int64 // bytes that a core may hold; see share.small
	next    int   // task
	nodes   []simNode
	waiting []*core // for work
	barred  []*core // for large
	large   *core   // may hold large objects
	held    int64   // bytes that it does
	running []*core // a heap by time

	idle      float64 // ns that cores waited, for work or for large
	locked    float64 // ns of it for large
	sum, peak int64   // bytes held, and the most
	given     int     // nodes
}

// core is a worker.
type core struct {
	now     float64
	roots   []uint32
	stack   []simNode // of which those below bottom were given away
	current *simNode
	held    int64
	since   float64 // when it began to wait
}

// simNode is a node, and simBuffer a buffer.
type simNode struct {
	rank uint32
	base *simBuffer
}

type simBuffer struct {
	size    int64
	refs    int
	account *int64
}

// run simulates the walk and returns when the last core is done, in ns.
func (s *simulation) run(cores int) (end float64) {
	s.small = (&Walk{Memory: s.memory}).small(int64(cores))
	for range cores {
		s.running = append(s.running, &core{})
	}
	for len(s.running) > 0 {
		c := s.running[0]
		if c.current != nil {
			s.finish(c)
		}
		if s.begin(c) {
			heap.Fix((*byTime)(s), 0)
		} else {
			heap.Pop((*byTime)(s))
		}
		end = max(end, c.now)
	}
	for _, c := range s.waiting {
		s.idle += end - c.since
	}
	return end
}

// finish ends an entry: what is built on it goes on the stack, and if somebody waits the lowest is given away.
func (s *simulation) finish(c *core) {
	n := *c.current
	c.current = nil
	if own := s.costs[n.rank]; own.built {
		b := &simBuffer{size: own.size, account: &c.held}
		if s.large == c {
			b.account = &s.held
		}
		s.layout.EachChild(n.rank, func(child uint32) {
			c.stack = append(c.stack, simNode{child, b})
			b.refs++
		})
		if b.refs == 0 {
			b.refs = 1
			s.release(b)
		}
	}
	if n.base != nil {
		s.release(n.base)
	}
	if len(c.stack) > 1 && s.large != c && len(s.waiting) > 0 {
		s.nodes = append(s.nodes, c.stack[0])
		c.stack = c.stack[1:]
		s.given++
		s.wake(c.now + s.wakes)
	}
}

// release drops one use of a buffer.
func (s *simulation) release(b *simBuffer) {
	if b.refs--; b.refs == 0 {
		*b.account -= b.size
		s.sum -= b.size
	}
}

// begin lets a core begin its next entry. It is false where the core has to wait.
func (s *simulation) begin(c *core) bool {
	for len(c.stack) == 0 {
		s.unlock(c)
		if len(c.roots) == 0 && !s.take(c) {
			c.since = c.now
			s.waiting = append(s.waiting, c)
			return false
		}
		if len(c.roots) > 0 {
			if r := c.roots[0]; s.kinds.Has(s.layout.kind[r]) {
				c.stack = append(c.stack, simNode{rank: r})
			}
			c.roots = c.roots[1:]
		}
	}
	n := c.stack[len(c.stack)-1]
	own := s.costs[n.rank]
	if own.built && s.large != c && (own.size >= largeObject || c.held+own.size > s.small) {
		if s.large != nil {
			c.since = c.now
			s.barred = append(s.barred, c)
			return false
		}
		s.large = c
	}
	c.stack = c.stack[:len(c.stack)-1]
	c.current = &n
	c.now += own.time
	if own.built {
		s.reserve(c, own.size)
	}
	return true
}

func (s *simulation) reserve(c *core, size int64) {
	if s.large == c {
		s.held += size
	} else {
		c.held += size
	}
	s.sum += size
	s.peak = max(s.peak, s.sum)
}

// take gives a core its next work, if there is any.
func (s *simulation) take(c *core) bool {
	if len(s.nodes) > 0 {
		var n simNode
		n, s.nodes = pop(s.nodes)
		c.stack = append(c.stack, n)
		return true
	}
	if s.next < len(s.layout.tasks) {
		c.roots = s.layout.tasks[s.next]
		s.next++
		return true
	}
	return false
}

// unlock lets the next core hold large objects.
func (s *simulation) unlock(c *core) {
	if s.large != c {
		return
	}
	s.large = nil
	if len(s.barred) > 0 {
		next := s.barred[0]
		s.barred = s.barred[1:]
		s.locked += max(c.now-next.since, 0)
		s.resume(next, c.now)
	}
}

// wake lets a core that waits for work go on.
func (s *simulation) wake(now float64) {
	var c *core
	c, s.waiting = pop(s.waiting)
	s.resume(c, now)
}

func (s *simulation) resume(c *core, now float64) {
	s.idle += max(now-c.since, 0)
	c.now = max(now, c.now)
	heap.Push((*byTime)(s), c)
}

// byTime orders the cores that run.
type byTime simulation

func (s *byTime) Len() int           { return len(s.running) }
func (s *byTime) Less(i, j int) bool { return s.running[i].now < s.running[j].now }
func (s *byTime) Swap(i, j int)      { s.running[i], s.running[j] = s.running[j], s.running[i] }
func (s *byTime) Push(c any)         { s.running = append(s.running, c.(*core)) }
func (s *byTime) Pop() any {
	var last *core
	last, s.running = pop(s.running)
	return last
}

// bounds returns the time of all entries in turn, and the longest time of entries each of which waits for the one
// before, in ns: no number of cores is quicker than that.
func (s *simulation) bounds() (work, chain float64) {
	l, base := s.layout, s.layout.bases()
	from := make([]float64, l.Len()) // ns until the entry is built
	for _, task := range l.tasks {
		for _, root := range task {
			if !s.kinds.Has(l.kind[root]) {
				continue
			}
			l.EachBelow(root, func(r uint32) {
				if b := base[r]; b != none {
					from[r] = from[b]
				}
				from[r] += s.costs[r].time
				work += s.costs[r].time
				chain = max(chain, from[r])
			})
		}
	}
	return work, chain
}

// fitted are the three numbers by which the costs of tasks are told best from what they are made of.
func fitted(parts [][3]float64, times []float64) (by [3]float64) {
	keep := make([]int, len(times))
	for i := range keep {
		keep[i] = i
	}
	for range 3 { // each time without the tenth that is told worst: a machine that is shared now and then stops
		by = leastSquares(parts, times, keep)
		off := func(i int) float64 {
			told := parts[i][0]*by[0] + parts[i][1]*by[1] + parts[i][2]*by[2]
			return max(told-times[i], times[i]-told) / max(told, 1)
		}
		slices.SortFunc(keep, func(a, b int) int { return cmp.Compare(off(a), off(b)) })
		keep = keep[:len(keep)-len(keep)/10]
	}
	return by
}

// leastSquares solves the normal equations, each part of the sum being weighed by how long it takes.
func leastSquares(parts [][3]float64, times []float64, keep []int) (by [3]float64) {
	var m [3][4]float64
	for _, i := range keep {
		weight := 1 / max(times[i], 1)
		for a := range 3 {
			for b := range 3 {
				m[a][b] += weight * parts[i][a] * parts[i][b]
			}
			m[a][3] += weight * parts[i][a] * times[i]
		}
	}
	for a := range 3 {
		if m[a][a] == 0 {
			continue
		}
		for b := range 3 {
			if b == a {
				continue
			}
			f := m[b][a] / m[a][a]
			for k := range 4 {
				m[b][k] -= f * m[a][k]
			}
		}
	}
	for a := range 3 {
		if m[a][a] != 0 {
			by[a] = max(m[a][3]/m[a][a], 0)
		}
	}
	return by
}
