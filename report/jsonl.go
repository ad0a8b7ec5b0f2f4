package report

import (
	"bufio"
	"fmt"
	"io"
)

// jsonLine is one finding with what is known of its leak, as docs/report-line.schema.json has it.
type jsonLine struct {
	SchemaVersion int `json:"schemaVersion"`
	jsonKey
	jsonFinding
}

// WriteJSONL writes one finding a line, each with the fields of its leak: what a log collector or a
// line-wise filter wants. Coverage has no line, so that every line is a finding; whether everything
// was read is told by the exit status and by the other formats.
func WriteJSONL(w io.Writer, r *Report, o Options) error {
	r = redacted(r)
	buffered := bufio.NewWriter(w) // keeps the first error for Flush
	for _, l := range r.Leaks {
		key := jsonKeyOf(l, o)
		for _, f := range l.Findings {
			line, err := encoded(jsonLine{schemaVersion, key, jsonFindingOf(f)}, "", "")
			if err != nil {
				return fmt.Errorf("writing the JSON lines report: %w", err)
			}
			fmt.Fprintf(buffered, "%s\n", line)
		}
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("writing the JSON lines report: %w", err)
	}
	return nil
}
