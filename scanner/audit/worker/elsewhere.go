package worker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"skleak/scanner"
	"skleak/scanner/audit/job"
	"skleak/scanner/git/fetch"
	"skleak/scanner/git/oid"
	"skleak/scanner/history"
	"skleak/scanner/run"
)

// elsewhere reads a repository of another machine.
func (t *try) elsewhere() (job.Reading, error) {
	u, ok, err := fetch.ParseURL(t.job.Repository.URL)
	switch {
	case !ok:
		return job.Reading{}, job.PermanentError{Err: errors.New("its URL cannot be read: it is none")}
	case err != nil:
		return job.Reading{}, job.PermanentError{Err: fmt.Errorf("its URL cannot be read: %w", err)}
	case u.IsFile():
		t.job.Repository.Path = u.Path()
		return t.here()
	case t.MaxRepository > 0 && t.job.Repository.Bytes > t.MaxRepository:
		return job.Reading{}, t.tooLarge()
	}
	if t.common = t.inCommon(); t.err != nil {
		return job.Reading{}, t.err
	}
	m, err := t.open(u)
	if err != nil {
		return job.Reading{}, err
	}
	defer t.close(m)
	reading, err := t.mirrored(m)
	if errors.Is(err, errDamaged) {
		t.say("%v, and is fetched again", err)
		if err := m.throwAway(); err != nil {
			return reading, err
		}
		reading, err = t.mirrored(m)
	}
	if err == nil && t.DropMirrors {
		err = m.throwAway()
	}
	return reading, err
}

// mirrored brings the mirror up to date, and reads what has to be read.
func (t *try) mirrored(m *mirror) (job.Reading, error) {
	request, err := t.request(m)
	if err != nil {
		return job.Reading{}, err
	}
	server, err := fetch.Connect(t.ctx, request)
	if err != nil {
		return job.Reading{}, err
	}
	defer func() { _ = server.Close() }() // all that was wanted has come, or an error is returned
	t.sayMoved(server.Moved)
	h := &hidden{try: t, mirror: m, before: m.mark}
	if t.stands(server.Refs.Digest(), m.mark) {
		_ = server.Close()
		if err := h.ask(); err != nil {
			return job.Reading{}, err
		}
		if !h.anyNew() {
			last := *t.job.Last
			last.PushedAt = t.job.Repository.PushedAt
			return last, nil
		}
		if server, err = fetch.Connect(t.ctx, request); err != nil {
			return job.Reading{}, err
		}
	}
	if err := m.begin(); err != nil {
		return job.Reading{}, err
	}
	if err := server.Fetch(); err != nil {
		if m.new {
			err = errors.Join(err, m.throwAway())
		}
		return job.Reading{}, t.explain(err)
	}
	_ = server.Close()
	if err := h.bring(request, server.Refs); err != nil {
		return job.Reading{}, err
	}
	return t.read(m, server.Refs, h)
}

// request is what is asked of the server.
func (t *try) request(m *mirror) (r fetch.Request, err error) {
	r = fetch.Request{URL: m.url, Dir: m.dir, Credentials: t.Credentials, MaxBytes: t.MaxRepository, WithGit: t.WithGit,
		Received: t.bytes.count, Heard: func() { t.moved.Add(1) }}
	if m.new {
		r.Expected = t.job.Repository.Bytes
	}
	if t.Token != nil {
		if r.Credentials.Token, err = t.Token(t.ctx, t.job.Repository); err != nil {
			return r, fmt.Errorf("asking for the token: %w", err)
		}
	}
	return r, nil
}

// received adds up what comes in one pack or several.
type received struct{ before, now int64 }

func (r *received) count(bytes int64) {
	if bytes < r.now { // another pack
		r.before += r.now
	}
	r.now = bytes
}

func (r *received) all() int64 { return r.before + r.now }

// errDamaged says that what lies here is not what was read before.
var errDamaged = errors.New("its mirror is damaged")

// read reads what is new, if nothing was found before and nothing is found in that; else everything. So a report says
// the same, however its repository was read.
func (t *try) read(m *mirror, refs fetch.Refs, h *hidden) (job.Reading, error) {
	t.size = m.size()
	source := run.Mirror{Dir: m.dir, URL: m.url.String(), KeepIdx: !t.DropMirrors, Hidden: h.of}
	if t.canGoOn(m, h.before) {
		changed := source
		changed.New = changeOf(h.before, refs, h.list)
		r, result, err := t.scan(t.plan(changed, h))
		if err != nil {
			return job.Reading{}, err
		}
		if len(result.Leaks) == 0 && result.Complete() {
			return t.finish(m, refs, r, result, h)
		}
	}
	r, result, err := t.scan(t.plan(source, h))
	if err != nil {
		return job.Reading{}, err
	}
	if !m.new && h.before.Complete && isDamaged(result.Coverage) {
		return job.Reading{}, errDamaged
	}
	return t.finish(m, refs, r, result, h)
}

