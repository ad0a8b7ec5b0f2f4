package archive

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCutArchives cuts archives off wherever they may be: what is missing is named.
func TestCutArchives(t *testing.T) {
	text := strings.Repeat("text of it ", 10)
	member := func(name, text string) string {
		return fmt.Sprintf("%-16s%-12d%-6d%-6d%-8o%-10d`\n%s", name, 0, 0, 0, 0o644, len(text), text)
	}
	odc := func(name, text string) string {
		return fmt.Sprintf("070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o%s\x00%s", 0, 0, 0o644, 0, 0, 1, 0, 0, len(name)+1, len(text), name, text)
	}
	first := len("!<arch>\n") + len(member("a/", text))
	for name, c := range map[string]struct {
		content string
		from    int  // it is told for what it is
		ends    bool // what is between members may be the end
	}{
		"ar":   {"!<arch>\n" + member("a/", text) + member("b/", text), 9, true},
		"cpio": {odc("a", text) + odc("b", text) + odc("TRAILER!!!", ""), 78, false},
	} {
		look(t, []byte(c.content)).want(t, "outer!a", text, "outer!b", text)
		for n := c.from; n < len(c.content); n++ {
			if s := look(t, []byte(c.content[:n])); len(s.unread) == 0 && (!c.ends || n != first) {
				t.Errorf("%s cut off behind %d of %d bytes looks whole", name, n, len(c.content))
			}
		}
	}
	for _, at := range []int{6, 58, 59, 64, 65, 75} { // a sign that no number has
		damaged := []byte(odc("a", text) + odc("TRAILER!!!", ""))
		damaged[at] = 'x'
		if s := look(t, damaged); len(s.unread) == 0 && s.texts["outer!a"] != text {
			t.Errorf("cpio with another byte %d looks clean", at)
		}
	}
}

// TestCutSQLite cuts a database off behind each page.
func TestCutSQLite(t *testing.T) {
	db := filepath.Join(t.TempDir(), "x.db")
	if runOn(t, "create table t(a); insert into t values(zeroblob(20000)), ('text'); select 1;", "sqlite3", db) == nil {
		t.Skip("there is no sqlite3")
	}
	whole, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	if s := look(t, whole); len(s.unread) > 0 {
		t.Error(s.unread)
	}
	for n := 512; n < len(whole); n += 512 {
		look(t, whole[:n]).wantUnread(t, "outer!(rows): corrupt")
	}
}
