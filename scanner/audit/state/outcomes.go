package state

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"skleak/scanner/cause"
)

// outcomesFile has a line for each repository that is done with in the last run. It is written at its end alone, so
// that a power cut costs the last lines: the queue tells again of those repositories.
const outcomesFile = "outcomes.jsonl"

// Outcome is how a repository ended in a run: with a report, or without.
type Outcome struct {
	Run    string `json:"run"`
	ID     string `json:"id"`     // of the repository
	Report string `json:"report"` // its SHA-256, "" where there is none
	Parked string `json:"parked"` // why there is none
	Kept   bool   `json:"kept"`   // nothing had changed since an earlier run
	Leaks  int64  `json:"leaks"`  // that count
	Unread bool   `json:"unread"` // there is a report, and not everything was read for it
}

// Note notes how a repository ended.
func (f *Folder) Note(o Outcome) error {
	line, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("writing the state in %s: %w", f.dir, err)
	}
	file, err := os.OpenFile(filepath.Join(f.dir, outcomesFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, privateFile)
	if err != nil {
		return fmt.Errorf("writing the state in %s: %w", f.dir, cause.Of(err))
	}
	// A line that a crash left half written must not take this one along.
	_, err = file.Write(append([]byte{'\n'}, append(line, '\n')...))
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing the state in %s: %w", f.dir, cause.Of(err))
	}
	return nil
}

// Outcomes are how the repositories of a run ended, by their IDs. Lines that cannot be read are as if they were not
// there.
func (f *Folder) Outcomes(run string) (map[string]Outcome, error) {
	file, err := os.Open(filepath.Join(f.dir, outcomesFile))
	all := map[string]Outcome{}
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the state in %s: %w", f.dir, cause.Of(err))
	}
	defer file.Close() //nolint:errcheck // which was only read
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o Outcome
		if json.Unmarshal(lines.Bytes(), &o) == nil && o.Run == run && o.ID != "" {
			all[o.ID] = o
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the state in %s: %w", f.dir, cause.Of(err))
	}
	return all, nil
}

// Begin notes a new run, and forgets how the repositories ended in the one before.
func (f *Folder) Begin(r Run) error {
	if err := f.write(outcomesFile, nil); err != nil {
		return err
	}
	return f.SaveRun(r)
}
