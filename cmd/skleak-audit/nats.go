package main

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/help"
	"skleak/scanner/audit/queue"
)

// natsFlags name a NATS that somebody else runs.
type natsFlags struct{ url, creds, ca, audit string }

func (f *natsFlags) add(c *cobra.Command) {
	set := c.Flags()
	set.StringVar(&f.url, "nats", "", "use the NATS server or cluster at `URL`, which is there already")
	set.StringVar(&f.creds, "creds", "", "who to be at --nats: a `FILE` with credentials of NATS")
	set.StringVar(&f.ca, "nats-ca", "", "believe the CAs in `FILE` (PEM) at --nats, and not those of the system")
	set.StringVar(&f.audit, "audit", "", "call the audit `NAME` at --nats; workers name it, too")
	help.Files(c, "creds")
	help.Files(c, "nats-ca")
	help.Group(c, help.Others)
}

// check refuses what makes no sense without --nats.
func (f *natsFlags) check() error {
	if f.url == "" && (f.creds != "" || f.ca != "" || f.audit != "") {
		return errors.New("--creds, --nats-ca and --audit are for --nats")
	}
	return nil
}

// nameFor gives the audit a name, after the folder of its state, if it has none.
func (f *natsFlags) nameFor(state string) {
	if f.audit == "" {
		f.audit = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
				return r
			}
			return '_'
		}, filepath.Base(state))
		f.audit = f.audit[max(0, len(f.audit)-64):]
	}
}

func (f *natsFlags) cluster(say func(string)) queue.Cluster {
	return queue.Cluster{URL: f.url, Creds: f.creds, CA: f.ca, Audit: f.audit, Say: say}
}
