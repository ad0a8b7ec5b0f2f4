package liveness

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"

	"skleak/rules"
	"skleak/rules/provider"
)

// probe finds out, once a run, what an endpoint says of a key that cannot exist. A page that says
// yes to everything is more common than one would think: mocks, gateways, captive portals.
type probe struct {
	once  sync.Once
	key   rules.Key
	found string // the doubt; "" if it answered as it should
}

// newProbe makes up a key of the provider's: its prefix and what no provider can have drawn.
func newProbe(p provider.Provider) *probe {
	environment := rules.Live
	if !p.Issues(rules.Live) {
		environment = rules.Test
	}
	return &probe{key: rules.NewKey("sk_" + string(environment) + "_" + strings.ToLower(rand.Text()))}
}

// doubt says why the endpoint's answers prove nothing, or "". All callers wait for the one probe.
func (p *probe) doubt(ctx context.Context, l *lane) string {
	p.once.Do(func() {
		status, detail := l.ask(ctx, p.key)
		switch status {
		case Active:
			p.found = "the endpoint calls a made-up key active, so its answers prove nothing"
		case Unknown:
			p.found = "asked about a made-up key first, the endpoint proved nothing: " + detail
		}
	})
	return p.found
}
