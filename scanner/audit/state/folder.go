// Package state is what is remembered of the audits of one set of sources, in one folder: what was listed, what
// was read of each repository and when, and the report of it. No key is in it, whole, and no token. To lose it
// costs time, and nothing else.
//
// Every file is written beside and renamed. What cannot be read is said, and taken for what was never there; a
// folder that another version, another audit or nobody of ours wrote is left as it is.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"skleak/scanner/cause"
	"skleak/scanner/filelock"
	"skleak/scanner/wholefile"
)

// version is what the file of this name says. Another version of what lies in the folder is another text.
const version = "skleak-audit state 1\n"

const (
	versionFile   = "version"
	lockFile      = "lock"
	runFile       = "run.json"
	listFile      = "repositories.jsonl"
	statusFile    = "status.json"
	readingsDir   = "readings"
	reportsDir    = "reports"
	mirrorsDir    = "mirrors"
	queueDir      = "queue"
	privateFolder = 0o700
	privateFile   = 0o600
	begun         = ".skleak-audit-" // begins the names of files that are not there whole
)

// Folder is a state that is open.
type Folder struct {
	dir  string
	lock *os.File // nil where it was opened to be read
}

// ErrInUse says that another process is at work in the folder.
var ErrInUse = errors.New("another skleak-audit is at work in it: wait for it, see how far it is by " +
	"skleak-audit status, or give this one another --state")

// Open opens the state in a folder for the audit that works in it, and makes one where there is none.
func Open(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir) // reports name mirrors, and are read from anywhere
	if err != nil {
		return nil, fmt.Errorf("opening the state: %w", err)
	}
	if err := os.MkdirAll(dir, privateFolder); err != nil {
		return nil, fmt.Errorf("making the state folder %s: %w", dir, cause.Of(err))
	}
	if err := check(dir, true); err != nil {
		return nil, fmt.Errorf("opening the state in %s: %w", dir, err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, privateFile)
	if err != nil {
		return nil, fmt.Errorf("opening the state in %s: %w", dir, cause.Of(err))
	}
	locked, err := filelock.Try(lock)
	if err == nil && !locked {
		err = ErrInUse
	}
	f := &Folder{dir, lock}
	if err == nil {
		err = f.prepare()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the state in %s: %w", dir, err), lock.Close())
	}
	return f, nil
}

// OpenToRead opens the state in a folder without keeping others from working in it.
func OpenToRead(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the state: %w", err)
	}
	if err := check(dir, false); err != nil {
		return nil, fmt.Errorf("opening the state in %s: %w", dir, err)
	}
	return &Folder{dir: dir}, nil
}

// check refuses folders that are none of this version.
func check(dir string, mayBeEmpty bool) error {
	says, err := os.ReadFile(filepath.Join(dir, versionFile))
	switch {
	case err == nil && string(says) == version:
		return nil
	case err == nil && strings.HasPrefix(string(says), "skleak-audit state "):
		return errors.New("another version of skleak-audit wrote it: use that one, or give this one another --state")
	case err == nil:
		return errors.New("its file \"version\" is damaged, or not of skleak-audit: give another --state, or remove the " +
			"folder")
	case !errors.Is(err, fs.ErrNotExist):
		return cause.Of(err)
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 && !mayBeEmpty:
		return errors.New("there is none: skleak-audit run makes it")
	case err != nil:
		return cause.Of(err)
	case slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return e.Name() != lockFile && !strings.HasPrefix(e.Name(), begun)
	}):
		return errors.New("there is something else in it: give a folder that is empty, or not there yet")
	}
	return nil
}

// prepare makes a state of the folder. The version comes first: without it, whatever else lies there is not ours.
func (f *Folder) prepare() error {
	if err := f.write(versionFile, []byte(version)); err != nil {
		return err
	}
	for _, name := range []string{"", readingsDir, reportsDir, mirrorsDir} {
		dir := filepath.Join(f.dir, name)
		if err := os.MkdirAll(dir, privateFolder); err != nil {
			return cause.Of(err)
		}
		_ = wholefile.Clean(dir, wholefile.Way{Beside: begun}) // what is left takes room, and nothing else
	}
	return nil
}

// Close lets others work in the folder.
func (f *Folder) Close() error {
	if f.lock == nil {
		return nil
	}
	return f.lock.Close()
}

// IsInUse is true while a process works in the folder.
func (f *Folder) IsInUse() bool {
	lock, err := os.OpenFile(filepath.Join(f.dir, lockFile), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer lock.Close() //nolint:errcheck // which gives back the lock, at any rate
	locked, err := filelock.Try(lock)
	return err == nil && !locked
}

// Dir is the folder itself.
func (f *Folder) Dir() string { return f.dir }

// Mirrors is where the workers of this machine keep what they fetched.
func (f *Folder) Mirrors() string { return filepath.Join(f.dir, mirrorsDir) }

// Queue is where the queue keeps what it has to remember.
func (f *Folder) Queue() string { return filepath.Join(f.dir, queueDir) }

// write puts a file into the folder, whole or not at all, also if the power fails.
func (f *Folder) write(name string, content []byte) error { return f.put(name, content, true) }

// put writes a file beside and renames it. To wait for the disk takes longer than all else that is done for a small
// repository: what the queue still has, and what is checked when it is read, need not be.
func (f *Folder) put(name string, content []byte, wait bool) error {
	err := wholefile.Replace(filepath.Join(f.dir, filepath.FromSlash(name)), content, wholefile.Way{Beside: begun, Sync: wait})
	if err != nil {
		return fmt.Errorf("writing the state in %s: %w", f.dir, cause.Of(err))
	}
	return nil
}
