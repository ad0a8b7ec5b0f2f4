package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"skleak/cmd/internal/bytesize"
	"skleak/cmd/internal/console"
	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/help"
	"skleak/rules/config"
	"skleak/scanner"
	"skleak/scanner/audit/hidden"
	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/job"
	"skleak/scanner/audit/queue"
	"skleak/scanner/audit/state"
	"skleak/scanner/cause"
	"skleak/scanner/git/fetch"
)

// workFlags is what the user asked of a worker.
type workFlags struct {
	*flags.Flags
	join, state string
	reading     readingFlags
	nats        natsFlags

	githubURL, gitlabURL string // the coordinator's
}

func workCommand(w *console.Console) *cobra.Command {
	f := &workFlags{Flags: &flags.Flags{}}
	c := &cobra.Command{
		Use:   "work --join FILE",
		Short: "Take repositories from an audit on another machine",
		Long: `Work takes repositories from an audit that was started with --listen on another machine, reads them here,
and hands back what was found, with redacted keys. The file that lets it in is the one that the coordinator
wrote; nothing else is needed. It ends with the audit. How repositories are read, the coordinator says; tokens
are handed over for one repository each, and never stored.`,
		Example: `  skleak-audit work --join join.skleak`,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case f.join == "" && f.nats.url == "":
				return errNoJoin
			case f.join != "" && f.nats.url != "":
				return errors.New("--join is for the server of the audit itself, and --nats for another: drop one")
			}
			if err := f.nats.check(); err != nil {
				return err
			}
			if len(args) > 0 {
				return fmt.Errorf("work takes no argument, but got %q", args[0])
			}
			f.LimitMemory(c)
			return f.work(c.Context(), w)
		},
	}
	c.Flags().StringVar(&f.join, "join", "", "take part in the audit whose coordinator wrote `FILE`")
	help.Files(c, "join")
	help.Group(c, help.Others)
	f.nats.add(c)
	c.Flags().IntVar(&f.Jobs, "jobs", 0, "read `N` repositories at once (0: two for each processor)")
	c.Flags().BoolVarP(&f.Quiet, "quiet", "q", false, "print nothing but errors")
	f.AddMemory(c)
	f.reading.addMirrors(c)
	c.Flags().StringVar(&f.state, "state", "", "keep mirrors in `DIR` (default: skleak/audits/work… in your folder for state)")
	help.Group(c, help.Scan)
	return c
}

// orders are what a coordinator tells workers on other machines of how to read. There is no key in them, and no token.
type orders struct {
	Version       int      `json:"version"`
	Config        string   `json:"config"` // the user's configuration, as text
	NoArchives    bool     `json:"noArchives"`
	NoAllow       bool     `json:"noAllow"`
	Strict        bool     `json:"strict"`
	VerifyObjects bool     `json:"verifyObjects"`
	Verify        bool     `json:"verify"`
	Assume        string   `json:"assumeProvider"`
	Endpoints     []string `json:"endpoints"`
	VerifyJobs    int      `json:"verifyJobs"`
	VerifyRate    float64  `json:"verifyRate"`
	MaxRepository int64    `json:"maxRepository"`
	FetchWith     string   `json:"fetchWith"`
	Hidden        bool     `json:"hidden"`
	GitHubURL     string   `json:"githubURL"`
	GitLabURL     string   `json:"gitlabURL"`
}

const ordersVersion = 1

// ordersOf are what other machines are told, so that they read as this one does.
func ordersOf(f *runFlags) ([]byte, error) {
	reading := f.reading
	config, err := sharedConfig(f.Config)
	if err != nil {
		return nil, err
	}
	return json.Marshal(orders{Version: ordersVersion, Config: config, NoArchives: f.NoArchives, NoAllow: f.NoAllow,
		Strict:        f.Strict,
		VerifyObjects: f.VerifyObjects, Verify: f.Verify, Assume: f.AssumeProvider, Endpoints: f.Endpoints,
		VerifyJobs: f.VerifyJobs,
		VerifyRate: f.VerifyRate, MaxRepository: int64(reading.maxRepository), FetchWith: reading.fetchWith,
		Hidden:    reading.hidden,
		GitHubURL: f.githubURL, GitLabURL: f.gitlabURL})
}

// sharedConfig is the user's configuration without how keys are revoked: that is nobody else's to know.
func sharedConfig(path string) (string, error) {
	var err error
	named := path != ""
	if !named {
		if path, err = config.UserPath(); err != nil {
			return "", nil // there is no place for one
		}
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", path, cause.Of(err))
	}
	var all map[string]any
	if err := toml.Unmarshal(text, &all); err != nil {
		return "", fmt.Errorf("reading %s: it is no TOML", path)
	}
	providers, _ := all["providers"].(map[string]any)
	for _, one := range providers {
		if table, ok := one.(map[string]any); ok {
			delete(table, "revoke")
		}
	}
	out, err := toml.Marshal(all)
	return string(out), err
}

