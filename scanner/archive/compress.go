package archive

import (
	stdbzip2 "compress/bzip2"
	"fmt"
	"io"

	kgzip "github.com/klauspost/compress/gzip"
	kzstd "github.com/klauspost/compress/zstd"
	plz4 "github.com/pierrec/lz4/v4"
	rootxz "github.com/therootcompany/xz"
)

// walkCompressed looks into a compressed content. It has no members: what it holds is told at its own place.
func walkCompressed(w *walk, p Place, k Kind, r io.Reader) error {
	from, err := decompress(k, r)
	if err != nil {
		return fmt.Errorf("opening it as %s: %w", k, err)
	}
	if d, ok := from.(*kzstd.Decoder); ok {
		defer d.Close()
	}
	return w.content(Place{p.Path, string(k), p.depth + 1, p.layer}, from)
}

// decompress undoes one kind of compression. Contents that follow one another are read as one.
func decompress(k Kind, r io.Reader) (io.Reader, error) {
	switch k {
	case gzip:
		return kgzip.NewReader(r)
	case bzip2:
		return stdbzip2.NewReader(r), nil
	case xz:
		return rootxz.NewReader(r, maxDictionary)
	case zstd:
		return kzstd.NewReader(r, kzstd.WithDecoderConcurrency(1), kzstd.WithDecoderMaxWindow(maxDictionary), kzstd.WithDecoderLowmem(true))
	case lz4:
		return plz4.NewReader(r), nil
	}
	return nil, notRead(Unsupported, "%s is not read", k)
}
