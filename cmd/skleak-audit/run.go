package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/build"
	"skleak/cmd/internal/console"
	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/help"
	"skleak/scanner/audit"
	"skleak/scanner/audit/hidden"
	"skleak/scanner/audit/job"
	"skleak/scanner/audit/queue"
	"skleak/scanner/audit/state"
)

// runFlags is what the user asked of an audit.
type runFlags struct {
	*flags.Flags
	sourceFlags
	webhook webhookFlags
	state   string
	full    bool
	reading readingFlags

	listen  string
	address []string
	join    string
	nats    natsFlags
}

func runCommand(w *console.Console) *cobra.Command {
	f := &runFlags{Flags: &flags.Flags{}}
	c := &cobra.Command{
		Use:   "run SOURCE...",
		Short: "Audit all repositories of the sources",
		Long: `Run lists the repositories of the sources, fetches each with all its refs, reads the whole history, and
makes one report of all.

A source is github:NAME (an organisation, a user, or OWNER/NAME), gitlab:GROUP, gitea:URL, the URL of a
repository, a folder of this machine, or @FILE with a source a line. Tokens are taken from GITHUB_TOKEN,
GITLAB_TOKEN or GITEA_TOKEN, or --token-file.

An audit that was stopped goes on by the same command. What was read is remembered: the next run reads
what has changed.`,
		Example: `  skleak-audit run github:acme -r audit.html -r audit.json
  skleak-audit run gitlab:acme/platform --verify --fail-on active
  skleak-audit run @sources.txt --listen 0.0.0.0:4222`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, w, args) },
	}
	addReport(c, f.Flags)
	f.webhook.add(c)
	f.AddVerify(c)
	c.Flags().IntVar(&f.Jobs, "jobs", 0, "read `N` repositories at once (0: two for each processor)")
	c.Flags().BoolVar(&f.NoProgress, "no-progress", false, "no progress line, and no line for each repository")
	c.Flags().BoolVar(&f.NoArchives, "no-archives", false,
		"leave out what lies in archives, documents and databases; they are counted")
	c.Flags().BoolVar(&f.full, "full", false, "read everything again, whatever is remembered")
	addState(c, &f.state)
	f.AddMemory(c)
	f.AddVerifyObjects(c)
	f.sourceFlags.add(c)
	f.reading.add(c)
	f.addMachines(c)
	return c
}

// addMachines declares the flags of audits that more than one machine has a part in.
func (f *runFlags) addMachines(c *cobra.Command) {
	set := c.Flags()
	set.StringVar(&f.listen, "listen", "", "let workers on other machines take part, at `ADDRESS`, such as "+
		"0.0.0.0:4222; always by TLS and with a key")
	set.StringArrayVar(&f.address, "address", nil,
		"`HOST:PORT` under which workers reach --listen, if that is another; repeatable")
	set.StringVar(&f.join, "join-file", "join.skleak", "what lets a worker in is written to `FILE`")
	help.Group(c, help.Others)
	f.nats.add(c)
}

// run carries out an audit. All that can be wrong on the command line is found out before anybody is asked anything.
func (f *runFlags) run(c *cobra.Command, w *console.Console, args []string) error {
	if err := f.check(c); err != nil {
		return err
	}
	t, err := newTelling(c, w, f.Flags)
	if err != nil {
		return err
	}
	l, err := f.sourceFlags.listing(w, args)
	if err != nil {
		return err
	}
	hook, err := f.webhook.hook(w)
	if err != nil {
		return err
	}
	dir, err := stateOf(w, f.state, l.names)
	if err != nil {
		return err
	}
	folder, err := state.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close() //nolint:errcheck // which ends the lock, at any rate
	if !f.Quiet {
		w.Say("what is read is remembered in %s", dir)
	}
	result, err := f.audit(c.Context(), w, l, folder)
	switch {
	case result == nil && c.Context().Err() != nil:
		return exit.ErrInterrupted
	case result == nil:
		return err
	}
	if err != nil {
		w.SayError(err)
	}
	end := t.tell(result)
	tellNew(c.Context(), w, hook, folder, result)
	return end
}

func (f *runFlags) check(c *cobra.Command) error {
	if f.nats.url != "" && f.listen != "" {
		return errors.New("--listen is for our own server, and --nats for another: drop one")
	}
	if f.listen == "" && (c.Flags().Changed("join-file") || len(f.address) > 0) {
		return errors.New("--join-file and --address are for --listen")
	}
	f.LimitMemory(c)
	for _, err := range []error{checkReport(c, f.Flags), f.reading.check(), f.nats.check()} {
		if err != nil {
			return err
		}
	}
	return nil
}

// audit runs the audit with a queue of its own.
func (f *runFlags) audit(ctx context.Context, w *console.Console, l *listing, folder *state.Folder) (*audit.Result,
	error) {
	show := newDisplay(w, f.NoProgress, f.Quiet)
	reader, err := newWorker(w, f.Flags, f.reading, folder.Mirrors(), atOnceOr(f.Jobs))
	if err != nil {
		return nil, err
	}
	reader.Credentials, reader.Say = l.hosts.Credentials(), show.say
	if f.reading.hidden {
		reader.Hidden = func(ctx context.Context, r job.Repository) ([]job.Hidden, error) {
			return hidden.List(ctx, r, l.hosts, hidden.Options{Patience: hiddenPatience})
		}
	}
	told, err := ordersOf(f)
	if err != nil {
		return nil, err
	}
	q, err := f.open(ctx, w, l, folder, told)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	a := &audit.Audit{Sources: l.names, Selection: l.selection() + ", " + howRead(told, f.full), State: folder, Queue: q,
		List: l.list, Decode: decode, Full: f.full,
		Say: show.say, Show: show,
		Work: func(ctx context.Context) error { return q.Work(ctx, atOnceOr(f.Jobs), reader.Do) }}
	result, err := a.Run(ctx)
	show.end()
	if result != nil && result.Interrupted {
		w.Say("the audit was stopped; the same command goes on with it")
	}
	return result, err
}

// howRead names how repositories are read: a run does not go on under other rules.
func howRead(orders []byte, full bool) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%v\n%s", build.Version(), full, orders))
	return "read as " + hex.EncodeToString(sum[:])
}

// hiddenPatience is how long hidden commits are waited for at a host that wants to be left alone.
const hiddenPatience = time.Hour

// open opens the queue.
func (f *runFlags) open(ctx context.Context, w *console.Console, l *listing, folder *state.Folder,
	orders []byte) (*queue.Queue, error) {
	say := func(text string) {
		if !f.Quiet { // who knocks, and what the server thinks of it
			w.Say("%s", text)
		}
	}
	tokens := func(_ context.Context, j job.Job) (user, secret string, err error) { return l.token(j.Repository) }
	if f.nats.url != "" {
		f.nats.nameFor(folder.Dir())
		c := f.nats.cluster(say)
		c.Orders, c.Tokens = orders, tokens
		q, err := queue.Connect(ctx, c)
		if err == nil {
			w.Say("workers take part by: skleak-audit work --nats %s --audit %s", f.nats.url, f.nats.audit)
		}
		return q, err
	}
	o := queue.Options{Dir: folder.Queue(), Listen: f.listen, Addresses: f.address, Say: say}
	if f.listen != "" {
		o.Join, o.Orders, o.Tokens = f.join, orders, tokens
	}
	q, err := queue.Start(ctx, o)
	if err == nil && f.listen != "" && !f.Quiet {
		w.Say("workers take part by: skleak-audit work --join %s", f.join)
	}
	return q, err
}
