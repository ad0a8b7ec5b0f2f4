package history

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// world is a random repository, as a model that knows all of its commits' files.
type world struct {
	r       *rand.Rand
	keys    []string
	commits []*modelCommit // parents before children
	refs    map[string]*modelCommit
}

type modelCommit struct {
	label   string
	parents []*modelCommit
	date    int64
	message string
	files   map[string]string
}

// paths are all paths of a world; some cannot be there together, and some hold keys.
func (w *world) paths() []string {
	return []string{
		"a.txt", "b.txt", "d/a.txt", "d/e/f/b.txt", "f", "f/x", "f-", "z/z/z/z",
		"n/" + w.keys[0] + ".txt", w.keys[1] + "/y", "n/" + w.keys[1],
	}
}

func newWorld(seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 7))
	w := &world{r: r, refs: map[string]*modelCommit{}}
	for i := range 6 {
		w.keys = append(w.keys, keyNamed(fmt.Sprintf("world %d", i)))
	}
	skewed := r.IntN(3) == 0
	for i := range 8 + r.IntN(30) {
		w.addCommit(i, skewed)
	}
	for i := range 2 + r.IntN(3) {
		w.refs[fmt.Sprintf("refs/heads/b%d", i)] = w.commits[r.IntN(len(w.commits))]
	}
	if r.IntN(2) == 0 {
		w.refs["refs/odd/x"] = w.commits[len(w.commits)-1]
	}
	return w
}

// addCommit adds a commit with up to three parents, most often the latest one.
func (w *world) addCommit(i int, skewed bool) {
	r := w.r
	c := &modelCommit{label: fmt.Sprintf("c%03d", i), date: 1700000000 + int64(i)*100, message: fmt.Sprintf("message %d\n", i), files: map[string]string{}}
	if skewed {
		c.date = 1700000000 + int64(r.IntN(1000))
	}
	if r.IntN(12) == 0 {
		c.message += "\nsee " + w.key() + "\n"
	}
	for n := 0; len(w.commits) > 0 && n < []int{1, 1, 1, 1, 1, 2, 2, 3, 0, 1}[r.IntN(10)]; n++ {
		p := w.commits[len(w.commits)-1-r.IntN(min(len(w.commits), 1+r.IntN(6)))]
		if !slices.Contains(c.parents, p) {
			c.parents = append(c.parents, p)
		}
	}
	for _, p := range slices.Backward(c.parents) {
		for _, path := range slices.Sorted(maps.Keys(p.files)) {
			if p == c.parents[0] || r.IntN(2) == 0 {
				c.put(path, p.files[path])
			}
		}
	}
	if len(c.files) == 0 {
		c.put("a.txt", prose(r.Uint64()%4, 20+r.IntN(40)))
	}
	for range 1 + r.IntN(3) {
		w.change(c)
	}
	w.commits = append(w.commits, c)
}

func (w *world) key() string { return w.keys[w.r.IntN(len(w.keys))] }

// put adds a file and removes what cannot be beside it.
func (c *modelCommit) put(path, content string) {
	for other := range c.files {
		if strings.HasPrefix(other, path+"/") || strings.HasPrefix(path, other+"/") {
			delete(c.files, other)
		}
	}
	c.files[path] = content
}

// change edits, adds, removes, renames or copies a file.
func (w *world) change(c *modelCommit) {
	r := w.r
	paths := slices.Sorted(maps.Keys(c.files))
	path := paths[r.IntN(len(paths))]
	all := w.paths()
	other := all[r.IntN(len(all))]
	switch content := c.files[path]; r.IntN(12) {
	case 0:
		c.put(other, prose(r.Uint64()%4, 10+r.IntN(30)))
	case 1:
		if len(paths) > 1 {
			delete(c.files, path)
		}
	case 2, 3:
		delete(c.files, path)
		c.put(other, content)
	case 4:
		c.put(other, content)
	default:
		for range 1 + r.IntN(3) {
			content = w.edit(content)
		}
		c.files[path] = content
	}
}

