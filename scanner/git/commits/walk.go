package commits

import (
	"context"
	"math"
	"slices"

	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
)

// Source is where a walk gets its commits from, and whom it tells what it noticed.
type Source struct {
	Read func(oid.ID) (Commit, error)
	// Head reads an unwanted commit, of which nobody asks for the content; nil: Read does.
	Head    func(oid.ID) (Commit, error)
	Unread  func(id, child oid.ID, err error) // a wanted commit's parent cannot be read
	Shallow map[oid.ID]bool                   // commits whose parents are absent by intent
	AtEdge  func()                            // a wanted commit is one of them
	// New is true for a commit to which no unwanted one can lead, since it came after all of them. nil: nobody knows any.
	// Where it is wrong, more may count as wanted, and never less.
	New func(oid.ID) bool
}

// Walk finds the commits that wanted ones lead to and unwanted ones do not.
//
// A wanted commit is followed when all unwanted ones of its date and later ones have been, or when it would be, but
// that it has become unwanted. Of the unwanted, first parents come first: most branches begin at a commit that is one,
// and to find that out takes the way along the main line, where all that came in beside it is several times as much.
// (A push of 20 commits of git's own repository, one of them on a branch that had begun five months earlier, read 1,178
// commits when all were taken by their dates.) The walk ends when only unwanted ones are left that are older than
// every wanted one that was followed, and a few of these have been followed. Where clocks were more wrong than that,
// an unwanted commit may pass for a wanted one: then more is searched than was asked for, and never less.
//
// A commit that is known to be new waits for nobody. If all that were followed are, the walk ends with the last of them:
// then it has only been looked for where they begin. (A server that is pushed 183 commits of git's own repository, the
// oldest of them from two months before its latest, read 1,030 others, and reads 334.)
type Walk struct {
	Source Source
	// Most is how many commits may be followed. Where it does not suffice, Complete is false.
	Most int

	nodes  map[oid.ID]*reached
	fresh  []*reached    // wanted ones to be followed that are new
	open   queue[queued] // all other wanted ones to be followed, and some that have become unwanted
	main   queue[queued] // unwanted ones to be followed: those excluded, and first parents of such
	side   queue[queued] // all other unwanted ones
	oldest int64         // date of the oldest wanted commit that was followed
	doubt  bool          // one was followed that is not known to be new
	extra  int           // unwanted commits followed that are older than that, one after the other
}

type state uint8

const (
	wanted   state = 1
	unwanted state = 2
)

// reached is a commit that the walk has come to.
type reached struct {
	Commit
	state  state
	isRead bool // else only its id is known
	isMain bool
	isNew  bool
	lost   *lost // nil but for a wanted one that cannot be read
}

// lost is why a commit cannot be read, and a commit of which it is a parent.
type lost struct {
	child oid.ID
	err   error
}

// queued is a commit by its date, or by that of a child where it was not read yet.
type queued struct {
	*reached
	date int64
}

// clockSlop is how many unwanted commits are followed beyond the oldest wanted one.
const clockSlop = 32

// NewWalk begins a walk with no commits.
func NewWalk(source Source) *Walk {
	latest := func() queue[queued] {
		return queue[queued]{less: func(a, b queued) bool { return a.date > b.date }}
	}
	return &Walk{Source: source, Most: math.MaxInt, nodes: map[oid.ID]*reached{}, oldest: math.MaxInt64,
		open: latest(), main: latest(), side: latest()}
}

// Want adds a commit that is wanted with all that it leads to, unless Exclude takes it out.
func (w *Walk) Want(c Commit) {
	if w.nodes[c.ID] != nil {
		return
	}
	n := &reached{Commit: c, state: wanted, isRead: true}
	w.nodes[c.ID] = n
	if n.isNew = w.Source.New != nil && w.Source.New(c.ID); n.isNew {
		w.fresh = append(w.fresh, n)
		return
	}
	w.open.push(queued{n, c.Date})
}

// Exclude adds a commit that is not wanted, nor is anything that it leads to.
func (w *Walk) Exclude(c Commit) {
	n := w.nodes[c.ID]
	if n == nil {
		n = &reached{Commit: c, isRead: true}
		w.nodes[c.ID] = n
	}
	w.takeOut(n, c.Date, true)
}

// takeOut makes a commit unwanted, and has what it leads to follow.
func (w *Walk) takeOut(n *reached, date int64, main bool) {
	if n.state == unwanted && (n.isMain || !main) {
		return
	}
	n.state, n.isMain = unwanted, main
	if n.isRead {
		date = n.Date
	}
	if main {
		w.main.push(queued{n, date})
	} else {
		w.side.push(queued{n, date})
	}
}

