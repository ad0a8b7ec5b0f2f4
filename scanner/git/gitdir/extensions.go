package gitdir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"skleak/scanner/git/oid"
)

// knownExtensions are git's extensions.* that either are handled here or change nothing for a
// reader: preciousObjects forbids deleting, relativeWorktrees and submodulePathConfig say how
// paths are written, compatObjectFormat adds a table of second names beside the objects.
var knownExtensions = map[string]bool{
	"noop": true, "noop-v1": true, "preciousobjects": true, "partialclone": true, "worktreeconfig": true,
	"objectformat": true, "compatobjectformat": true, "refstorage": true, "relativeworktrees": true,
	"submodulepathconfig": true,
}

// configure reads the repository's configuration. It fails if the object format stays unknown:
// with the wrong one, every object would be misread.
//
// include.path is not followed in a repository's files: what they hold comes from whoever made the
// repository, and could name any file of the machine. Git never writes an extension anywhere else.
func (d *Dir) configure() error {
	shared, err := d.readConfig(filepath.Join(d.Common, "config"))
	if err != nil {
		return err
	}
	if err := d.extend(shared); err != nil {
		return err
	}
	d.config = shared
	if own, _ := shared.bool("extensions.worktreeconfig"); !own {
		if d.linked() {
			// Both settings describe the main worktree, as long as all share one configuration.
			d.config = shared.without("core.bare", "core.worktree")
		}
		return nil
	}
	own, err := d.readConfig(filepath.Join(d.Git, "config.worktree"))
	if err != nil {
		d.problem("config.worktree", "%w", err)
	}
	d.config = append(d.config, own...)
	return nil
}

// without returns s less the settings of the given keys.
func (s settings) without(keys ...string) (rest settings) {
next:
	for _, one := range s {
		for _, key := range keys {
			if one.key == key {
				continue next
			}
		}
		rest = append(rest, one)
	}
	return rest
}

// readConfig reads one of the repository's configuration files; a missing one is empty.
func (d *Dir) readConfig(path string) (settings, error) {
	data, err := d.bounds.readFile(path, configLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	all, bad := parseConfig(data)
	var noted problems
	for _, b := range bad {
		if b.section == "extensions" && strings.Contains(strings.ToLower(b.text), "objectformat") {
			return nil, fmt.Errorf("reading %s: %v: the object format stays unknown", path, b)
		}
		noted.add(filepath.Base(path), "%v", b)
	}
	d.Problems = append(d.Problems, noted.list()...)
	return all, nil
}

// extend takes in what the repository format and its extensions say.
func (d *Dir) extend(s settings) error {
	if err := d.checkVersion(s); err != nil {
		return err
	}
	format, ok := s.lookup("extensions.objectformat")
	switch {
	case !ok || strings.EqualFold(format, "sha1"):
		d.Format = oid.SHA1
	case strings.EqualFold(format, "sha256"):
		d.Format = oid.SHA256
	default:
		return fmt.Errorf("object format %.40q is not known here; sha1 and sha256 are", format)
	}
	storage, elsewhere, _ := strings.Cut(s.last("extensions.refstorage"), "://")
	if elsewhere != "" {
		d.problem("config", "extensions.refStorage says that refs are kept elsewhere; they are not read there")
	}
	switch storage {
	case "", "files":
	case "reftable":
		d.Reftable = true
	default:
		d.problem("config", "ref storage %.40q is not known here", storage)
	}
	return nil
}

// checkVersion refuses repository formats that are not there yet, and notes unknown extensions. In
// version 0 these mean nothing.
func (d *Dir) checkVersion(s settings) error {
	text, ok := s.lookup("core.repositoryformatversion")
	if !ok {
		return nil
	}
	version, err := strconv.Atoi(text)
	if err != nil {
		d.problem("config", "core.repositoryformatversion is no number")
	}
	if version > 1 {
		return fmt.Errorf("repository format version %d is not known here; 0 and 1 are", version)
	}
	if version < 1 {
		return nil
	}
	var noted problems
	for _, one := range s {
		name, ok := strings.CutPrefix(one.key, "extensions.")
		if ok && !knownExtensions[name] {
			noted.add("config", "extension %.40q is not known here: parts of the repository may go unread", name)
		}
	}
	d.Problems = append(d.Problems, noted.list()...)
	return nil
}

// Partial is true where objects may be absent by intent: there are promisor remotes or packs.
func (d *Dir) Partial() bool {
	if d.bundle != nil {
		return d.bundle.Filtered
	}
	if d.config.last("extensions.partialclone") != "" {
		return true
	}
	for _, one := range d.config {
		if !strings.HasPrefix(one.key, "remote.") {
			continue
		}
		if strings.HasSuffix(one.key, ".partialclonefilter") {
			return true
		}
		if promisor, _ := (settings{one}).bool(one.key); promisor && strings.HasSuffix(one.key, ".promisor") {
			return true
		}
	}
	packs, _ := d.bounds.readDir(filepath.Join(d.Common, "objects", "pack"))
	for _, pack := range packs {
		if strings.HasSuffix(pack.Name(), ".promisor") {
			return true
		}
	}
	return false
}
