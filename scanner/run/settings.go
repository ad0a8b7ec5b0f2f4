package run

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"skleak/rules"
	"skleak/rules/config"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/files"
)

// Settings are what configuration files say: the user's own, and those of the scanned trees, which may only leave
// paths out, allow fingerprints and add rules.
type Settings struct {
	Rules    *provider.Set
	Redactor *rules.Redactor // takes keys out of what is shown; gets to know every key that is found
	config   *config.Config  // all of it together
	trees    []treeSettings
	leftOut  leftOut
}

// treeSettings is a scanned tree with its own patterns and the user's, which are relative to its top.
type treeSettings struct {
	root     string
	patterns []string      // the user's and its own
	by       []ignorer     // whose word it can be, the user's first
	allow    config.Config // the keys that its own files allow
}

// pathIgnore is true for a path that is left out.
type pathIgnore func(path string, dir bool) bool

// ignorer is a file, and what is left out by it and by those before it.
type ignorer struct {
	file   string     // "" for the user's configuration
	ignore pathIgnore // nil if nothing is
}

// LoadSettings reads all configuration for a plan. user is the file that the user names, "" for the usual one.
func LoadSettings(user string, p Plan, o Options) (*Settings, error) {
	own, err := config.LoadUser(user)
	if err != nil {
		return nil, err
	}
	for i := range own.Allow {
		own.Allow[i].Origin = "your configuration"
	}
	s := &Settings{config: own}
	roots := p.Trees
	if !p.Tops {
		roots = o.treeRoots(p.Trees)
	}
	for _, root := range roots {
		var parts []treeFile
		if !o.NoAllow {
			if parts, err = loadTree(cmp.Or(p.TreesFrom, root)); err != nil {
				return nil, err
			}
		}
		t := treeSettings{root: root, patterns: slices.Clone(own.Ignore)}
		t.by = []ignorer{{"", files.NewPathIgnore(t.patterns)}}
		for _, part := range parts {
			t.allow.Allow = append(t.allow.Allow, part.config.Allow...)
			part.config.Allow = nil
			if s.config, err = s.config.Merge(part.config); err != nil {
				return nil, err
			}
			if t.patterns = append(t.patterns, part.config.Ignore...); len(part.config.Ignore) > 0 {
				t.by = append(t.by, ignorer{part.name, files.NewPathIgnore(t.patterns)})
			}
		}
		s.trees = append(s.trees, t)
	}
	if s.Rules, err = s.config.Compile(); err != nil {
		return nil, err
	}
	s.Redactor = rules.NewRedactor(s.Rules.Set)
	return s, nil
}

// treeRoots are the tops of the trees that some paths lie in: of the working tree where there is one, else the
// folder itself.
func (o Options) treeRoots(targets []string) (roots []string) {
	seen := map[string]bool{}
	for _, target := range targets {
		root := target
		if d, err := o.Reach(target).Discover(target); err == nil && d.Worktree != "" {
			root = d.Worktree
		}
		if abs, err := filepath.Abs(root); err == nil && !seen[abs] {
			seen[abs] = true
			roots = append(roots, root)
		}
	}
	return roots
}

// treeFile is a file of configuration at the top of a scanned tree.
type treeFile struct {
	name   string
	config *config.Config
}

// loadTree reads the configuration and the ignore file at the top of a scanned tree, if they are there.
func loadTree(root string) (parts []treeFile, err error) {
	data, err := ReadTreeFile(root, config.TreeConfigName)
	if err != nil {
		return nil, err
	}
	if data != nil {
		c, err := config.LoadTree(data, filepath.Join(root, config.TreeConfigName))
		if err != nil {
			return nil, err
		}
		for i := range c.Allow {
			c.Allow[i].Origin = config.TreeConfigName
		}
		parts = append(parts, treeFile{config.TreeConfigName, c})
	}
	if data, err = ReadTreeFile(root, config.IgnoreFileName); err != nil || data == nil {
		return parts, err
	}
	prints, patterns, err := config.ParseIgnoreFile(data)
	if err != nil {
		return nil, err
	}
	c := &config.Config{Ignore: patterns}
	for _, print := range slices.Sorted(maps.Keys(prints)) {
		c.Allow = append(c.Allow, config.Allow{Fingerprint: print, Reason: prints[print], Origin: config.IgnoreFileName})
	}
	return append(parts, treeFile{config.IgnoreFileName, c}), nil
}

