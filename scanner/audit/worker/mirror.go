package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"skleak/scanner/audit/job"
	"skleak/scanner/cause"
	"skleak/scanner/filelock"
	"skleak/scanner/git/fetch"
	"skleak/scanner/git/oid"
)

// mirror is the copy of a repository on this machine. Three files have its name: the repository itself (.git), what was
// read of it (.json), and a lock (.lock), which is never removed: two workers could have two locks then.
type mirror struct {
	root *os.Root // the folder of all mirrors
	dir  string   // the bare repository
	id   string
	url  fetch.URL
	lock *os.File
	mark mark
	had  fetch.Refs // when the try began
	new  bool       // nothing was there when the try began, or what was there was thrown away
}

// mark is what was read of a mirror.
type mark struct {
	Version  string    `json:"version"`
	URL      string    `json:"url"`
	At       time.Time `json:"at"`
	Rules    string    `json:"rules"`
	Refs     []oidText `json:"refs"`     // what they led to
	Hidden   []oidText `json:"hidden"`   // what no ref led to
	Told     int64     `json:"told"`     // keys that were found, whether or not they count
	Complete bool      `json:"complete"` // everything was read
	Lasting  bool      `json:"lasting"`  // what was not read cannot be read with this memory, however often one tries
	Memory   int64     `json:"memory"`
	Damaged  bool      `json:"damaged"` // something that should lie in the mirror does not, or cannot be read
	Unread   bool      `json:"unread"`  // something was brought that has not been read since
}

// markVersion is that of mark, and of how mirrors are made.
const markVersion = "skleak/mirror/v1"

// mostMarked bounds the refs that a mark holds. With more, everything is read again where anything is new.
const mostMarked = 200_000

// maxMark bounds the file, in bytes.
const maxMark = 32 << 20

// oidText is an id in JSON.
type oidText oid.ID

func (o oidText) MarshalText() ([]byte, error) { return []byte(oid.ID(o).Hex(oid.SHA1)), nil }

func (o *oidText) UnmarshalText(text []byte) error {
	id, err := oid.Parse(string(text))
	*o = oidText(id)
	return err
}

// errInUse says that somebody else is at work in a mirror.
var errInUse = errors.New("another process is reading this repository: try again later")

// open locks the mirror of the repository, and reads its mark. close is to be called at the end.
func (t *try) open(u fetch.URL) (m *mirror, err error) {
	id := t.job.Repository.ID()
	if err := os.MkdirAll(t.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for mirrors: %w", cause.Of(err))
	}
	if _, held := t.held.LoadOrStore(id, true); held {
		return nil, errInUse
	}
	m = &mirror{dir: filepath.Join(t.Dir, id+".git"), id: id, url: u}
	defer func() {
		if err != nil {
			t.close(m)
		}
	}()
	if m.root, err = os.OpenRoot(t.Dir); err != nil { // out of which no link leads
		return m, fmt.Errorf("opening the folder for mirrors: %w", cause.Of(err))
	}
	if m.lock, err = m.root.OpenFile(id+".lock", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return m, fmt.Errorf("locking the mirror: %w", cause.Of(err))
	}
	locked, err := filelock.Try(m.lock)
	switch {
	case errors.Is(err, filelock.ErrUnsupported): // then there is the lock among our own goroutines
	case err != nil:
		return m, fmt.Errorf("locking the mirror: %w", err)
	case !locked:
		return m, errInUse
	}
	return m, t.look(m)
}

// close lets others at the mirror.
func (t *try) close(m *mirror) {
	if m.lock != nil {
		_ = m.lock.Close()
	}
	if m.root != nil {
		_ = m.root.Close()
	}
	t.held.Delete(m.id)
}

// most packs that a mirror has: each fetch brings one or two, and each is looked into for each object.
const mostPacks = 64

