package report

import (
	"bytes"
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"skleak/report/wrap"
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

// TestNarrowText: text keeps within the terminal, between words. Only a place is written in one piece, however long.
func TestNarrowText(t *testing.T) {
	place := regexp.MustCompile(`^ +\S.*:\d+:\d+$`)
	for _, width := range []int{40, 60, 80, 200} {
		for name, r := range reports(t) {
			text := string(written(t, r, FormatText, Options{Verbose: true, Width: width}))
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if wrap.Width(line) > width && strings.Contains(strings.TrimSpace(line), " ") && !place.MatchString(line) {
					t.Errorf("%s at %d columns: %q", name, width, line)
				}
			}
			plain := written(t, r, FormatText, Options{Verbose: true})
			if got, want := strings.Fields(text), strings.Fields(string(plain)); width == 200 && !slices.Equal(got, want) {
				t.Errorf("%s at %d columns has other words", name, width)
			}
		}
	}
}
