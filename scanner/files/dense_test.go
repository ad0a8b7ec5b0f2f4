package files

import (
	"strings"
	"testing"

	"skleak/rules/provider"
)

// TestDense has a file of nothing but what looks like parts of keys. It is named as not looked into whole, and the key
// behind it is found all the same.
func TestDense(t *testing.T) {
	root := t.TempDir()
	dense := strings.Repeat("sk` .. `_test_&#8203;_sk__t\\\" `_test_` ", 5000) + strings.Repeat("plain text\n", 200)
	write(t, root, map[string]string{"dense": dense + key(1) + "\n", "other": key(2) + "\n"})
	c, _, cov := scanOnce(t, root, Options{})
	if len(c.findings) != 2 {
		t.Errorf("%d findings, want 2", len(c.findings))
	}
	wantUnreadable(t, cov, "too-large dense")
	if shown := provider.Default().Redact(dense); strings.Contains(shown, "_test_") {
		t.Errorf("redacting leaves %d bytes", len(shown))
	}
}
