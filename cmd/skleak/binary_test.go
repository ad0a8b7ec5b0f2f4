package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(cleaned{m}, map[string]func(){"skleak": main}) }

// cleaned removes what tests share when all of them have run.
type cleaned struct{ *testing.M }

func (c cleaned) Run() int {
	status := c.M.Run()
	if built.folder != "" {
		_ = os.RemoveAll(built.folder)
	}
	return status
}

var built struct {
	sync.Once
	folder, path string
	err          error
}

// binary is the program as users have it, built once. Most tests run the test binary in its place,
// which is larger, slower to start, and holds more in memory.
func binary(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		if built.folder, built.err = os.MkdirTemp("", "skleak-built-"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.folder, "skleak")
		if runtime.GOOS == "windows" {
			built.path += ".exe"
		}
		if out, err := exec.Command("go", "build", "-o", built.path, ".").CombinedOutput(); err != nil {
			built.err = fmt.Errorf("building skleak: %w: %s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}
