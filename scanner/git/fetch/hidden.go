package fetch

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"

	"skleak/scanner/git/oid"
)

// Asked says what came of asking for commits by their ids.
type Asked struct {
	Served  []oid.ID // in the mirror now, with all that they lead to
	Refused []oid.ID // the server does not have them, or not for everybody
	NotSent []oid.ID // nobody asked: the server takes no questions for ids, or there were too many
}

const (
	// idsAtOnce is how many commits are asked for by one question.
	idsAtOnce = 200
	// maxQuestions bounds the questions. A server refuses a question for many as soon as it does not have one of them,
	// and then the half of them is asked for.
	maxQuestions = 400
)

// errNotOurs says that the server does not have what was asked for, or not for everybody.
var errNotOurs = errors.New("the server does not hand out what its refs led to: it has changed meanwhile; try again")

// isRefusal recognises how servers say that.
func isRefusal(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "not our ref") || strings.Contains(err.Error(), "unadvertised object"))
}

// ByID brings commits into a mirror to which no ref of the server need lead. They get no ref there either.
func ByID(ctx context.Context, r Request, ids []oid.ID) (a Asked, err error) {
	q := questions{ctx: ctx, request: r, left: maxQuestions}
	defer q.end()
	if len(ids) == 0 {
		return a, nil
	}
	if err := q.connect(); err != nil {
		return a, err
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id oid.ID) bool { // which a ref of the mirror has brought
		here := slices.Contains(q.haves, id)
		if here {
			q.Served = append(q.Served, id)
		}
		return here
	})
	for batch := range slices.Chunk(ids, idsAtOnce) {
		if err := q.ask(batch); err != nil {
			return q.Asked, err
		}
	}
	return q.Asked, nil
}

// questions are those for ids. Over HTTP, one conversation does for all of them.
type questions struct {
	Asked
	ctx     context.Context
	request Request
	server  *Server
	haves   []oid.ID
	left    int
}

func (q *questions) end() {
	if q.server != nil {
		_ = q.server.Close()
		q.server = nil
	}
}

// ask asks for some commits, and for halves of them where that is refused.
func (q *questions) ask(ids []oid.ID) error {
	if err := q.connect(); err != nil {
		return err
	}
	if q.left--; q.left < 0 || !q.server.takesIDs() {
		q.NotSent = append(q.NotSent, ids...)
		return nil
	}
	err := q.server.explain(q.server.bring(ids, q.haves))
	if q.request.URL.isStream() && !q.request.WithGit {
		q.end() // one conversation has one pack
	}
	switch {
	case err == nil:
		q.Served = append(q.Served, ids...)
	case !errors.Is(err, errNotOurs):
		return err
	case len(ids) == 1:
		q.Refused = append(q.Refused, ids...)
	default:
		half := len(ids) / 2
		if err := q.ask(ids[:half]); err != nil {
			return err
		}
		return q.ask(ids[half:])
	}
	return nil
}

func (q *questions) connect() (err error) {
	if q.server != nil {
		return nil
	}
	had, err := MirrorRefs(q.request.Dir)
	if err != nil {
		return err
	}
	if q.server, err = Connect(q.ctx, q.request); err == nil {
		_, q.haves = q.server.missing(had)
	}
	return err
}

// takesIDs tells whether the server answers questions for ids. One that says so may do it for some alone.
func (s *Server) takesIDs() bool {
	return s.request.WithGit || s.able.Supports(capability.AllowTipSHA1InWant) ||
		s.able.Supports(capability.AllowReachableSHA1InWant)
}
