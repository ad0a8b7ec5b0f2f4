package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"skleak/cmd/internal/exit"
)

// TestOwnRepository scans this project, its working tree and its history, as a user would: no key, and nothing that any
// scanner would take for one, is ever to be written into it. Keys in tests are joined at run time, from more than
// neighbouring pieces: those are found as well.
func TestOwnRepository(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	target := root
	if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
		// A clone holds what is published, and not what others have stashed or staged in this repository.
		target = filepath.Join(t.TempDir(), "clone")
		if out, err := exec.Command("git", "clone", "-q", "--no-local", "--single-branch", root,
			target).CombinedOutput(); err != nil {
			t.Skipf("this repository cannot be cloned: %s", out)
		}
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, command := range [][]string{{"dir", root}, {"scan", target}} {
		var out, errs bytes.Buffer
		err := execute(context.Background(), os.Environ(), bytes.NewReader(nil), &out, &errs,
			append(command, "-v", "--no-color"))
		if status := exit.StatusOf(err); status != exit.Clean {
			t.Errorf("skleak %s ends with status %d:\n%s%s", command[0], status, out.String(), errs.String())
		}
	}
}
