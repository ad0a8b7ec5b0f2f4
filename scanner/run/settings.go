package run

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"skleak/rules"
	"skleak/rules/config"
	"skleak/rules/provider"
	"skleak/scanner/files"
)

// Settings are what configuration files say: the user's own, and those of the scanned trees, which may only leave paths out,
// allow fingerprints and add rules.
type Settings struct {
	Rules    *provider.Set
	Redactor *rules.Redactor // takes keys out of what is shown; gets to know every key that is found
	config   *config.Config  // all of it together
	trees    []treeSettings
}

// treeSettings is a scanned tree with its own patterns and the user's, which are relative to its top.
type treeSettings struct {
	root   string
	ignore func(path string, dir bool) bool // nil if there are no patterns
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
	for _, root := range o.treeRoots(p.Trees) {
		tree, err := loadTree(cmp.Or(p.TreesFrom, root))
		if err != nil {
			return nil, err
		}
		if s.config, err = s.config.Merge(tree); err != nil {
			return nil, err
		}
		patterns := append(append([]string(nil), own.Ignore...), tree.Ignore...)
		t := treeSettings{root: root}
		if len(patterns) > 0 {
			t.ignore = files.NewPathIgnore(patterns)
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

// loadTree reads the configuration and the ignore file at the top of a scanned tree, if they are there.
func loadTree(root string) (*config.Config, error) {
	c := &config.Config{}
	data, err := ReadTreeFile(root, config.TreeConfigName)
	if err != nil {
		return nil, err
	}
	if data != nil {
		if c, err = config.LoadTree(data, filepath.Join(root, config.TreeConfigName)); err != nil {
			return nil, err
		}
	}
	data, err = ReadTreeFile(root, config.IgnoreFileName)
	if err != nil {
		return nil, err
	}
	for i := range c.Allow {
		c.Allow[i].Origin = config.TreeConfigName
	}
	prints, patterns, err := config.ParseIgnoreFile(data)
	if err != nil {
		return nil, err
	}
	for print, reason := range prints {
		c.Allow = append(c.Allow, config.Allow{Fingerprint: print, Reason: reason, Origin: config.IgnoreFileName})
	}
	c.Ignore = append(c.Ignore, patterns...)
	return c, nil
}

// maxTreeFile bounds what is read of a scanned tree's files, which may be anything.
const maxTreeFile = 4 << 20

// ReadTreeFile reads a file of a scanned tree. It returns nil for a file that is not there. Only a regular file is one: a link could lead anywhere.
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

// IgnoreBelow returns what the configuration says of paths that are reported with a prefix and lie below root, or nil
// if it says nothing.
func (s *Settings) IgnoreBelow(root, prefix string) func(path string, dir bool) bool {
	for _, t := range s.trees {
		if t.ignore == nil || !files.IsWithin(t.root, root) {
			continue
		}
		below := FolderPrefix(files.PathBelow(t.root, root))
		return func(path string, dir bool) bool {
			return t.ignore(below+strings.TrimPrefix(path, prefix), dir)
		}
	}
	return nil
}

// allows says whether the configuration allows a key, and by whom and why.
func (s *Settings) allows(key rules.Key) (by string, allowed bool) {
	return s.config.Allows(key.Fingerprint())
}
