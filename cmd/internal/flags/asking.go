package flags

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

// Bounds of what can be asked for: more would not be checking but an attack.
const (
	maxVerifyJobs = 64
	maxVerifyRate = 100
)

// AddVerify declares the flags of commands that scan and can ask providers then.
func (f *Flags) AddVerify(c *cobra.Command) {
	c.Flags().BoolVar(&f.Verify, "verify", false, "ask the providers whether the keys are active")
	f.AddAsking(c)
}

// AddAsking declares the flags of every command that asks providers.
func (f *Flags) AddAsking(c *cobra.Command) {
	set := c.Flags()
	set.StringVar(&f.AssumeProvider, "assume-provider", "",
		"treat keys of unknown provider as those of `ID`, such as laminr")
	set.StringArrayVar(&f.Endpoints, "endpoint", nil, "with `ID=URL`, ask at URL about the keys of provider ID, such as "+
		"laminr=https://proxy.example.com; https, or http to this machine; repeatable")
	set.IntVar(&f.VerifyJobs, "verify-jobs", liveness.DefaultAtOnce, "ask about `N` keys at once")
	set.Float64Var(&f.VerifyRate, "verify-rate", liveness.DefaultRate, "send a provider `N` requests a second")
	help.Values(c, "assume-provider", help.Providers)
	help.Group(c, help.Verify)
}

func (f *Flags) checkVerify(c *cobra.Command) error {
	if !f.Verify {
		for _, name := range []string{"endpoint", "verify-jobs", "verify-rate"} {
			if c.Flags().Changed(name) {
				return fmt.Errorf("--%s has no effect without --verify; add it, or drop --%s", name, name)
			}
		}
		if f.FailOn == run.FailActive {
			return errors.New("--fail-on active needs the status of each key; add --verify")
		}
		return nil
	}
	switch {
	case f.VerifyJobs < 1 || f.VerifyJobs > maxVerifyJobs:
		return fmt.Errorf("--verify-jobs %d is out of range; use 1 to %d", f.VerifyJobs, maxVerifyJobs)
	case !(f.VerifyRate >= 0.01 && f.VerifyRate <= maxVerifyRate):
		return fmt.Errorf("--verify-rate %v is out of range; use 0.01 to %d", f.VerifyRate, maxVerifyRate)
	}
	return nil
}

func (f *Flags) checkAssumed(set *provider.Set) error {
	if f.AssumeProvider == "" {
		return nil
	}
	if _, known := set.Provider(f.AssumeProvider); !known {
		return unknownProvider("--assume-provider", f.AssumeProvider, set)
	}
	return nil
}

// newClient makes the client that asks. Endpoints of the command line go before those of the
// configuration, and both are distrusted until they have refused a made-up key.
func (f *Flags) newClient(set *provider.Set) (*liveness.Client, error) {
	endpoints := configuredEndpoints(set)
	named, err := f.namedEndpoints(set)
	if err != nil {
		return nil, err
	}
	maps.Copy(endpoints, named)
	return liveness.NewClient(liveness.Options{Providers: set.Providers(), Endpoints: endpoints,
		UserAgent: "skleak/" + build.Version(), Rate: f.VerifyRate})
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
func (f *Flags) namedEndpoints(set *provider.Set) (map[string]string, error) {
	endpoints := map[string]string{}
	for _, text := range f.Endpoints {
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