// look finds out whether the mirror that is there can be used, and throws it away if not.
func (t *try) look(m *mirror) error {
	if _, err := m.root.Lstat(m.id + ".git"); errors.Is(err, fs.ErrNotExist) {
		return m.throwAway()
	}
	packs, err := fetch.CheckMirror(m.dir, m.url)
	if err == nil {
		err = m.readMark()
	}
	if err == nil {
		m.had, err = fetch.MirrorRefs(m.dir)
	}
	switch {
	case err != nil:
		t.say("its mirror is of no use, and is fetched again: %v", err)
	case m.mark.Damaged:
		t.say("its mirror was not whole when it was read last, and is fetched again")
	case packs > mostPacks:
		t.say("its mirror has %d packs, and is fetched again", packs)
	default:
		return nil
	}
	return m.throwAway()
}

// readMark reads what was read of the mirror. Where that was never finished, there is none.
func (m *mirror) readMark() error {
	info, err := m.root.Lstat(m.id + ".json")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("nothing says what was read of it")
	case err != nil:
		return fmt.Errorf("reading what was read of it: %w", cause.Of(err))
	case !info.Mode().IsRegular() || info.Size() > maxMark:
		return errors.New("what was read of it is no file of ours")
	}
	text, err := m.root.ReadFile(m.id + ".json")
	if err != nil {
		return fmt.Errorf("reading what was read of it: %w", cause.Of(err))
	}
	var is mark
	switch err := json.Unmarshal(text, &is); {
	case err != nil:
		return errors.New("what was read of it is damaged")
	case is.Version != markVersion:
		return errors.New("it was made by another version of skleak")
	case is.URL != m.url.String():
		return errors.New("it is of another repository")
	}
	m.mark = is
	return nil
}

// writeMark writes down what was read of the mirror.
func (m *mirror) writeMark() error {
	m.mark.Version, m.mark.URL = markVersion, m.url.String()
	text, err := json.Marshal(m.mark)
	if err != nil {
		return fmt.Errorf("writing what was read of the mirror: %w", err)
	}
	beside := m.id + ".json.new"
	_ = m.root.Remove(beside) // which may be a link
	if err := m.root.WriteFile(beside, text, 0o600); err != nil {
		return fmt.Errorf("writing what was read of the mirror: %w", cause.Of(err))
	}
	if err := m.root.Rename(beside, m.id+".json"); err != nil {
		return fmt.Errorf("writing what was read of the mirror: %w", cause.Of(err))
	}
	return nil
}

// throwAway removes the mirror and what is known of it.
func (m *mirror) throwAway() error {
	m.mark, m.had, m.new = mark{}, fetch.Refs{}, true
	err := errors.Join(m.root.RemoveAll(m.id+".json"), m.root.RemoveAll(m.id+".git"))
	if err != nil {
		return fmt.Errorf("removing a mirror: %w", cause.Of(err))
	}
	return nil
}

// size is what its packs take.
func (m *mirror) size() (bytes int64) {
	files, _ := os.ReadDir(filepath.Join(m.dir, "objects", "pack")) // what cannot be read is for the scan to tell
	for _, file := range files {
		if info, err := file.Info(); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// begin makes the folder, and notes that something is about to come that nobody has read.
func (m *mirror) begin() error {
	if err := m.root.Mkdir(m.id+".git", 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making a mirror: %w", cause.Of(err))
	}
	m.mark.Unread = true
	return m.writeMark()
}

// marked are the ids for a mark; an error says that there are too many.
func marked(refs fetch.Refs, hidden []job.Hidden) (ids, besides []oidText, err error) {
	for _, id := range refs.IDs() {
		ids = append(ids, oidText(id))
	}
	for _, h := range hidden {
		if id, err := oid.Parse(h.ID); err == nil {
			besides = append(besides, oidText(id))
		}
	}
	if len(ids)+len(besides) > mostMarked {
		return nil, nil, errors.New("too many refs")
	}
	return ids, besides, nil
}
