package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"skleak/scanner/audit/job"
	"skleak/scanner/cause"
)

// reading is what a file of a reading holds.
type reading struct {
	Repository string      `json:"repository"`
	Reading    job.Reading `json:"reading"`
}

// Reading is what is remembered of a repository; nil where it was never read. An error says that something is
// remembered, and cannot be read: it is as if nothing were.
func (f *Folder) Reading(r job.Repository) (*job.Reading, error) {
	var saved reading
	err := f.read(readingsDir+"/"+r.ID()+".json", &saved)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if _, err := f.Report(saved.Reading.Report); err != nil {
		return nil, err
	}
	return &saved.Reading, nil
}

// Keep remembers what a worker says of a repository, with its report.
func (f *Folder) Keep(r job.Repository, read job.Reading, report []byte) error {
	if nameOf(report) != read.Report {
		return fmt.Errorf("the report of %s is not the one that its worker named", r.Name)
	}
	if err := f.put(reportsDir+"/"+read.Report+".json", report, false); err != nil {
		return err
	}
	return f.KeepReading(r, read)
}

// KeepReading remembers what a worker says of a repository whose report is there already.
func (f *Folder) KeepReading(r job.Repository, read job.Reading) error {
	text, err := json.Marshal(reading{r.Name, read})
	if err != nil {
		return fmt.Errorf("writing the state in %s: %w", f.dir, err)
	}
	return f.put(readingsDir+"/"+r.ID()+".json", text, false)
}

// Report is the report of a repository, by its SHA-256.
func (f *Folder) Report(sum string) ([]byte, error) {
	if len(sum) != 2*sha256.Size || strings.Trim(sum, "0123456789abcdef") != "" {
		return nil, f.damaged(readingsDir)
	}
	text, err := os.ReadFile(filepath.Join(f.dir, reportsDir, sum+".json"))
	if err != nil {
		return nil, fmt.Errorf("reading a report of the state in %s: %w", f.dir, cause.Of(err))
	}
	if nameOf(text) != sum {
		return nil, f.damaged(reportsDir + "/" + sum + ".json")
	}
	return text, nil
}

func nameOf(report []byte) string {
	sum := sha256.Sum256(report)
	return hex.EncodeToString(sum[:])
}

// keptFor is how long is remembered what was read of a repository that is not listed any more: with other
// filters, it may be listed again.
const keptFor = 90 * 24 * time.Hour

// Prune removes reports that others have replaced, and what there is of repositories that have not been listed
// for a long time, with their mirrors.
func (f *Folder) Prune(listed []job.Repository) error {
	ids, sums := map[string]bool{}, map[string]bool{}
	for _, r := range listed {
		ids[r.ID()] = true
	}
	entries, err := os.ReadDir(filepath.Join(f.dir, readingsDir))
	if err != nil {
		return fmt.Errorf("tidying the state in %s: %w", f.dir, cause.Of(err))
	}
	for _, e := range entries {
		var saved reading
		id, _, _ := strings.Cut(e.Name(), ".")
		if f.read(readingsDir+"/"+e.Name(), &saved) == nil && (ids[id] || time.Since(saved.Reading.At) < keptFor) {
			ids[id], sums[saved.Reading.Report] = true, true
		}
	}
	return errors.Join(f.keepOnly(readingsDir, ids), f.keepOnly(reportsDir, sums), f.keepOnly(mirrorsDir, ids))
}

// keepOnly removes what lies in a folder under other names; what stands behind the first dot is no part of a name.
func (f *Folder) keepOnly(folder string, names map[string]bool) error {
	entries, err := os.ReadDir(filepath.Join(f.dir, folder))
	if err != nil {
		return fmt.Errorf("tidying the state in %s: %w", f.dir, cause.Of(err))
	}
	var failed []error
	for _, e := range entries {
		if name, _, _ := strings.Cut(e.Name(), "."); !names[name] {
			if err := os.RemoveAll(filepath.Join(f.dir, folder, e.Name())); err != nil {
				failed = append(failed, fmt.Errorf("tidying the state in %s: %w", f.dir, cause.Of(err)))
			}
		}
	}
	return errors.Join(failed...)
}