// maxTreeFile bounds what is read of a scanned tree's files, which may be anything.
const maxTreeFile = 4 << 20

// ReadTreeFile reads a file of a scanned tree. It returns nil for a file that is not there. Only a regular file is
// one: a link could lead anywhere.
func ReadTreeFile(root, name string) ([]byte, error) {
	path := filepath.Join(root, name)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) || isNotDir(root):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the configuration of the scanned tree: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file, so it is not read as configuration; remove it", path)
	case info.Size() > maxTreeFile:
		return nil, fmt.Errorf("%s has %d bytes, too many for a configuration", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of the scanned tree: %w", err)
	}
	return data, nil
}

func isNotDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// inGitDir is true for a git directory in a tree, and for what lies in one. Of that, the tree's own files leave nothing
// out: a pattern such as "config" means files of the tree, and who wrote them need not be who owns the clone.
func inGitDir(path string) bool {
	return slices.Contains(strings.Split(path, "/"), ".git")
}

// IgnoreBelow returns what the configuration says of paths that are reported with a prefix and lie below root, or nil
// if it says nothing.
func (s *Settings) IgnoreBelow(root, prefix string) func(path string, dir bool) bool {
	for _, t := range s.trees {
		all := t.by[len(t.by)-1].ignore
		if all == nil || !files.IsWithin(t.root, root) {
			continue
		}
		below := FolderPrefix(files.PathBelow(t.root, root))
		return func(path string, dir bool) bool {
			path = below + strings.TrimPrefix(path, prefix)
			ignore := all
			if inGitDir(path) {
				ignore = t.by[0].ignore
			}
			if ignore == nil || !ignore(path, dir) {
				return false
			}
			s.leftOut.add(t.whose(path, dir), path, dir)
			return true
		}
	}
	return nil
}

// allows says whether the configuration allows a key, and by whom and why. Of several trees, each has a say in what
// lies in it and nowhere else.
func (s *Settings) allows(l scanner.Leak, all []scanner.Repository) (by string, allowed bool) {
	print := l.Key.Fingerprint()
	if by, allowed = s.config.Allows(print); allowed || len(s.trees) == 0 {
		return by, allowed
	}
	if len(s.trees) == 1 {
		return s.trees[0].allow.Allows(print)
	}
	if !slices.ContainsFunc(s.trees, func(t treeSettings) bool { _, ok := t.allow.Allows(print); return ok }) {
		return "", false
	}
	asked := map[string]bool{}
	for _, f := range l.Findings {
		if asked[f.Repository] {
			continue
		}
		asked[f.Repository] = true
		i := slices.IndexFunc(all, func(r scanner.Repository) bool { return r.Name == f.Repository })
		if i < 0 {
			return "", false
		}
		tree := slices.IndexFunc(s.trees, func(t treeSettings) bool { return files.IsWithin(t.root, all[i].Path) })
		if tree < 0 {
			return "", false
		}
		if by, allowed = s.trees[tree].allow.Allows(print); !allowed {
			return "", false
		}
	}
	return by, allowed
}

// whose names the file by whose word a path is left out, "" for the user's own.
func (t treeSettings) whose(path string, dir bool) string {
	for _, by := range t.by {
		if by.ignore != nil && by.ignore(path, dir) {
			return by.file
		}
	}
	return ""
}

// maxLeftOut bounds the paths that are told apart. Of more, each time that one is met counts.
const maxLeftOut = 100_000

// leftOut counts the paths that files of the target left out, each once.
type leftOut struct {
	mu     sync.Mutex
	seen   map[string]bool
	counts map[string]scanner.LeftOut
}

func (l *leftOut) add(by, path string, dir bool) {
	if by == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[path] {
		return
	}
	if l.seen == nil {
		l.seen, l.counts = map[string]bool{}, map[string]scanner.LeftOut{}
	}
	if len(l.seen) < maxLeftOut {
		l.seen[path] = true
	}
	count := l.counts[by]
	count.By = by
	if dir {
		count.Folders++
	} else {
		count.Files++
	}
	l.counts[by] = count
}

// list returns what was left out, by the names of the files.
func (l *leftOut) list() (all []scanner.LeftOut) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(l.counts)) {
		all = append(all, l.counts[name])
	}
	return all
}
