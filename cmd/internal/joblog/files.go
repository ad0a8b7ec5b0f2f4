package joblog

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"skleak/report"
)

// Output is a value that later steps of a job can use.
type Output struct{ Name, Value string }

// WriteFiles writes the summary and the outputs of the step into the files that GitHub names. Where
// it names none, nobody wants them.
func WriteFiles(env map[string]string, r *report.Report, o report.SummaryOptions, outputs []Output) error {
	var summary, values bytes.Buffer
	if err := report.WriteSummary(&summary, r, o); err != nil {
		return err
	}
	for _, o := range outputs {
		// The form with a delimiter of one's own, for every value: a path can hold a line end, behind
		// which another output would begin.
		end := rand.Text()
		fmt.Fprintf(&values, "%s<<%s\n%s\n%s\n", o.Name, end, o.Value, end)
	}
	if err := appendTo(env["GITHUB_STEP_SUMMARY"], summary.Bytes()); err != nil {
		return fmt.Errorf("writing the job summary: %w", err)
	}
	if err := appendTo(env["GITHUB_OUTPUT"], values.Bytes()); err != nil {
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

// ReportFolder makes the folder for the reports, one for each run: a job can run the action several times.
func ReportFolder(env map[string]string) (string, error) {
	folder, err := os.MkdirTemp(cmp.Or(env["RUNNER_TEMP"], os.TempDir()), "skleak-")
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err != nil {
		return "", fmt.Errorf("making a folder for the reports: %w", err)
	}
	return folder, nil
}
