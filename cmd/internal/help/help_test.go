package help

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestWrapped(t *testing.T) {
	for _, c := range []struct {
		text          string
		width, blanks int
		want          string
	}{
		{"one two three", 7, 0, "one two\nthree\n"},
		{"one\ntwo\n\nthree", 80, 2, "  one two\n\n  three\n"},
		{"longerthanthat a", 5, 1, " longerthanthat\n a\n"},
		{"a\n  as it is\nb", 80, 0, "a\n  as it is\nb\n"},
		{"", 80, 4, "\n"},
	} {
		if got := Wrapped(c.text, c.width, c.blanks); got != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestGroups(t *testing.T) {
	root := &cobra.Command{Use: "skleak"}
	c := &cobra.Command{Use: "scan", Short: "Scan", Run: func(*cobra.Command, []string) {}}
	c.Flags().String("report", "text", "`FORMAT` of the report")
	Group(c, Report)
	c.Flags().Bool("verify", false, "ask")
	Group(c, Verify)
	c.Flags().Bool("odd", false, "in no group")
	root.AddCommand(c)
	Set(root)
	var out strings.Builder
	root.SetOut(&out)
	root.SetArgs([]string{"scan", "--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	want := []string{"Report:\n  --report FORMAT\n      FORMAT of the report (default text)\n",
		"Verify:\n  --verify\n      ask\n", "Other flags:\n  -h, --help"}
	last := 0
	for _, part := range want {
		at := strings.Index(out.String(), part)
		if at < last {
			t.Fatalf("%q is not there, or not in its place:\n%s", part, out.String())
		}
		last = at
	}
}
