package inflate

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"
)

// standard is what compress/flate makes of a zlib stream's deflate data: up to limit+1 bytes of content, the bytes of
// src taken, header included, and whether the data came to its end.
func standard(src []byte, limit int) (content []byte, taken int, whole bool) {
	in := bytes.NewReader(src[headerSize:])
	content, err := io.ReadAll(io.LimitReader(flate.NewReader(in), int64(limit)+1))
	return content, len(src) - in.Len(), err == nil
}

// checkAgainstStandard holds what Zlib made of src, without looking at the checksum, against compress/flate.
func checkAgainstStandard(t testing.TB, src []byte, size int, dst []byte, err error) {
	t.Helper()
	if checkHeader(src) != nil {
		if err == nil {
			t.Fatal("accepted a header that is refused")
		}
		return
	}
	content, taken, whole := standard(src, size)
	accepted := whole && len(content) == size && len(src)-taken >= trailerSize
	if accepted != (err == nil) {
		t.Fatalf("compress/flate accepts: %t (%d bytes, whole %t); ours: %v", accepted, len(content), whole, err)
	}
	if accepted && !bytes.Equal(content, dst) {
		t.Fatal("other content than compress/flate's")
	}
}
