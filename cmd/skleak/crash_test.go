package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sourcegraph/conc/panics"
	"github.com/sourcegraph/conc/pool"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/process"
	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/run"
)

// crashing are the ways in which a panic can come about, with what is to be said of it.
var crashing = map[string]struct {
	panics func(key string)
	said   string
}{
	"a bound":          {func(key string) { _ = []byte(key)[len(key)+len(os.Args):] }, "slice bounds out of range"},
	"nil":              {func(string) { var r *run.Run; r.Quiet = true }, "nil pointer dereference"},
	"a text":           {func(key string) { panic("cannot read " + key) }, "a panic with a value of type string"},
	"an error":         {func(key string) { panic(fmt.Errorf("reading %s", key)) }, "a panic with a value of type *errors.errorString"},
	"the key":          {func(key string) { panic([]byte(key)) }, "a panic with a value of type []uint8"},
	"a text of ours":   {func(key string) { panic("internal error: at " + key) }, "internal error: at sk_live_"},
	"a type assertion": {func(key string) { var v any = key; _ = v.(fs.FileInfo) }, "interface conversion"},
	"in a worker": {func(key string) {
		workers := pool.New().WithMaxGoroutines(2)
		workers.Go(func() {
			inner := pool.New().WithErrors()
			inner.Go(func() error { panic(key) })
			_ = inner.Wait()
		})
		workers.Wait()
	}, "a panic with a value of type string"},
	"once more": {func(key string) {
		defer func() { panic(panics.NewRecovered(0, recover())) }()
		panic(key)
	}, "a panic with a value of type string"},
}

// TestCrash: what was found is reported, what happened is told without what was read, and the status
// is one that no result has.
func TestCrash(t *testing.T) {
	key := keyFor("{live:24}")
	for name, c := range crashing {
		t.Run(name, func(t *testing.T) {
			crash := func(_ context.Context, s *run.Scan) error {
				if err := s.Found.Finding(scanner.Finding{Key: rules.NewKey(key), Source: scanner.SourceStdin}); err != nil {
					return err
				}
				c.panics(key)
				return nil
			}
			file := filepath.Join(t.TempDir(), "r.json")
			f := &flags.Flags{Format: "text", ExitCode: exit.Leaks, FailOn: run.FailAny, Paths: []string{file}}
			var out, errs bytes.Buffer
			w := &world{Console: console.New(programName, nil, strings.NewReader(""), &out, &errs)}
			work := w.scanning(f, func([]string) (run.Plan, error) {
				return run.Plan{Targets: []string{"x"}, Source: crash}, nil
			})
			command := stdinCommand(w)
			command.SetContext(t.Context())
			err := process.Catch(func() error { return work(command, nil) })
			w.SayError(err)
			if got := exit.StatusOf(err); got != exit.Usage {
				t.Errorf("status %d, want %d", got, exit.Usage)
			}
			checkCrash(t, errs.String(), c.said)
			saved, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), "and perhaps more") || !bytes.Contains(saved, []byte(`"internal-error"`)) ||
				!bytes.Contains(saved, []byte(`"complete": false`)) {
				t.Errorf("the report says %s", out.String())
			}
			if text := out.String() + errs.String() + string(saved); strings.Contains(text, key) ||
				strings.Contains(text, key[8:]) {
				t.Error("the key is told")
			}
		})
	}
}

func checkCrash(t *testing.T, text, said string) {
	t.Helper()
	for _, part := range []string{"skleak: internal error: ", said, "report it to the place you got skleak from",
		runtime.Version(), runtime.GOOS,
		"crash_test.go:"} { // where it panicked
		if !strings.Contains(text, part) {
			t.Errorf("%q is not said: %s", part, text)
		}
	}
	if strings.Contains(text, "goroutine ") || strings.Contains(text, "0x") && !strings.Contains(text, "nil pointer") {
		t.Errorf("a dump: %s", text)
	}
}

// A panic outside of a scan is caught as well, and in the middle of any command.
func TestCrashOutsideOfScans(t *testing.T) {
	err := process.Catch(func() error { panic(errors.New(keyFor("{live:24}"))) })
	if exit.StatusOf(err) != exit.Usage || strings.Contains(err.Error(), keyFor("{live:24}")) ||
		!strings.Contains(err.Error(), "*errors.errorString") {
		t.Errorf("status %d: %v", exit.StatusOf(err), err)
	}
	if err := process.Catch(func() error { return exit.ErrIncomplete }); err != exit.ErrIncomplete {
		t.Error(err)
	}
}

// bareGoroutines are the functions that may start a goroutine with a go statement: in each, what runs
// catches its panics itself, is so little that none can come up, or is the NATS server. Everywhere else conc's groups and
// pools do it, which hand a panic on to whoever waits.
var bareGoroutines = map[string]int{
	"cmd/internal/process/interrupt.go": 1, "cmd/skleak/revoke.go": 1, "scanner/files/stream.go": 1, "scanner/run/read.go": 2,
	"scanner/git/fetch/watch.go": 1, "scanner/audit/queue/server.go": 1, "scanner/audit/queue/watch.go": 1,
	"scanner/audit/queue/work.go": 1,
}

func TestGoroutinesHandOnPanics(t *testing.T) {
	found := map[string]int{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "scripts" {
			return filepath.SkipDir // holds no key
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		usesWaitGroup := false // the standard library's, whose Go is a go statement
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "WaitGroup" && isIdent(s.X, "sync") {
				usesWaitGroup = true
			}
			return true
		})
		ast.Inspect(file, func(n ast.Node) bool {
			if _, ok := n.(*ast.GoStmt); ok || usesWaitGroup && callsGo(n) {
				found[filepath.ToSlash(rel)]++
			}
			return true
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, n := range found {
		if n != bareGoroutines[file] {
			t.Errorf("%s starts %d goroutines whose panics nobody catches", file, n-bareGoroutines[file])
		}
	}
	if len(found) != len(bareGoroutines) {
		t.Errorf("%d files start goroutines, want %d", len(found), len(bareGoroutines))
	}
}

func isIdent(e ast.Expr, name string) bool {
	ident, ok := e.(*ast.Ident)
	return ok && ident.Name == name
}

// callsGo is true for a call of a method Go.
func callsGo(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	return ok && method.Sel.Name == "Go"
}
