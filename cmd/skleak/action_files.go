package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"skleak/report"
	"skleak/scanner"
)

// jobOutput is a value that later steps of a job can use.
type jobOutput struct{ name, value string }

// writeJobFiles writes the summary and the outputs of the step into the files that GitHub names. Where
// it names none, nobody wants them.
func (w *world) writeJobFiles(r *report.Report, o report.SummaryOptions, outputs []jobOutput) error {
	var summary, values bytes.Buffer
	if err := report.WriteSummary(&summary, r, o); err != nil {
		return err
	}
	for _, o := range outputs {
		// The form with a delimiter of one's own, for every value: a path can hold a line end, behind
		// which another output would begin.
		end := rand.Text()
		fmt.Fprintf(&values, "%s<<%s\n%s\n%s\n", o.name, end, o.value, end)
	}
	if err := appendTo(w.env["GITHUB_STEP_SUMMARY"], summary.Bytes()); err != nil {
		return fmt.Errorf("writing the job summary: %w", err)
	}
	if err := appendTo(w.env["GITHUB_OUTPUT"], values.Bytes()); err != nil {
		return fmt.Errorf("writing the outputs: %w", err)
	}
	return nil
}

// appendTo adds to a file that other steps may have written to. An empty path stands for none.
func appendTo(path string, text []byte) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// jobOutputs are the outputs of the action. Reports are named by their absolute paths, since later steps
// may run elsewhere.
func (j *job) jobOutputs(r *report.Report, upload bool) []jobOutput {
	leaks, active := 0, 0
	for _, l := range r.Leaks {
		if !l.Counts() {
			continue
		}
		leaks++
		if l.Status == scanner.StatusActive {
			active++
		}
	}
	outputs := []jobOutput{
		{"leaks", strconv.Itoa(leaks)}, {"active", strconv.Itoa(active)},
		{"upload", strconv.FormatBool(upload)}, {"checkout", j.root()}, // for the step that uploads
	}
	for _, o := range j.outputs {
		if o.path != "" {
			outputs = append(outputs, jobOutput{string(o.format), o.path})
		}
	}
	return outputs
}

// root is the top of the checkout, to which the paths of a report are relative.
func (j *job) root() string {
	root := j.targets[0]
	if j.repo != nil && j.repo.root != "" {
		root = j.repo.root
	}
	if abs, err := filepath.Abs(root); err == nil {
		return abs
	}
	return root
}
