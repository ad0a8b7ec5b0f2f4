package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"skleak/rules/provider"
	"skleak/scanner"
)

// TestFilesHandOnErrors: what ends the reading of a file or a folder ends the source, which must not go on with the
// next one, nor look as if all had been read.
func TestFilesHandOnErrors(t *testing.T) {
	dir := t.TempDir()
	file, folder := filepath.Join(dir, "a.env"), filepath.Join(dir, "b")
	if err := errors.Join(os.WriteFile(file, []byte("KEY=x"), 0o600), os.Mkdir(folder, 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, paths := range [][]string{{file}, {folder}, {file, folder}, {folder, file}} {
		source, err := Files(paths)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		stages := &Stages{}
		s := &Scan{Settings: &Settings{Rules: provider.Default()}, Coverage: &scanner.Coverage{},
			Found: &scanner.Collector{}, Stages: stages, Note: t.Logf}
		if err := source(ctx, s); !errors.Is(err, context.Canceled) {
			t.Errorf("%q, interrupted: the source returned %v", paths, err)
		}
		if n := len(stages.all); n != 1 {
			t.Errorf("%q, interrupted: %d were begun, want the first alone", paths, n)
		}
	}
}
