package report

import (
	"bytes"
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// own is what every page has.
var own = regexp.MustCompile(`(?s)<style>.*</style>|<script>.*</script>|'sha256-[^']*'`)

var update = flag.Bool("update", false, "rewrite the golden files in testdata/report")

// TestGolden replays recorded runs into every format. Read a changed golden file before it is
// committed: it is what a user sees.
func TestGolden(t *testing.T) {
	all := reports(t)
	for name, r := range all {
		for _, f := range formats {
			golden(t, name+cmp.Or(f.extension, "."+string(f.name)+".json"), r, f.name, Options{})
		}
	}
	golden(t, "found-verbose.txt", all["found"], FormatText, Options{Verbose: true})
	golden(t, "found-verbose.md", all["found"], FormatMarkdown, Options{Verbose: true})
	golden(t, "found-color.txt", all["found"], FormatText, Options{Color: true, Width: 60})
	golden(t, "unreadable-verbose.txt", all["unreadable"], FormatText, Options{Verbose: true})
}

func golden(t *testing.T, file string, r *Report, f Format, o Options) {
	t.Run(file, func(t *testing.T) {
		got := written(t, r, f, o)
		if f == FormatHTML { // whose style and script are files of their own
			got = own.ReplaceAll(got, nil)
		}
		path := filepath.Join("..", "testdata", "report", file)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (run go test ./report -update)", err)
		}
		// A checkout on Windows may have turned the line ends.
		want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
		if diff := gocmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("differs from the golden file (-want +got):\n%s", diff)
		}
	})
}

func written(t testing.TB, r *Report, f Format, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r, f, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
