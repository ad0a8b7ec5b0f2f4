package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/scanner"
)

// TestRemoved: the formats say who removed a key, text with -v; the page names the ref that had it last; JSON gives
// all of it back.
func TestRemoved(t *testing.T) {
	f := inHistory(keyPlain, "config.env", 3, commit(hashA, "Ann", "add settings"))
	f.Repository = "."
	f.Removed = &scanner.Removal{Commit: commit(hashB, "Bo", "clean"), Ref: "HEAD", MovedTo: "new|.env"}
	r := &Report{Leaks: leaksOf([]scanner.Finding{f}), Repositories: []scanner.Repository{{Name: ".", Branch: "trunk"}}}
	for format, want := range map[Format]string{
		FormatText:     "moved to new|.env in 2b3c4d5e6f70 on 2024-05-06 by Bo",
		FormatMarkdown: "moved to `new\\x7c.env` in `2b3c4d5e6f70` on 2024-05-06 by `Bo`",
		FormatHTML:     "The last that did: heads/trunk, until 2024-05-06",
	} {
		if got := string(written(t, r, format, Options{Verbose: true})); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", format, want, got)
		}
	}
	if got := string(written(t, r, FormatText, Options{})); !strings.Contains(got, "removed since") {
		t.Errorf("without -v:\n%s", got)
	}
	text := written(t, r, FormatJSON, Options{ShowSecrets: true})
	for file, doc := range map[string][]byte{"report": text, "report-line": written(t, r, FormatJSONL, Options{})} {
		if err := validate(schema(t, file+".schema.json"), doc); err != nil {
			t.Error(err)
		}
	}
	r.Folder, r.Repositories[0].Path = "/src", "/src/shop" // paths open from where the run was started
	if got := string(written(t, r, FormatText, Options{Verbose: true})); !strings.Contains(got, "moved to shop/new|.env in") {
		t.Errorf("from the folder above:\n%s", got)
	}
	back, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f.Removed, back.Leaks[0].Findings[0].Removed); diff != "" {
		t.Error(diff)
	}
}
