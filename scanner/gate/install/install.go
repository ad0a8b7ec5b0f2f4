// Package install puts skleak's hooks where git looks for them, and takes them away again.
//
// A hook that is there already is kept, byte for byte, and runs first; uninstalling puts it back. Git itself is asked
// where its hooks lie. Where another program owns the hooks and writes them anew (the pre-commit framework,
// lefthook), nothing is installed: the error names the file of that program which skleak belongs into.
package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Request is what somebody wants done.
type Request struct {
	Hooks     []string // of PreCommit and PrePush
	Uninstall bool
	Global    bool   // for all repositories of the user
	Outside   bool   // also where only the repository says that hooks lie outside of it
	Program   string // the path of skleak, which the hooks name
}

// The hooks that can be installed.
const (
	PreCommit = "pre-commit"
	PrePush   = "pre-push"
)

// Result is what was done, also where an error ended it early.
type Result struct {
	Changes []Change
	Notes   []string // what the user should know besides
}

// Change is what became of one hook.
type Change struct{ Path, Did string }

func (r *Result) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Do installs hooks or takes them away, for the repository that the current folder lies in or for all of the user's.
func Do(ctx context.Context, request Request) (result Result, err error) {
	if err := checkProgram(request.Program); err != nil && !request.Uninstall {
		return result, err
	}
	work := installHere
	if request.Global {
		work = installGlobally
	}
	err = work(ctx, request, &result)
	return result, err
}

// installHere works on the repository that the current folder lies in.
func installHere(ctx context.Context, request Request, result *Result) error {
	where, err := findHooks(ctx)
	if err != nil {
		return err
	}
	if target := where.outside(); target != "" && !request.Outside {
		return fmt.Errorf("this repository names a folder outside of it for its hooks: %s; to install them there: \"skleak "+
			"hook install --outside\"", target)
	}
	if own, err := ownFolder(); err == nil && where.dir == realPath(own) {
		return errors.New("the hooks for all your repositories are used here too; " +
			`"skleak hook install --global" changes them, for all of these`)
	}
	to := folder{dir: where.dir, program: request.Program, shared: where.inWorktree()}
	if scripts, ok := huskyScripts(where.dir); ok {
		return changeHusky(to, scripts, request, result)
	}
	if where.configured {
		result.note("core.hooksPath makes git look for hooks in %s; those in %s are not run", where.dir,
			filepath.Join(where.common, "hooks"))
		if to.shared {
			result.note("that folder is part of the working tree: who commits it shares the hooks, which name skleak by its " +
				"place on this machine")
		}
	}
	return to.change(request, result)
}

func (f folder) change(request Request, result *Result) error {
	if info, err := os.Stat(f.dir); err == nil && !info.IsDir() {
		return fmt.Errorf("core.hooksPath is %s, which is no folder: git runs no hooks at all here; change that first", f.dir)
	}
	change := f.uninstall
	if !request.Uninstall {
		change = f.install
		if err := f.checkOwner(request.Hooks); err != nil {
			return err
		}
		if err := os.MkdirAll(f.dir, 0o777); err != nil {
			return fmt.Errorf("making the folder for the hooks: %w", err)
		}
	}
	return eachHook(request.Hooks, f.dir, result, change)
}

func eachHook(names []string, dir string, result *Result, change func(name string) (did string, err error)) error {
	for _, name := range names {
		did, err := change(name)
		if err != nil {
			return err
		}
		result.Changes = append(result.Changes, Change{filepath.Join(dir, name), did})
	}
	return nil
}
