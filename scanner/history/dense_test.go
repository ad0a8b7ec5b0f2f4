package history

import (
	"strings"
	"testing"
)

// TestDense has a blob of nothing but what looks like parts of keys. It is named as not looked into whole, and the key
// behind it is found all the same.
func TestDense(t *testing.T) {
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	dense := strings.Repeat("sk` .. `_test_&#8203;_sk__t\\\" `_test_` ", 5000) + strings.Repeat("plain text\n", 200)
	blob := writeLoose(t, dir, "sha1", "blob", dense+assign("behind it"))
	commitTree(t, dir, writeLoose(t, dir, "sha1", "tree", rawTree("100644 a.env", blob)), 1700000000)
	r := scan(t, dir, Options{})
	r.checkUnreadable(t, "too-large object "+blob)
	if len(r.lines(keyNamed("behind it"), nil)) != 1 {
		t.Error("the key behind it is not found")
	}
}
