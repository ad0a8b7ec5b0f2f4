package liveness

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"skleak/scanner/cause"
)

// A journal is a file of JSON lines, one Entry each, only ever appended to. What is about to be done
// to a key is in it, and on the disk, before it is done; how it ended comes after. So a run that dies
// in between leaves an intention without an outcome. It names keys by fingerprint and holds none.

// States of an Entry. All but the first end an intention.
const (
	stateIntended    = "intended"
	stateRevoked     = "revoked"     // the provider has called the key inactive since
	stateActive      = "active"      // it was asked for, and the key is still active
	stateUnconfirmed = "unconfirmed" // it was asked for, and what the provider says tells nothing
)

// Entry is one line of the journal.
type Entry struct {
	Time        time.Time `json:"time"`
	Run         string    `json:"run"` // tells the runs apart
	Fingerprint string    `json:"fingerprint"`
	Provider    string    `json:"provider"`
	State       string    `json:"state"`
	Detail      string    `json:"detail"`
}

// maxJournalLine bounds, in bytes, a line that is read. Ours have some hundred.
const maxJournalLine = 64 << 10

// Journal is where revocations are written down.
type Journal struct {
	path string
	run  string
	file *os.File

	others map[string]time.Time // when other runs last wrote of a key, by its fingerprint; read by Lock
}

// OpenJournal opens the journal at path and makes it, with its folder, if it is not there. Others
// can neither read nor write it.
func OpenJournal(path string) (*Journal, error) {
	j, err := openJournal(path)
	if err != nil {
		return nil, fmt.Errorf("opening the journal of revocations %s: %w", path, cause.Of(err))
	}
	return j, nil
}

func openJournal(path string) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	j := &Journal{path: path, run: rand.Text(), file: file}
	if err := errors.Join(file.Chmod(0o600), j.endLine(), file.Sync()); err != nil {
		file.Close()
		return nil, err
	}
	syncFolder(filepath.Dir(path))
	return j, nil
}

// endLine ends a line that a crash cut short, so that the next one does not join it.
func (j *Journal) endLine() error {
	info, err := j.file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := j.file.ReadAt(last, info.Size()-1); err != nil {
		return err
	}
	if last[0] == '\n' {
		return nil
	}
	_, err = j.file.WriteString("\n")
	return err
}

// syncFolder makes a new file survive a crash of the machine, where the system can do that: Windows
// cannot sync a folder.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// add writes an entry and waits until it is on the disk.
func (j *Journal) add(fingerprint, provider, state, detail string) error {
	line, err := json.Marshal(Entry{time.Now().UTC(), j.run, fingerprint, provider, state, detail})
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("writing the journal of revocations %s: %w", j.path, cause.Of(err))
	}
	return nil
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }

// OpenIntentions reads the journal at path and returns the intentions without an outcome, one for each
// key, the oldest first: what a run began and did not live to see the end of. damaged is the number
// of lines that could not be read. A journal that is not there has none.
func OpenIntentions(path string) (open []Entry, damaged int, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading the journal of revocations %s: %w", path, cause.Of(err))
	}
	defer file.Close()
	damaged, err = readEntries(file, func(e Entry) { open = apply(open, e) })
	if err != nil {
		return nil, 0, fmt.Errorf("reading the journal of revocations %s: %w", path, cause.Of(err))
	}
	return open, damaged, nil
}

// readEntries calls each with the entries of a journal, and counts the lines that are none.
func readEntries(from io.Reader, each func(Entry)) (damaged int, err error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxJournalLine)
	for lines.Scan() {
		var e Entry
		switch {
		case len(lines.Bytes()) == 0:
		case json.Unmarshal(lines.Bytes(), &e) != nil || e.Fingerprint == "" || e.State == "":
			damaged++
		default:
			each(e)
		}
	}
	return damaged, lines.Err()
}

// apply adds an intention, or takes away the one that an outcome ends.
func apply(open []Entry, e Entry) []Entry {
	for i := range open {
		if open[i].Fingerprint == e.Fingerprint {
			open = append(open[:i], open[i+1:]...)
			break
		}
	}
	if e.State == stateIntended {
		open = append(open, e)
	}
	return open
}