// edit changes a content such that keys come and go, most often in pieces.
func (w *world) edit(content string) string {
	r := w.r
	lines := strings.SplitAfter(content, "\n")
	at := r.IntN(len(lines))
	key := w.key()
	cut := 1 + r.IntN(len(key)-1)
	switch r.IntN(9) {
	case 0: // a whole key
		return strings.Join(slices.Insert(lines, at, "key = \""+key+"\"\n"), "")
	case 1: // two pieces with something between them
		return strings.Join(slices.Insert(lines, at, "key = "+key[:cut], prose(r.Uint64()%8, r.IntN(3)), key[cut:]+"\n"), "")
	case 2: // one piece
		return strings.Join(slices.Insert(lines, at, []string{key[:cut], "\n" + key[cut:] + "\n"}[r.IntN(2)]), "")
	case 3: // a line less
		return strings.Join(slices.Delete(lines, at, at+1), "")
	case 4: // a line elsewhere
		line := lines[at]
		lines = slices.Delete(lines, at, at+1)
		return strings.Join(slices.Insert(lines, r.IntN(len(lines)+1), line), "")
	case 5: // what stands between two pieces goes
		if head, rest, ok := strings.Cut(content, key[:8]); ok && strings.Contains(rest, key[cut:]) && cut >= 8 {
			body := rest[:min(len(rest), cut-8)]
			if body == key[8:cut] {
				_, tail, _ := strings.Cut(rest, key[cut:])
				return head + key + tail
			}
		}
		return content
	case 6: // any range of bytes goes
		from := r.IntN(len(content) + 1)
		return content[:from] + content[min(len(content), from+r.IntN(60)):]
	case 7: // any range of bytes once more, elsewhere
		from := r.IntN(len(content) + 1)
		part := content[from:min(len(content), from+r.IntN(200))]
		to := r.IntN(len(content) + 1)
		return content[:to] + part + content[to:]
	}
	return strings.Join(slices.Insert(lines, at, prose(r.Uint64()%1000, 1+r.IntN(5))), "")
}

// build makes the repository, stored in a random way, and returns what it holds.
func (w *world) build(t testing.TB) (dir string, commits map[string]string, objects []gitObject) {
	t.Helper()
	r := w.r
	s := newStory()
	for _, c := range w.commits {
		st := step{label: c.label, ref: "refs/tmp/" + c.label, date: c.date, message: c.message, whole: true}
		for _, p := range c.parents {
			st.parents = append(st.parents, p.label)
		}
		for _, path := range slices.Sorted(maps.Keys(c.files)) {
			st.files = append(st.files, put(path, c.files[path]))
		}
		s.add(st)
	}
	format := []string{"sha1", "sha1", "sha256"}[r.IntN(3)]
	dir, commits = s.tell(t, r.IntN(2) == 0, "--bare", "--initial-branch=b0", "--object-format="+format)
	var refs strings.Builder
	for _, c := range w.commits {
		fmt.Fprintf(&refs, "delete refs/tmp/%s\n", c.label)
	}
	for name, c := range w.refs {
		fmt.Fprintf(&refs, "create %s %s\n", name, commits[c.label])
	}
	gitIn(t, dir, refs.String(), "update-ref", "--stdin")
	objects = allObjects(t, dir) // before the way of storing may be one that git cannot read
	w.store(t, dir, objects)
	return dir, commits, objects
}

// store packs the objects anew, or some of them, or none.
func (w *world) store(t testing.TB, dir string, objects []gitObject) {
	r := w.r
	all := ids(objects)
	args := []string{fmt.Sprintf("--depth=%d", 1+r.IntN(60)), fmt.Sprintf("--window=%d", 2+r.IntN(40))}
	if r.IntN(2) == 0 {
		args = append(args, "--delta-base-offset")
	}
	if r.IntN(2) == 0 {
		args = append(args, "--no-reuse-delta")
	}
	switch r.IntN(4) {
	case 0:
	case 1:
		replacePacks(t, dir, func() { packInto(t, dir, all, args...) })
	case 2:
		for range 2 {
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			packInto(t, dir, all[:1+r.IntN(len(all))], args...)
		}
	case 3:
		replacePacks(t, dir, func() { splitThin(t, dir, 1+r.IntN(4)) })
	}
	if r.IntN(2) == 0 {
		git(t, dir, "prune-packed", "-q")
	}
}
