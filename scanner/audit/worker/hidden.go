package worker

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sourcegraph/conc"

	"skleak/scanner"
	"skleak/scanner/audit/job"
	"skleak/scanner/git/commits"
	"skleak/scanner/git/fetch"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/repository"
)

// hidden are the commits of a repository that its host serves though no ref leads to them. The host is asked for those
// that its API names, that the last reading knew, and that refs led to when the mirror was read last.
type hidden struct {
	*try
	mirror *mirror
	before mark // when the try began

	told   []job.Hidden // by the host
	asked  bool
	failed error // why not all of them could be asked for

	list []job.Hidden // those that are served
	by   map[oid.ID]*scanner.Hidden
}

// mostPatience is how long the host's API may make us wait: it counts questions, and an hour's may be used up.
const mostPatience = 70 * time.Minute

// ask asks the host, unless nothing was pushed since it was asked.
func (h *hidden) ask() error {
	last, now := h.job.Last, h.job.Repository.PushedAt
	if h.asked || h.Hidden == nil || last != nil && !now.IsZero() && now.Equal(last.PushedAt) {
		return nil
	}
	h.asked = true
	defer h.waiting()()
	var err error
	h.told, err = h.Hidden(h.ctx, h.job.Repository)
	return err
}

// waiting counts that something happens, while nobody can tell.
func (h *hidden) waiting() (stop func()) {
	end := make(chan struct{})
	var counting conc.WaitGroup // which hands on a panic
	counting.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for range int(mostPatience / time.Second) {
			select {
			case <-end:
				return
			case <-tick.C:
				h.moved.Add(1)
			}
		}
	})
	return func() { close(end); counting.Wait() }
}

// anyNew tells whether the host named commits that were not known.
func (h *hidden) anyNew() bool {
	return slices.ContainsFunc(h.told, func(one job.Hidden) bool { return !h.wasServed(one) })
}

// wasServed tells whether the last reading has a commit.
func (h *hidden) wasServed(one job.Hidden) bool {
	same := func(last job.Hidden) bool { return last.ID == one.ID }
	return h.job.Last != nil && slices.ContainsFunc(h.job.Last.Hidden, same)
}

// bring fetches hidden commits into the mirror, which has the refs, and finds out which commits are behind them.
func (h *hidden) bring(r fetch.Request, refs fetch.Refs) error {
	if err := h.ask(); err != nil {
		if h.ctx.Err() != nil {
			return err
		}
		h.failed = err
	}
	candidates := h.candidates(refs)
	if len(candidates) == 0 {
		return nil
	}
	repo, err := repository.Open(gitdir.Reach{Root: h.mirror.dir}, h.mirror.dir, false)
	if err != nil {
		return err
	}
	defer repo.Close() //nolint:errcheck // it was only read
	repo.Objects.KeepIdx = !h.DropMirrors
	// Most of those that are here are no longer tips, since their refs have gone on from there.
	reader := repo.Objects.NewReader()
	here := maps.Clone(candidates)
	maps.DeleteFunc(here, func(id oid.ID, _ job.Hidden) bool { return !reader.Has(id) })
	if err := h.sort(repo, refs, here); err != nil {
		return err
	}
	maps.DeleteFunc(candidates, func(id oid.ID, one job.Hidden) bool {
		_, isHere := here[id]
		return isHere && !slices.Contains(h.list, one)
	})
	if err := h.fetch(r, here, candidates); err != nil {
		return err
	}
	return h.sort(repo, refs, candidates)
}

// candidates are the commits that may be hidden, with what is known of what hid them.
func (h *hidden) candidates(refs fetch.Refs) map[oid.ID]job.Hidden {
	lists := [][]job.Hidden{h.lost(refs), nil, h.told} // the host's word last: it counts
	if h.job.Last != nil {
		lists[1] = h.job.Last.Hidden
	}
	all := map[oid.ID]job.Hidden{}
	for _, one := range slices.Concat(lists...) {
		if id, err := oid.Parse(one.ID); err == nil && len(one.ID) == 2*oid.SHA1.Size() && !id.IsZero() {
			all[id] = one
		}
	}
	for _, id := range refs.IDs() {
		delete(all, id)
	}
	return all
}

