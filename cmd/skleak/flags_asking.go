package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/build"
	"skleak/cmd/internal/help"
	"skleak/rules/provider"
	"skleak/rules/typo"
	"skleak/scanner/liveness"
	"skleak/scanner/run"
)

// verifyFlags say whom to ask about the keys, and how.
type verifyFlags struct {
	verify         bool
	assumeProvider string
	endpoints      []string // ID=URL
	verifyJobs     int
	verifyRate     float64
}

// Bounds of what can be asked for: more would not be checking but an attack.
const (
	maxVerifyJobs = 64
	maxVerifyRate = 100
)

// addVerify declares the flags of commands that scan and can ask providers then.
func (f *flags) addVerify(c *cobra.Command) {
	c.Flags().BoolVar(&f.verify, "verify", false, "ask the providers whether the keys are active")
	f.addAsking(c)
}

// addAsking declares the flags of every command that asks providers.
func (f *flags) addAsking(c *cobra.Command) {
	set := c.Flags()
	set.StringVar(&f.assumeProvider, "assume-provider", "", "treat keys of unknown provider as those of `ID`, such as laminr")
	set.StringArrayVar(&f.endpoints, "endpoint", nil, "with `ID=URL`, ask at URL about the keys of provider ID, such as laminr=https://proxy.example.com; https, or http to this machine; repeatable")
	set.IntVar(&f.verifyJobs, "verify-jobs", liveness.DefaultAtOnce, "ask about `N` keys at once")
	set.Float64Var(&f.verifyRate, "verify-rate", liveness.DefaultRate, "send a provider `N` requests a second")
	help.Values(c, "assume-provider", help.Providers)
	help.Group(c, help.Verify)
}

// checkVerify refuses what cannot be meant.
func (f *flags) checkVerify(c *cobra.Command) error {
	if !f.verify {
		for _, name := range []string{"endpoint", "verify-jobs", "verify-rate"} {
			if c.Flags().Changed(name) {
				return fmt.Errorf("--%s has no effect without --verify; add it, or drop --%s", name, name)
			}
		}
		if f.failOn == run.FailActive {
			return errors.New("--fail-on active needs the status of each key; add --verify")
		}
		return nil
	}
	switch {
	case f.verifyJobs < 1 || f.verifyJobs > maxVerifyJobs:
		return fmt.Errorf("--verify-jobs %d is out of range; use 1 to %d", f.verifyJobs, maxVerifyJobs)
	case !(f.verifyRate >= 0.01 && f.verifyRate <= maxVerifyRate):
		return fmt.Errorf("--verify-rate %v is out of range; use 0.01 to %d", f.verifyRate, maxVerifyRate)
	}
	return nil
}

// checkAssumed refuses a provider that is not known.
func (f *flags) checkAssumed(set *provider.Set) error {
	if f.assumeProvider == "" {
		return nil
	}
	if _, known := set.Provider(f.assumeProvider); !known {
		return unknownProvider("--assume-provider", f.assumeProvider, set)
	}
	return nil
}

// newClient makes the client that asks. Endpoints of the command line go before those of the
// configuration, and both are distrusted until they have refused a made-up key.
func (f *flags) newClient(set *provider.Set) (*liveness.Client, error) {
	endpoints := configuredEndpoints(set)
	named, err := f.namedEndpoints(set)
	if err != nil {
		return nil, err
	}
	maps.Copy(endpoints, named)
	return liveness.NewClient(liveness.Options{Providers: set.Providers(), Endpoints: endpoints,
		UserAgent: "skleak/" + build.Version(), Rate: f.verifyRate})
}

// configuredEndpoints are the built-in providers' that the configuration has put elsewhere. One that
// the configuration has added is where its user says it is.
func configuredEndpoints(set *provider.Set) map[string]string {
	endpoints := map[string]string{}
	for _, p := range set.Providers() {
		if own, builtin := provider.Default().Provider(p.ID); builtin && p.Check != nil && p.BaseURL != own.BaseURL {
			endpoints[p.ID] = p.BaseURL
		}
	}
	return endpoints
}

// namedEndpoints reads --endpoint. No error repeats a URL: people put keys there.
func (f *flags) namedEndpoints(set *provider.Set) (map[string]string, error) {
	endpoints := map[string]string{}
	for _, text := range f.endpoints {
		id, base, found := strings.Cut(text, "=")
		if !found || strings.Contains(id, ":") {
			return nil, errors.New("--endpoint needs a provider and a URL, as in laminr=https://api.example.com")
		}
		p, known := set.Provider(id)
		switch {
		case !known:
			return nil, unknownProvider("--endpoint", id, set)
		case p.Check == nil:
			return nil, fmt.Errorf("--endpoint %s: no harmless way to check keys of %s is known", id, p.Name)
		case endpoints[id] != "":
			return nil, fmt.Errorf("--endpoint names %s twice; once is enough", id)
		case set.Redact(base) != base:
			return nil, fmt.Errorf("--endpoint %s: there is a key in the URL, where keys never belong", id)
		}
		if err := provider.ValidateBaseURL(base); err != nil {
			return nil, fmt.Errorf("--endpoint %s: %w", id, err)
		}
		endpoints[id] = base
	}
	return endpoints, nil
}

func unknownProvider(flag, id string, set *provider.Set) error {
	var ids []string
	for _, p := range set.Providers() {
		ids = append(ids, p.ID)
	}
	if near := typo.Nearest(id, slices.Clone(ids)); near != "" {
		return fmt.Errorf("%s: there is no provider %q; did you mean %q?", flag, id, near)
	}
	return fmt.Errorf("%s: there is no provider %q; there are %s", flag, id, strings.Join(ids, ", "))
}

// revokeFlags say whether and how active keys are revoked.
type revokeFlags struct {
	revoke         bool
	yes            bool
	dryRun         bool
	evenMine       bool
	maxRevocations int
}

const (
	usualRevocations = 10
	mostRevocations  = 1000
)

// addRevoke declares the flags of commands that scan and can revoke then.
func (f *flags) addRevoke(c *cobra.Command) {
	c.Flags().BoolVar(&f.revoke, "revoke", false, "revoke the keys found active, after asking; includes --verify")
	help.Group(c, help.Revoke)
	f.addRevoking(c)
}

// addRevoking declares the flags of every command that revokes.
func (f *flags) addRevoking(c *cobra.Command) {
	set := c.Flags()
	set.BoolVar(&f.yes, "yes", false, "revoke without asking")
	set.BoolVar(&f.dryRun, "dry-run", false, "only say what would be sent to revoke keys")
	set.BoolVar(&f.evenMine, "even-mine", false, "revoke also a key that this environment uses itself")
	set.IntVar(&f.maxRevocations, "max-revocations", usualRevocations, "revoke `N` keys at most; where there are more, none")
	help.Group(c, help.Revoke)
}

// checkRevoke refuses what cannot be meant.
func (f *flags) checkRevoke(c *cobra.Command) error {
	if !f.revoke {
		for _, name := range []string{"yes", "dry-run", "even-mine", "max-revocations"} {
			if c.Flags().Changed(name) {
				return fmt.Errorf("--%s has no effect without --revoke; add it, or drop --%s", name, name)
			}
		}
		return nil
	}
	f.verify = true
	switch {
	case f.yes && f.dryRun:
		return errors.New("--yes and --dry-run contradict each other; drop one")
	case f.maxRevocations < 1 || f.maxRevocations > mostRevocations:
		return fmt.Errorf("--max-revocations %d is out of range; use 1 to %d", f.maxRevocations, mostRevocations)
	}
	return nil
}