// plan plans the scan of a mirror, and names what could not be asked for.
func (t *try) plan(source run.Mirror, h *hidden) run.Plan {
	return run.Plan{Targets: []string{t.job.Repository.URL}, Source: func(ctx context.Context, s *run.Scan) error {
		err := source.Source(ctx, s)
		if h.failed != nil {
			s.Coverage.Unreadable(scanner.UnreadableRepo, "hidden commits", s.Settings.Redactor.Redact(h.failed.Error()))
		}
		return err
	}}
}

// canGoOn tells whether it is enough to read what is new.
func (t *try) canGoOn(m *mirror, before mark) bool {
	return t.job.Last != nil && !m.new && !before.Unread && before.Complete && before.Told == 0 && before.Rules == t.rules
}

func changeOf(before mark, refs fetch.Refs, hidden []job.Hidden) *history.Change {
	c := &history.Change{}
	for _, known := range [][]oidText{before.Refs, before.Hidden} {
		for _, id := range known {
			c.Known = append(c.Known, oid.ID(id))
		}
	}
	for _, ref := range refs.List {
		c.Tips = append(c.Tips, history.Tip{Ref: ref.Name, ID: ref.ID})
	}
	if id, err := oid.Parse(refs.Head); err == nil {
		c.Tips = append(c.Tips, history.Tip{Ref: "HEAD", ID: id})
	}
	for _, h := range hidden {
		if id, err := oid.Parse(h.ID); err == nil {
			c.Tips = append(c.Tips, history.Tip{Ref: "hidden commit " + h.ID, ID: id})
		}
	}
	return c
}

// isLasting tells whether all that could not be read is such by what it is: the next reading could read no more of it.
func isLasting(c scanner.Totals) bool { return unreadBeside(c, lasting) <= c.Broken }

// isDamaged tells whether something could not be read that should lie in the mirror.
func isDamaged(c scanner.Totals) bool {
	return unreadBeside(c, append([]string{scanner.UnreadableRepo}, lasting...)) > c.Broken
}

// lasting are the reasons that no other reading can mend with the same memory. What is corrupt may be so in the repository,
// and then it is counted as broken, or in the mirror alone.
var lasting = []string{scanner.UnreadableEncrypted, scanner.UnreadableUnsupported, scanner.UnreadableTooLarge}

// unreadBeside counts what could not be read for other reasons. Where a list has no room for more, none are taken to be lasting.
func unreadBeside(c scanner.Totals, reasons []string) (n int64) {
	for _, u := range c.Unreadable {
		switch {
		case slices.Contains(reasons, u.Reason):
		case u.Place == "":
			return math.MaxInt64
		default:
			n++
		}
	}
	return n
}

// finish writes down what was read.
func (t *try) finish(m *mirror, refs fetch.Refs, r *run.Run, result *run.Result, h *hidden) (job.Reading, error) {
	reading, err := t.conclude(refs.Digest(), r, result, h.list)
	if err != nil {
		return reading, err
	}
	m.mark = mark{At: reading.At, Rules: t.rules, Memory: t.memory, Told: int64(len(result.Leaks)),
		Complete: reading.Complete, Lasting: isLasting(result.Coverage), Damaged: isDamaged(result.Coverage)}
	if m.mark.Refs, m.mark.Hidden, err = marked(refs, h.list); err != nil {
		m.mark = mark{}
	}
	return reading, m.writeMark()
}

// explain says in words of an audit that a repository is too large.
func (t *try) explain(err error) error {
	if t.MaxRepository > 0 && fetch.KindOf(err) == fetch.TooLarge {
		return t.tooLarge()
	}
	return err
}

// sayMoved says that the repository has another address now.
func (t *try) sayMoved(moved fetch.Moved) {
	switch moved {
	case fetch.Renamed:
		t.say("its host leads to another path: it was renamed, or has moved")
	case fetch.Elsewhere:
		t.say("its host leads to another one, where no token is sent")
	}
}