// lost are the commits to which refs of the mirror led before, and do not now. What a host merged on trial has nothing of
// its own, and is another each time that its branch moves.
func (h *hidden) lost(refs fetch.Refs) (list []job.Hidden) {
	now := make(map[string]oid.ID, len(refs.List))
	for _, ref := range refs.List {
		now[ref.Name] = ref.ID
	}
	if h.before.Unread { // then refs may have led elsewhere since
		for _, id := range h.before.Refs {
			list = append(list, job.Hidden{ID: oid.ID(id).Hex(oid.SHA1)})
		}
	}
	for _, ref := range h.mirror.had.List {
		why := scanner.HiddenByForcePush
		if _, there := now[ref.Name]; !there {
			why = scanner.HiddenByDeletion
		}
		if now[ref.Name] != ref.ID && !strings.HasSuffix(ref.Name, "/merge") {
			list = append(list, job.Hidden{ID: ref.ID.Hex(oid.SHA1), Ref: ref.Name, Why: string(why)})
		}
	}
	return list
}

// fetch asks the server for candidates, but for those that are here and that it is known to serve, and takes out those
// that it does not serve.
func (h *hidden) fetch(r fetch.Request, here, candidates map[oid.ID]job.Hidden) error {
	var wanted []oid.ID
	for id, one := range candidates {
		if _, isHere := here[id]; !isHere || !h.wasServed(one) {
			wanted = append(wanted, id)
		}
	}
	slices.SortFunc(wanted, oid.ID.Compare)
	asked, err := fetch.ByID(h.ctx, r, wanted)
	if err != nil {
		return h.explain(err)
	}
	told := func(id oid.ID) bool {
		return slices.ContainsFunc(h.told, func(one job.Hidden) bool { return one.ID == id.Hex(oid.SHA1) })
	}
	refused := 0
	for _, id := range asked.Refused {
		if told(id) {
			refused++
		}
		delete(candidates, id)
	}
	if refused > 0 {
		h.say("the host names %s that it does not serve any more", scanner.Counted(int64(refused), "hidden commit"))
	}
	unasked := 0
	for _, id := range asked.NotSent {
		if told(id) {
			unasked++
		}
		delete(candidates, id)
	}
	if unasked > 0 && h.failed == nil {
		h.failed = fmt.Errorf("the host names %s, and its server takes no questions for them",
			scanner.Counted(int64(unasked), "hidden commit"))
	}
	return nil
}

// sort finds out to which of some commits no ref leads, and what hid all commits behind these.
func (h *hidden) sort(repo *repository.Repo, refs fetch.Refs, among map[oid.ID]job.Hidden) error {
	reader := repo.Objects.NewReader()
	read := func(id oid.ID) (commits.Commit, error) { return commits.Read(reader.Read, id, oid.SHA1) }
	shallow, err := repo.Shallow()
	if err != nil {
		return err
	}
	w := commits.NewWalk(commits.Source{Read: read, Shallow: shallow, AtEdge: func() {},
		Unread: func(oid.ID, oid.ID, error) {}}) // which the scan tells of
	for id := range among {
		if c, err := read(id); err == nil {
			w.Want(c)
		}
	}
	for _, id := range refs.IDs() {
		if c, err := read(id); err == nil {
			w.Exclude(c)
		}
	}
	found, err := w.Run(h.ctx)
	if err != nil {
		return err
	}
	behind := make(map[oid.ID]commits.Commit, len(found))
	for _, c := range found {
		behind[c.ID] = c
	}
	h.list, h.by = nil, map[oid.ID]*scanner.Hidden{}
	for id, one := range among {
		if _, hidden := behind[id]; hidden {
			h.list = append(h.list, one)
		}
	}
	slices.SortFunc(h.list, func(a, b job.Hidden) int { return cmp.Or(a.When.Compare(b.When), strings.Compare(a.ID, b.ID)) })
	for _, one := range h.list {
		h.attribute(one, behind)
	}
	return nil
}

// attribute notes of the commits behind one what hid them. Of several events, the first did.
func (h *hidden) attribute(one job.Hidden, behind map[oid.ID]commits.Commit) {
	id, err := oid.Parse(one.ID)
	if err != nil {
		return
	}
	says := &scanner.Hidden{Event: eventOf(one.Why), Ref: one.Ref, By: one.By, Date: one.When}
	for stack := []oid.ID{id}; len(stack) > 0; {
		id, stack = stack[len(stack)-1], stack[:len(stack)-1]
		c, there := behind[id]
		if !there || h.by[id] != nil {
			continue
		}
		h.by[id] = says
		stack = append(stack, c.Parents...)
	}
}

func eventOf(why string) scanner.HiddenBy {
	switch e := scanner.HiddenBy(why); e {
	case scanner.HiddenByForcePush, scanner.HiddenByDeletion:
		return e
	}
	return scanner.HiddenByOther
}

// of says what hid a commit to which no ref leads; nil where that is not known.
func (h *hidden) of(commit string) *scanner.Hidden {
	id, err := oid.Parse(commit)
	if err != nil {
		return nil
	}
	return h.by[id]
}
