package mapped

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestReadInPlaceOfMapping: a file that cannot be mapped is read, and one that is too large for that is refused.
func TestReadInPlaceOfMapping(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	want := bytes.Repeat([]byte("0123456789"), 100)
	if err := os.WriteFile(path, want, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int64{0, 999, 1000, 1001} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		data, unmap, err := readFile(f, limit)
		if fits := limit >= 1000; fits != (err == nil) || fits && !bytes.Equal(data, want) {
			t.Errorf("limit %d: %d bytes, %v", limit, len(data), err)
		} else if fits && unmap() != nil {
			t.Error("unmap fails")
		}
	}
	mapped, unmap, err := File(path)
	if err != nil || !bytes.Equal(mapped, want) {
		t.Fatal(len(mapped), err)
	}
	if err := unmap(); err != nil {
		t.Error(err)
	}
}
