package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// sarifSchema is where the specification's own list of schemas has version 2.1.0.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// writeSARIFRun writes a document of one run, each result on a line of its own. The library's own
// writer makes the whole document in memory and writes every field that has a default: 88 MB for
// 25,000 results, where this comes to 37. And it leaves an empty list of suppressions out, which
// SARIF wants on every result of a run that has a suppressed one.
func writeSARIFRun(out *bufio.Writer, run *sarif.Run, results func(yield func(*sarif.Result) bool), anySuppressed bool) error {
	head, err := lean(run)
	if err != nil {
		return err
	}
	delete(head, "results")
	opening, err := encoded(head, "  ", " ")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "{\n \"$schema\": %q,\n \"version\": \"2.1.0\",\n \"runs\": [\n  ", sarifSchema)
	fmt.Fprintf(out, "%s,\n   \"results\": [", bytes.TrimSuffix(opening, []byte("\n  }")))
	separator := ""
	for result := range results {
		tree, err := lean(result)
		if err != nil {
			return err
		}
		if _, has := tree["suppressions"]; anySuppressed && !has {
			tree["suppressions"] = []any{}
		}
		text, err := encoded(tree, "", "")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n%s", separator, text); err != nil {
			return err
		}
		separator = ","
	}
	fmt.Fprint(out, "\n   ]\n  }\n ]\n}\n")
	return nil
}

// lean turns a value of the library into a tree without what only repeats SARIF's defaults: minus
// one for a number that is not known, and empty lists and bags.
func lean(v any) (map[string]any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var tree map[string]any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	dropDefaults(tree)
	return tree, nil
}

func dropDefaults(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			dropDefaults(field)
			if isDefault(field) {
				delete(v, name)
			}
		}
	case []any:
		for _, element := range v {
			dropDefaults(element)
		}
	}
}

func isDefault(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	case json.Number:
		return v == "-1"
	}
	return false
}

// encoded writes v as JSON, indented as [json.Encoder.SetIndent] has it, without a newline at the end
// and with nothing in it that a terminal or a CI system would obey.
func encoded(v any, prefix, indent string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(prefix, indent)
	err := encoder.Encode(v)
	return EscapeJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), err
}
