package report

import (
	"bufio"
	"fmt"
)

// jsonLine is one finding with what is known of its leak, as docs/report-line.schema.json has it.
type jsonLine struct {
	SchemaVersion int `json:"schemaVersion"`
	jsonKey
	jsonFinding
}

// writeJSONL writes one finding a line, each with the fields of its leak: what a log collector or a
// line-wise filter wants. Coverage has no line, so that every line is a finding; whether everything
// was read is told by the exit status and by the other formats.
func writeJSONL(w *bufio.Writer, r *shown, o Options) error {
	for _, l := range r.Leaks {
		key := jsonKeyOf(l, o)
		for _, f := range l.Findings {
			line, err := encoded(jsonLine{schemaVersion, key, jsonFindingOf(f)}, "", "")
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\n", line)
		}
	}
	return nil
}
