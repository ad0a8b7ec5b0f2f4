package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"skleak/report/outfile"
)

// WriteFile writes r to the file at path, as [outfile.Write] does: whole or not at all.
func WriteFile(path string, r *Report, f Format, o Options) error {
	err := outfile.Write(path, func(w io.Writer) error { return Write(w, r, f, o) })
	if err != nil {
		return fmt.Errorf("writing the report to %s: %w", visible(path), err)
	}
	return nil
}

// DigestOf is the digest of a report that was written to a file.
func DigestOf(path string) (Digest, error) {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("no regular file")
	}
	if err != nil {
		return Digest{}, err
	}
	text, err := os.ReadFile(path)
	sum := sha256.Sum256(text)
	return Digest{filepath.Base(path), hex.EncodeToString(sum[:])}, err
}