// follow takes the orders over. The configuration is read from a file in dir.
func (f *workFlags) follow(text []byte, dir string) error {
	var o orders
	if err := json.Unmarshal(text, &o); err != nil {
		return errors.New("the coordinator does not say how to read: is it another version of skleak-audit?")
	}
	if o.Version != ordersVersion {
		return errors.New("the coordinator is another version of skleak-audit: use the same one here")
	}
	f.Config = filepath.Join(dir, "config.toml")
	f.NoArchives, f.NoAllow, f.Strict, f.VerifyObjects = o.NoArchives, o.NoAllow, o.Strict, o.VerifyObjects
	f.Verify, f.AssumeProvider, f.Endpoints = o.Verify, o.Assume, o.Endpoints
	f.VerifyJobs, f.VerifyRate = o.VerifyJobs, o.VerifyRate
	f.reading.maxRepository, f.reading.fetchWith, f.reading.hidden = bytesize.Size(o.MaxRepository), o.FetchWith, o.Hidden
	f.githubURL, f.gitlabURL = o.GitHubURL, o.GitLabURL
	return os.WriteFile(f.Config, []byte(o.Config), 0o600)
}

// work takes part in an audit until it ends.
func (f *workFlags) work(ctx context.Context, w *console.Console) error {
	dir, err := stateOf(w, f.state, []string{"work"})
	if err != nil {
		return err
	}
	folder, err := state.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close() //nolint:errcheck // which ends the lock, at any rate
	q, err := f.take(ctx, w)
	if err != nil {
		return err
	}
	defer q.Close()
	text, err := q.Orders(ctx)
	if err != nil {
		return err
	}
	temporary, err := os.MkdirTemp("", "skleak-work-")
	if err != nil {
		return fmt.Errorf("making a folder for the configuration: %w", cause.Of(err))
	}
	defer os.RemoveAll(temporary) //nolint:errcheck // what is left there is no secret
	if err := f.follow(text, temporary); err != nil {
		return err
	}
	atOnce := atOnceOr(f.Jobs)
	reader, err := newWorker(w, f.Flags, f.reading, folder.Mirrors(), atOnce)
	if err != nil {
		return err
	}
	reader.Say, reader.Credentials.Env = w.Say, withoutTokens(w.Env)
	reader.Token = func(ctx context.Context, r job.Repository) (string, error) {
		_, secret, err := q.Token(ctx, job.Job{Repository: r})
		return secret, err
	}
	if f.reading.hidden {
		reader.Hidden = f.hidden(reader.Token)
	}
	if !f.Quiet {
		w.Say("joined the audit; %s at once", scanner.Counted(int64(atOnce), "repository"))
	}
	err = q.Work(ctx, atOnce, func(ctx context.Context, j job.Job, moved *atomic.Int64) (job.Outcome, []byte, error) {
		o, text, err := reader.Do(ctx, j, moved)
		f.tell(w, j, o, err)
		return o, text, err
	})
	if ctx.Err() != nil {
		return exit.ErrInterrupted
	}
	return err
}

// take connects to the coordinator.
func (f *workFlags) take(ctx context.Context, w *console.Console) (*queue.Worker, error) {
	if f.nats.url == "" {
		return queue.Join(ctx, f.join)
	}
	if f.nats.audit == "" {
		return nil, errors.New("--nats needs --audit NAME: the coordinator says it when it begins")
	}
	return queue.Attach(ctx, f.nats.cluster(func(text string) { w.Say("%s", text) }))
}

// hidden asks for hidden commits, with the token for each repository.
func (f *workFlags) hidden(token func(context.Context, job.Repository) (string, error)) func(context.Context,
	job.Repository) ([]job.Hidden, error) {
	turns := &hosts.Turns{}
	return func(ctx context.Context, r job.Repository) ([]job.Hidden, error) {
		secret, err := token(ctx, r)
		if err != nil {
			return nil, err
		}
		o := hosts.Options{Credentials: fetch.Credentials{Token: secret}, GitHubURL: f.githubURL,
			GitLabURL: f.gitlabURL, Turns: turns}
		if r.Host.Kind == hosts.Gitea {
			o.GiteaURLs = []string{r.Host.API}
		}
		all, err := hosts.New(o)
		if err != nil {
			return nil, err
		}
		return hidden.List(ctx, r, all, hidden.Options{Patience: hiddenPatience})
	}
}

// withoutTokens is the environment without the user's tokens: the coordinator says who to be.
func withoutTokens(env map[string]string) map[string]string {
	own := maps.Clone(env)
	for _, name := range []string{"GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN"} {
		delete(own, name)
	}
	return own
}

// tell says what came of a repository.
func (f *workFlags) tell(w *console.Console, j job.Job, o job.Outcome, err error) {
	switch {
	case f.Quiet || errors.Is(err, context.Canceled):
	case err != nil:
		w.Say("%s: %s", j.Repository.Name, err)
	case o.Kept:
		w.Say("%s: nothing has changed", j.Repository.Name)
	default:
		w.Say("%s: %s, %s", j.Repository.Name, scanner.Counted(o.Objects, "object"),
			scanner.Counted(o.Reading.Leaks, "leaked key"))
	}
}

// atOnceOr is how many repositories are read at the same time: more than there are processors, since each waits for its
// host now and then.
func atOnceOr(jobs int) int {
	if jobs > 0 {
		return jobs
	}
	return 2 * runtime.NumCPU()
}
