package gitdir

import (
	"fmt"
)

// symbolicLimit bounds the symbolic refs of tables, which are held until it is known where they lead. Git makes one
// for each remote.
const symbolicLimit = 100_000

// sought are names of refs that are looked for, and the refs once they are met.
type sought struct {
	refs map[string]Ref // without a name as long as they were not met
	more int            // names that symbolic refs may still add: a chain of them can be as long as the table
}

func newSought(more int, names ...string) *sought {
	s := &sought{map[string]Ref{}, more}
	for _, name := range names {
		s.want(name)
	}
	return s
}

// want looks for a name from now on.
func (s *sought) want(name string) {
	if _, known := s.refs[name]; !known {
		s.refs[name] = Ref{}
	}
}

// meet takes in a ref that is looked for, and looks for what it leads to as well. Of several with one name, the first
// counts.
func (s *sought) meet(name []byte, ref tableRef) {
	if known, wanted := s.refs[string(name)]; !wanted || known.Name != "" {
		return
	}
	met := Ref{Name: string(name), ID: ref.id, Symbolic: string(ref.target)}
	s.refs[met.Name] = met
	if met.Symbolic == "" || s.more == 0 {
		return
	}
	s.more--
	end := met.Symbolic
	if perWorktree(end) {
		end = worktreePrefix(met.Name) + end
	}
	s.want(end)
}

func (s *sought) find(name string) (Ref, error) { return s.refs[name], nil }

// open tells whether any name was not met.
func (s *sought) open() bool {
	for _, ref := range s.refs {
		if ref.Name == "" {
			return true
		}
	}
	return false
}

// eachTabled is EachRef where refs are in tables. They come sorted, and most symbolic ones lead to what comes later:
// HEAD to refs/heads. For what came before, the tables are read again, in place of holding all refs.
func (d *Dir) eachTabled(noted *problems, f func(Ref)) {
	var names arena
	var symbolic []Ref
	more := 0
	found := newSought(symbolicLimit)
	d.eachTableRef(noted, func(name []byte, ref tableRef) {
		switch {
		case len(ref.target) == 0:
			found.meet(name, ref)
			f(Ref{Name: names.string(name), ID: ref.id})
		case len(symbolic) == symbolicLimit:
			more++
		default:
			found.want(string(name))
			found.meet(name, ref)
			symbolic = append(symbolic, Ref{Name: string(name), Symbolic: string(ref.target)})
		}
	})
	if more > 0 {
		noted.add("reftable", "has %d symbolic refs; %d of them were not read", symbolicLimit+more, more)
	}
	if found.open() {
		found.more = 0
		var again problems // the same as at first
		d.eachTableRef(&again, found.meet)
	}
	for _, ref := range symbolic {
		end, err := follow(ref, found.find)
		if err != nil {
			noted.add(ref.Name, "%w", err)
		}
		if ref.settle(end); !ref.ID.IsZero() {
			f(ref)
		}
	}
}

// findTabled returns how to read one ref by its full name where refs are in tables. Names known from the start are
// looked for at once: the indexes of the tables would spare reading all of them, but most repositories have few refs.
// Where something cannot be read, a name that is not found is an error: it may be there, and hide the same short name
// further down the rules.
func (d *Dir) findTabled(names []string) func(name string) (Ref, error) {
	found, read := newSought(0, names...), map[string]bool{}
	var noted problems
	return func(name string) (Ref, error) {
		found.want(name)
		if found.refs[name].Name == "" && !read[name] {
			for name := range found.refs {
				read[name] = true
			}
			found.more = symbolicDepth * len(found.refs)
			noted = problems{}
			d.eachTableRef(&noted, found.meet)
		}
		ref := found.refs[name]
		if ref.Name == "" && len(noted.shown) > 0 {
			return ref, fmt.Errorf("may be in what cannot be read: %s %s", noted.shown[0].Place, noted.shown[0].Detail)
		}
		return ref, nil
	}
}