// Run follows commits until none can change which ones are wanted, and returns the wanted ones, sorted by id.
func (w *Walk) Run(ctx context.Context) (found []Commit, err error) {
	for n := w.next(); n != nil && w.Most >= 0; n = w.next() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		w.Most--
		w.follow(n)
	}
	for _, n := range w.nodes {
		if n.state == wanted && n.isRead {
			found = append(found, n.Commit)
		}
	}
	slices.SortFunc(found, func(a, b Commit) int { return a.ID.Compare(b.ID) })
	return found, nil
}

// Complete is false for a walk that ended because Most did not suffice.
func (w *Walk) Complete() bool { return w.Most >= 0 }

// TreeOf returns the root tree of a commit, if the walk has read it.
func (w *Walk) TreeOf(id oid.ID) (tree oid.ID, ok bool) {
	if n := w.nodes[id]; n != nil {
		tree = n.Tree
	}
	return tree, !tree.IsZero()
}

// next takes the commit that is to be followed next; nil: none can change which ones are wanted.
func (w *Walk) next() *reached {
	for {
		for last := len(w.fresh) - 1; last >= 0; last-- {
			n := w.fresh[last]
			if w.fresh = w.fresh[:last]; n.state == wanted {
				return n
			}
		}
		for w.open.len() > 0 && w.open.first().state != wanted {
			w.open.pop()
		}
		isOpen := w.open.len() > 0
		switch from := w.before(isOpen); {
		case from != nil:
			n := w.read(from.pop())
			if n != nil && !isOpen && n.Date < w.oldest {
				w.extra++
			}
			if n != nil {
				return n
			}
		case isOpen:
			n := w.open.pop().reached
			if n.lost == nil {
				return n
			}
			w.Source.Unread(n.ID, n.lost.child, n.lost.err)
			delete(w.nodes, n.ID) // another child may name it
		default:
			return nil
		}
	}
}

// before returns where the next commit comes from that must be followed before the next wanted one is, or before the
// walk ends; nil if there is none.
func (w *Walk) before(isOpen bool) *queue[queued] {
	if isOpen {
		w.extra = 0
		for _, q := range []*queue[queued]{&w.main, &w.side} {
			if q.len() > 0 && q.first().date >= w.open.first().date {
				return q
			}
		}
		return nil
	}
	if !w.doubt {
		return nil
	}
	later := &w.main
	if w.side.len() > 0 && (later.len() == 0 || w.side.first().date > later.first().date) {
		later = &w.side
	}
	switch {
	case later.len() == 0:
		return nil
	case later.first().date >= w.oldest:
		w.extra = 0
	case w.extra >= clockSlop:
		return nil
	}
	return later
}

// read makes sure that an unwanted commit was read. It returns nil for one that cannot be, or is older than the child
// by whose date it was queued: that one has to wait.
func (w *Walk) read(q queued) *reached {
	n := q.reached
	if n.isRead {
		return n
	}
	head := w.Source.Head
	if head == nil {
		head = w.Source.Read
	}
	c, err := head(n.ID)
	if err != nil { // what lies behind an unwanted one can only make more count as wanted
		return nil
	}
	if c.ID != n.ID { // a tag in the place of a commit
		c = Commit{Commit: object.Commit{Parents: []oid.ID{c.ID}}, ID: n.ID, Date: c.Date}
	}
	n.Commit, n.isRead = c, true
	if n.Date >= q.date {
		return n
	}
	if n.isMain {
		w.main.push(queued{n, n.Date})
	} else {
		w.side.push(queued{n, n.Date})
	}
	return nil
}

// follow passes a commit's state on to its parents.
func (w *Walk) follow(n *reached) {
	if n.state == wanted {
		w.oldest = min(w.oldest, n.Date)
		w.doubt = w.doubt || !n.isNew
	}
	if w.Source.Shallow[n.ID] {
		if n.state == wanted {
			w.Source.AtEdge()
		}
		return
	}
	for i, id := range n.Parents {
		p := w.nodes[id]
		switch {
		case n.state == unwanted:
			if p == nil {
				p = &reached{Commit: Commit{ID: id}}
				w.nodes[id] = p
			}
			w.takeOut(p, n.Date, n.isMain && i == 0)
		case p == nil:
			if c, err := w.Source.Read(id); err != nil {
				w.lose(id, n, err)
			} else {
				w.Want(c)
			}
		}
	}
}

// lose notes that a wanted commit cannot be read, which is told unless it turns out to be unwanted.
func (w *Walk) lose(id oid.ID, child *reached, err error) {
	n := &reached{Commit: Commit{ID: id}, state: wanted, lost: &lost{child.ID, err}}
	w.nodes[id] = n
	w.open.push(queued{n, child.Date})
}
