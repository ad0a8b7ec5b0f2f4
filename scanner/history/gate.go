package history

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"skleak/scanner"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/index"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Gate is a repository opened to check what is about to enter it: what is staged, or what a push brings. Where Repo lists all
// that is there, Gate opens what it is asked for, so that a commit of one file does not wait for a million objects.
type Gate struct {
	dir       *gitdir.Dir
	store     *odb.Lazy
	problems  []unreadable                 // noticed on opening
	worktree  string                       // absolute
	objects   []string                     // folders
	merging   []string                     // ids
	readIndex func() (*index.Index, error) // once
}

// Handed is what git tells its hooks through the environment. Hooks alone may believe it: they are run by git, in its
// repository. Whatever else is started somewhere with such variables set must read the repository it was told to.
type Handed struct {
	IndexFile string   // GIT_INDEX_FILE: the index of the commit, which in a partial one is not the usual file
	Worktree  string   // GIT_WORK_TREE: the root of the working tree, where the repository does not tell
	Merging   []string // ids from GITHEAD_…: what a merge brings in that is not noted as one yet
	Objects   []string // GIT_OBJECT_DIRECTORY and GIT_ALTERNATE_OBJECT_DIRECTORIES: in quarantine, where the push lies
}

// TrustGit is the reach of hooks. Git is at work in the repository, and has followed already where it leads; what the hook looks at
// are the objects that git is about to take or to give away.
var TrustGit = gitdir.Reach{Elsewhere: true}

// OpenGate opens the repository at path, or the one that path lies in if discover is set. The error wraps
// gitdir.ErrNotRepository where there is none.
func OpenGate(path string, discover bool, h Handed) (*Gate, error) {
	return OpenGateWithin(gitdir.Reach{}, path, discover, h)
}

// OpenGateWithin is OpenGate with a say in how far the repository may lead elsewhere.
func OpenGateWithin(reach gitdir.Reach, path string, discover bool, h Handed) (*Gate, error) {
	open := reach.Open
	if discover {
		open = reach.Discover
	}
	dir, err := open(path)
	if err != nil {
		return nil, err
	}
	g := &Gate{dir: dir, merging: h.Merging}
	if g.worktree, err = filepath.Abs(cmp.Or(h.Worktree, dir.Worktree, ".")); err != nil {
		return nil, fmt.Errorf("looking for the working tree: %w", err)
	}
	indexFile := cmp.Or(h.IndexFile, filepath.Join(dir.Git, "index"))
	g.readIndex = sync.OnceValues(func() (*index.Index, error) { return index.ReadFile(indexFile, dir.Git, dir.Format) })
	for _, p := range dir.Problems {
		g.note(p)
	}
	dirs, problems := dir.ObjectDirsBehind(h.Objects)
	for _, p := range problems {
		g.note(p)
	}
	g.objects = dirs
	g.store = odb.OpenLazily(dirs, dir.Format)
	return g, nil
}

func (g *Gate) note(p gitdir.Problem) {
	g.problems = append(g.problems, unreadable{reasonOf(p, scanner.UnreadableRepo), p.Place, p.Detail})
}

// Worktree is the root of the working tree. Where nothing tells which that is, git takes the current folder for it.
func (g *Gate) Worktree() string { return g.worktree }

// ReadAhead reads the index, which Staged then has at hand: of a large tree that takes as long as to compile the rules, and can
// be done meanwhile.
func (g *Gate) ReadAhead() { _, _ = g.readIndex() } // Staged gets the error

// Close gives back what was opened.
func (g *Gate) Close() error { return g.store.Close() }

func (g *Gate) hex(id oid.ID) string { return id.Hex(g.dir.Format) }

// begin prepares the options of a check and tells what was noticed on opening.
func (g *Gate) begin(o Options) Options {
	if o.Progress == nil {
		o.Progress = &scanner.Progress{}
	}
	g.store.Memory = o.Memory
	for _, p := range g.problems {
		o.unreadable(p.reason, p.place, p.detail)
	}
	return o
}

// readCommit reads a commit, through tags if need be.
func (g *Gate) readCommit(r *odb.LazyReader, id oid.ID) (foundCommit, error) {
	return peelCommit(r.Read, id, g.dir.Format)
}

// shallow are the commits whose parents a shallow clone left out.
func (g *Gate) shallow(c *scanner.Coverage) map[oid.ID]bool {
	ids, err := g.dir.Shallow()
	if err != nil {
		c.Unreadable(scanner.UnreadableRepo, "shallow", err.Error())
	}
	commits := make(map[oid.ID]bool, len(ids))
	for _, id := range ids {
		commits[id] = true
	}
	return commits
}

// RemoteTips are the objects that a remote had when it was last asked, by the refs that are kept of it.
func (g *Gate) RemoteTips(remote string) (ids []oid.ID) {
	return g.refsBelow("refs/remotes/" + remote + "/")
}

// AllRemoteTips is RemoteTips for all remotes together.
func (g *Gate) AllRemoteTips() (ids []oid.ID) { return g.refsBelow("refs/remotes/") }

// Tips are the objects that the repository's own refs lead to.
func (g *Gate) Tips() []oid.ID { return g.refsBelow("refs/") }

// refsBelow are the ids of the refs whose names begin with a prefix. A ref that cannot be read is left out: then more counts
// as new.
func (g *Gate) refsBelow(prefix string) (ids []oid.ID) {
	refs, _ := g.dir.Refs()
	for _, ref := range refs {
		if strings.HasPrefix(ref.Name, prefix) {
			ids = append(ids, ref.ID)
		}
	}
	return ids
}

// Resolve returns the object that a full id, HEAD or a ref names.
func (g *Gate) Resolve(name string) (oid.ID, error) { return g.dir.Resolve(name) }

// ParseID reads a full object id.
func (g *Gate) ParseID(text string) (oid.ID, error) {
	id, err := oid.Parse(text)
	if err == nil && len(text) != 2*g.dir.Format.Size() {
		err = fmt.Errorf("%q is an object id of another format than the repository's", text)
	}
	return id, err
}

// unreadableReason sorts an error of reading an object.
func unreadableReason(err error) string {
	if missing := (*odb.MissingError)(nil); errors.As(err, &missing) {
		return scanner.UnreadableMissing
	}
	large, bomb := (*pack.TooLargeError)(nil), (*pack.BombError)(nil)
	if errors.As(err, &large) || errors.As(err, &bomb) || errors.Is(err, scanner.ErrDense) {
		return scanner.UnreadableTooLarge
	}
	return scanner.UnreadableCorrupt
}

// existsOnDisk is true where anything has that name; a link counts, wherever it leads.
func existsOnDisk(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
