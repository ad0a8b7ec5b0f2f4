package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"path"

	"github.com/rogpeppe/go-internal/testscript"
)

// packFiles puts files into an archive, whose kind its name tells: .zip, .stored.zip, .tar, .tar.gz; .gz takes one
// file.
func packFiles(ts *testscript.TestScript, _ bool, args []string) {
	var out bytes.Buffer
	files := args[1:]
	switch name := args[0]; path.Ext(name) {
	case ".zip":
		packZip(ts, &out, path.Ext(name[:len(name)-4]) == ".stored", files)
	case ".tar":
		packTar(ts, &out, files)
	case ".gz":
		z := gzip.NewWriter(&out)
		if path.Ext(name[:len(name)-3]) == ".tar" {
			packTar(ts, z, files)
		} else {
			_, err := io.WriteString(z, ts.ReadFile(files[0]))
			ts.Check(err)
		}
		ts.Check(z.Close())
	case ".helm": // as Kubernetes keeps what Helm has installed
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := io.WriteString(z, ts.ReadFile(files[0]))
		ts.Check(err)
		ts.Check(z.Close())
		once := base64.StdEncoding.EncodeToString(packed.Bytes())
		out.WriteString("data:\n  release: " + base64.StdEncoding.EncodeToString([]byte(once)) +
			"\ntype: helm.sh/release.v1\n")
	default:
		ts.Fatalf("%s: unknown kind of archive", name)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o666))
}

func packZip(ts *testscript.TestScript, out io.Writer, stored bool, files []string) {
	z := zip.NewWriter(out)
	for _, name := range files {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if stored {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		ts.Check(err)
		_, err = io.WriteString(w, ts.ReadFile(name))
		ts.Check(err)
	}
	ts.Check(z.Close())
}

func packTar(ts *testscript.TestScript, out io.Writer, files []string) {
	t := tar.NewWriter(out)
	for _, name := range files {
		text := ts.ReadFile(name)
		ts.Check(t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}))
		_, err := io.WriteString(t, text)
		ts.Check(err)
	}
	ts.Check(t.Close())
}
