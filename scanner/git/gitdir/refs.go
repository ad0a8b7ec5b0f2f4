package gitdir

import (
	"slices"
	"strings"

	"skleak/scanner/cause"
	"skleak/scanner/git/oid"
)

// Ref is a name for an object.
type Ref struct {
	Name     string // refs/heads/main, HEAD, worktrees/other/HEAD
	ID       oid.ID
	Symbolic string // the ref that this one stands for in the end; "" if it holds an id itself
}

// symbolicDepth is how long a chain of symbolic refs may be, the ref at its end included, as in git.
const symbolicDepth = 5

// Refs returns every name that the repository has for an object, sorted:
//
//   - HEAD and all of refs/, loose and packed; a loose ref hides a packed one;
//   - what operations under way have noted: ORIG_HEAD, MERGE_HEAD, FETCH_HEAD and the like; those
//     that hold several ids are there several times;
//   - the same of the other worktrees, under worktrees/NAME/ or main-worktree/: HEAD,
//     refs/bisect, refs/worktree, refs/rewritten.
//
// A symbolic ref to one that is not there, such as the HEAD of an unborn branch, names no object. It
// is left out and is no problem: git makes them itself, and nothing hides behind them.
func (d *Dir) Refs() ([]Ref, []Problem) {
	var refs []Ref
	noted := d.EachRef(func(r Ref) { refs = append(refs, r) })
	return sortRefs(refs), noted
}

// EachRef calls f for what Refs returns, in no order. Packed refs and those in tables, of which there can be
// millions, are not held, and a packed name that stands there twice comes twice.
func (d *Dir) EachRef(f func(Ref)) []Problem {
	var noted problems
	if d.bundle != nil {
		d.eachBundled(&noted, f)
		return noted.list()
	}
	if d.Reftable {
		d.eachTabled(&noted, f)
		return noted.list()
	}
	loose := sortRefs(d.looseRefs(&noted))
	known := make(map[string]Ref, len(loose)) // loose refs, and packed ones to which loose ones lead
	for _, ref := range slices.Backward(loose) {
		known[ref.Name] = ref // of several with one name, the first
	}
	wanted := map[string]bool{}
	for _, ref := range loose {
		if _, isLoose := known[ref.Symbolic]; ref.Symbolic != "" && !isLoose {
			wanted[ref.Symbolic] = true
		}
	}
	d.eachPackedRef(&noted, func(ref Ref) {
		if _, isLoose := known[ref.Name]; isLoose && !wanted[ref.Name] && strings.HasPrefix(ref.Name, "refs/") {
			return
		}
		if wanted[ref.Name] {
			known[ref.Name] = ref
		}
		f(ref)
	})
	find := func(name string) (Ref, error) { return known[name], nil }
	for _, ref := range loose {
		if ref.Symbolic != "" {
			to, err := follow(ref, find)
			if err != nil {
				noted.add(ref.Name, "%w", err)
			}
			ref.settle(to)
		}
		if !ref.ID.IsZero() {
			f(ref)
		}
	}
	return noted.list()
}

// eachPackedRef calls f for each ref of packed-refs.
func (d *Dir) eachPackedRef(noted *problems, f func(Ref)) {
	var names arena
	n := 0
	err := d.eachPacked(noted, func(name []byte, id oid.ID) bool {
		n++
		f(Ref{Name: names.string(name), ID: id})
		return n < packedRefsLimit
	})
	if err != nil {
		noted.add("packed-refs", "cannot be read: %w", cause.Of(err))
	}
	if n >= packedRefsLimit {
		noted.add("packed-refs", "has %d refs or more; the rest was not read", packedRefsLimit)
	}
}

// sortRefs sorts refs by name. Those of one name stay in the order of their lines.
func sortRefs(refs []Ref) []Ref {
	byName := func(a, b Ref) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(refs, byName) {
		slices.SortStableFunc(refs, byName)
	}
	return refs
}

// settle takes in where a symbolic ref leads.
func (r *Ref) settle(end Ref) {
	r.ID = end.ID
	if end.Name != "" {
		r.Symbolic = end.Name
	}
}

// Head returns HEAD of this worktree. ok is false if it names no object: Symbolic then still tells
// an unborn branch.
func (d *Dir) Head() (head Ref, ok bool) {
	head, err := d.ReadHead()
	return head, err == nil && !head.ID.IsZero()
}

// ReadHead is Head for those who must know why there is none: the error says why HEAD could not be read, and the id is
// zero where it leads to no commit yet.
func (d *Dir) ReadHead() (Ref, error) { return lookup("HEAD", d.finder("HEAD")) }

// follow goes from a symbolic ref to the one that holds an id. Where that is not there, its id is zero.
func follow(ref Ref, find func(name string) (Ref, error)) (Ref, error) {
	start := ref.Name
	for range symbolicDepth - 1 {
		prefix := worktreePrefix(ref.Name)
		name := ref.Symbolic
		if perWorktree(name) {
			name = prefix + name
		}
		next, err := find(name)
		if err != nil || next.Symbolic == "" {
			return next, err
		}
		if next.Name == start {
			return Ref{}, errLoop
		}
		ref = next
	}
	return Ref{}, errTooDeep
}

// worktreePrefix returns what stands before the name of a ref of another worktree.
func worktreePrefix(name string) string {
	const main, others = "main-worktree/", "worktrees/"
	if strings.HasPrefix(name, main) {
		return main
	}
	if rest, ok := strings.CutPrefix(name, others); ok {
		if worktree, _, ok := strings.Cut(rest, "/"); ok {
			return others + worktree + "/"
		}
	}
	return ""
}

// perWorktree is true for names that mean another ref in each worktree.
func perWorktree(name string) bool {
	return isRootRef(name) || strings.HasPrefix(name, "refs/bisect/") ||
		strings.HasPrefix(name, "refs/worktree/") || strings.HasPrefix(name, "refs/rewritten/")
}

// irregularRootRefs are the names beside refs/ that do not end in HEAD.
var irregularRootRefs = map[string]bool{
	"AUTO_MERGE": true, "BISECT_EXPECTED_REV": true, "MERGE_AUTOSTASH": true,
	"NOTES_MERGE_PARTIAL": true, "NOTES_MERGE_REF": true,
}

// isRootRef is true for HEAD and the other refs that lie beside refs/.
func isRootRef(name string) bool {
	if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
		return false
	}
	return name == "HEAD" || strings.HasSuffix(name, "_HEAD") || irregularRootRefs[name]
}
