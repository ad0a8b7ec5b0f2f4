package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"skleak/scanner/audit/job"
	"skleak/scanner/cause"
)

// Run is one audit, which may have been stopped and gone on with.
type Run struct {
	ID        string           `json:"id"`
	Sources   []string         `json:"sources"`   // as the user wrote them, sorted
	Selection string           `json:"selection"` // what else decides what is listed, in words that are compared
	StartedAt time.Time        `json:"startedAt"`
	Listed    bool             `json:"listed"`  // the list of repositories is whole
	LeftOut   map[string]int64 `json:"leftOut"` // by reason: repositories that filters left out
	Missed    map[string]int64 `json:"missed"`  // by reason: those that the sources have and that could not be listed
	EndedAt   time.Time        `json:"endedAt"` // zero while it is not done
}

// Run returns the last run, the zero one where there was none. A state of other sources is an error.
func (f *Folder) Run(sources []string) (r Run, err error) {
	if r, err = f.LastRun(); err != nil || r.ID == "" {
		return r, err
	}
	if !slices.Equal(r.Sources, sources) {
		return r, fmt.Errorf("the state in %s is of the audit of %s: give this one another --state", f.dir,
			strings.Join(r.Sources, " "))
	}
	return r, nil
}

// LastRun is the last run, of whatever sources; the zero one where there was none.
func (f *Folder) LastRun() (r Run, err error) {
	err = f.read(runFile, &r)
	if errors.Is(err, fs.ErrNotExist) {
		return Run{}, nil
	}
	return r, err
}

// SaveRun notes the run.
func (f *Folder) SaveRun(r Run) error { return f.writeJSON(runFile, r) }

// SaveList notes what was listed.
func (f *Folder) SaveList(all []job.Repository) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	for _, one := range all {
		if err := encoder.Encode(one); err != nil {
			return fmt.Errorf("writing the state in %s: %w", f.dir, err)
		}
	}
	return f.write(listFile, b.Bytes())
}

// List is what was listed.
func (f *Folder) List() (all []job.Repository, err error) {
	file, err := os.Open(filepath.Join(f.dir, listFile))
	if err != nil {
		return nil, fmt.Errorf("reading the state in %s: %w", f.dir, cause.Of(err))
	}
	defer file.Close() //nolint:errcheck // which was only read
	decoder := json.NewDecoder(bufio.NewReader(file))
	for decoder.More() {
		var one job.Repository
		if err := decoder.Decode(&one); err != nil {
			return nil, f.damaged(listFile)
		}
		all = append(all, one)
	}
	return all, nil
}

// Status is how far a run is, for those who ask from outside.
type Status struct {
	Run       string    `json:"run"`
	StartedAt time.Time `json:"startedAt"`
	At        time.Time `json:"at"` // when this was written
	Listed    int       `json:"listed"`
	Done      int       `json:"done"`
	Kept      int       `json:"kept"` // of those done: nothing had changed
	Waiting   int       `json:"waiting"`
	Keys      int64     `json:"keys"` // found so far: one that lies in several repositories counts in each
	Objects   int64     `json:"objects"`
	Running   []Running `json:"running"`
	Parked    []Parked  `json:"parked"`
	Finished  bool      `json:"finished"`
}

// Running is a repository that is being read.
type Running struct {
	Repository string    `json:"repository"`
	Worker     string    `json:"worker"`
	Since      time.Time `json:"since"`
	Objects    int64     `json:"objects"`
	Try        int       `json:"try"`
}

// Parked is a repository of which there is no report, and why.
type Parked struct {
	Repository string `json:"repository"`
	Reason     string `json:"reason"`
}

// SaveStatus notes how far the run is.
func (f *Folder) SaveStatus(s Status) error {
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return fmt.Errorf("writing the state in %s: %w", f.dir, err)
	}
	return f.put(statusFile, append(text, '\n'), false)
}

// Status is what was noted last.
func (f *Folder) Status() (s Status, err error) {
	err = f.read(statusFile, &s)
	return s, err
}

func (f *Folder) writeJSON(name string, value any) error {
	text, err := json.MarshalIndent(value, "", "\t")
	if err != nil {
		return fmt.Errorf("writing the state in %s: %w", f.dir, err)
	}
	return f.write(name, append(text, '\n'))
}

func (f *Folder) read(name string, value any) error {
	text, err := os.ReadFile(filepath.Join(f.dir, filepath.FromSlash(name)))
	if err != nil {
		return fmt.Errorf("reading the state in %s: %w", f.dir, cause.Of(err))
	}
	if err := json.Unmarshal(text, value); err != nil {
		return f.damaged(name)
	}
	return nil
}

func (f *Folder) damaged(name string) error {
	return fmt.Errorf("the state in %s is damaged, in %s: remove the folder, which costs the time to read all again",
		f.dir, name)
}

// toldFile has the fingerprints of the keys that somebody has been told of.
const toldFile = "told.json"

// Told are the fingerprints of the keys that somebody has been told of.
func (f *Folder) Told() (prints []string, err error) {
	err = f.read(toldFile, &prints)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return prints, err
}

// SaveTold notes of which keys somebody has been told.
func (f *Folder) SaveTold(prints []string) error { return f.writeJSON(toldFile, prints) }
