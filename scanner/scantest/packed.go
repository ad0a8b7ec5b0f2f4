package scantest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

// Member is a file for an archive; one that is stored is not compressed in a zip file.
type Member struct {
	Name, Text string
	Stored     bool
}

// Zip is a zip file of the members.
func Zip(t testing.TB, members ...Member) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.Name, Method: zip.Deflate}
		if m.Stored {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, m.Text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Tar is a tar file of the members.
func Tar(t testing.TB, members ...Member) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		err := w.WriteHeader(&tar.Header{Name: m.Name, Size: int64(len(m.Text)), Mode: 0o644})
		if err == nil {
			_, err = io.WriteString(w, m.Text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Gzip is a content in a gzip file.
func Gzip(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, content)
	if err != nil || z.Close() != nil {
		t.Fatal("the content cannot be compressed")
	}
	return b.String()
}
