package table

import (
	"strings"
	"testing"

	"skleak/report/wrap"
)

func TestWrite(t *testing.T) {
	rows := func() [][]string {
		return [][]string{{"NAME", "NAMED BY", "CHECKED"},
			{"one", "api.one.example, one.example, X-One-Key, one", "yes"}, {"二つ", "two\x1b[2J", "no"}}
	}
	for _, tt := range []struct {
		name  string
		width int
		want  string
	}{
		{"all has room", 80, "NAME  NAMED BY                                      CHECKED\n" +
			"one   api.one.example, one.example, X-One-Key, one  yes\n" +
			"二つ  two\\x1b[2J                                    no\n"},
		{"one column breaks", 48, "NAME  NAMED BY                           CHECKED\n" +
			"one   api.one.example, one.example,      yes\n" +
			"      X-One-Key, one\n" +
			"二つ  two\\x1b[2J                         no\n"},
		{"one below the other", 30, "NAME one\n  named by: api.one.example,\n  one.example, X-One-Key, one\n  checked: yes\n" +
			"NAME 二つ\n  named by: two\\x1b[2J\n  checked: no\n"},
	} {
		var b strings.Builder
		if err := Write(&b, rows(), tt.width); err != nil || b.String() != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", tt.name, err, b.String(), tt.want)
		}
		for line := range strings.Lines(b.String()) {
			if n := wrap.Width(strings.TrimSuffix(line, "\n")); n > tt.width {
				t.Errorf("%s: a line of %d columns: %q", tt.name, n, line)
			}
		}
	}
}
