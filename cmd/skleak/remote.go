package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/bytesize"
	"skleak/cmd/internal/help"
	"skleak/scanner/cause"
	"skleak/scanner/git/fetch"
	"skleak/scanner/run"
)

// remoteFlags is what the user asked of the commands that take URLs.
type remoteFlags struct {
	keep      string // where a mirror stays, "" for nowhere
	tokenFile string
	maxFetch  bytesize.Size
}

func (f *remoteFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.keep, "keep", "", "keep what is fetched from a URL in `DIR`, as a bare repository")
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "read the token for the host of a URL from `FILE`")
	c.Flags().Var(&f.maxFetch, "max-fetch", "fetch no more than `SIZE` from a URL, such as 10GB (default 64GB)")
	help.Group(c, help.Fetch)
}

// in finds the URL among the operands. What lies here under that name comes first, as it does for git. A file: URL
// is the path in it.
func (f *remoteFlags) in(args []string) (u fetch.URL, remote bool, paths []string, err error) {
	for _, arg := range args {
		one, is, err := urlOf(arg)
		switch {
		case err != nil:
			return u, false, nil, err
		case !is:
			paths = append(paths, arg)
		case one.IsFile():
			paths = append(paths, one.Path())
		case len(args) > 1:
			return u, false, nil, errors.New("a URL is scanned by itself, without other URLs or paths; " +
				"run the command once for each")
		default:
			u, remote = one, true
		}
	}
	if !remote && (f.keep != "" || f.tokenFile != "" || f.maxFetch > 0) {
		return u, false, nil, errors.New("--keep, --token-file and --max-fetch are for URLs of other machines; what is on " +
			"this machine is read in place")
	}
	return u, remote, paths, nil
}

func urlOf(arg string) (u fetch.URL, is bool, err error) {
	if isThere(arg) {
		return u, false, nil
	}
	return fetch.ParseURL(arg)
}

// plan plans the scan of what is named: a URL is fetched, of which revisions are read; paths are for here to plan.
func (f *remoteFlags) plan(w *world, args []string, revisions string, here planner) (run.Plan, error) {
	u, remote, paths, err := f.in(args)
	switch {
	case err != nil:
		return run.Plan{}, err
	case remote:
		return f.planRemote(w, u, revisions)
	}
	return here(paths)
}

// planRemote plans the scan of a repository on another machine.
func (f *remoteFlags) planRemote(w *world, u fetch.URL, revisions string) (p run.Plan, err error) {
	r := run.Remote{Keep: f.keep != "", Revisions: revisions}
	r.Request = fetch.Request{URL: u, Dir: f.keep, MaxBytes: int64(f.maxFetch), Credentials: fetch.Credentials{Env: w.Env}}
	if f.tokenFile != "" {
		if r.Request.Credentials.Token, err = fetch.ReadToken(f.tokenFile); err != nil {
			return p, err
		}
	}
	p = run.Plan{Targets: []string{u.String()}}
	if r.Keep {
		err = makeEmpty(f.keep)
	} else {
		var remove func() error
		r.Request.Dir, remove, err = fetch.MakeTemporary(u)
		p.End = func() error { return removed(remove) }
	}
	p.Source = r.Source
	return p, err
}

// makeEmpty makes a folder, or takes one that has nothing in it.
func makeEmpty(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return fmt.Errorf("making %s: %w", dir, cause.Of(err))
	}
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return nil
	}
	if entries, readErr := os.ReadDir(dir); readErr == nil && len(entries) == 0 {
		return nil
	}
	return fmt.Errorf("--keep %s: %w; name a folder that is not there yet, or is empty", dir, cause.Of(err))
}

// removed removes what was fetched. A scan that was interrupted may still be writing there.
func removed(remove func() error) (err error) {
	for range 20 {
		if err = remove(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("removing what was fetched: %w", err)
}
