package queue

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"skleak/scanner/cause"
)

// tally is how many jobs a run has at least, kept in a file of its own. The server cuts off what it finds damaged,
// without a word, and then all that came after it seems never to have been. Entries are never removed within a run, so
// one missing shows.
type tally struct {
	path string

	mu      sync.Mutex
	now     count
	written count
}

// count is what the file says.
type count struct {
	Run  string `json:"run"`
	Jobs uint64 `json:"jobs"`
}

const tallyName = "count"

func (d *folder) tally() *tally { return &tally{path: filepath.Join(d.path, tallyName)} }

// begin starts to count at what was found, and says whether that is all there should be.
func (t *tally) begin(run string, jobs uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, err := os.ReadFile(t.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("reading how many jobs there are: %w", cause.Of(err))
	default:
		if err := json.Unmarshal(text, &t.written); err != nil {
			return fmt.Errorf("reading how many jobs there are: %w", err)
		}
	}
	if t.written.Run == run && jobs < t.written.Jobs {
		return fmt.Errorf("of %d jobs, %d are left", t.written.Jobs, jobs)
	}
	t.now = count{run, jobs}
	return nil
}

// reset starts a run without jobs.
func (t *tally) reset(run string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = count{Run: run}
}

// add counts one more job.
func (t *tally) add() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Jobs++
}

// least is how many jobs there are at least.
func (t *tally) least() uint64 {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now.Jobs
}

// write keeps the count, if it has changed.
func (t *tally) write() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now == t.written {
		return nil
	}
	text, err := json.Marshal(t.now)
	if err == nil {
		err = writeNew(t.path, text)
	}
	if err == nil {
		t.written = t.now
	}
	return err
}
