package run

import (
	"fmt"

	"skleak/rules/provider"
)

// CheckWays refuses to revoke where the configuration has no way to, for any provider.
func CheckWays(set *provider.Set) error {
	for _, p := range set.Providers() {
		if p.Revoke != nil {
			return nil
		}
	}
	return NoWay([]string{"laminr"}, set)
}

// NoWay tells how to do by hand what cannot be done here. It is an error, so that whoever counts on a
// key being revoked learns that it is not.
func NoWay(providers []string, set *provider.Set) error {
	lines := Paragraph{"nothing is revoked: no way to revoke these keys is configured"}
	for _, id := range providers {
		p, _ := set.Provider(id)
		lines = append(lines, stepsOf(p))
	}
	lines = append(lines, fmt.Sprintf("to have it done here, set [providers.%s.revoke] in your configuration",
		providers[0]))
	return lines
}

// stepsOf are the steps to delete a key in the provider's dashboard.
func stepsOf(p provider.Provider) string {
	if p.ID == "laminr" {
		return "Laminr documents no request for it; by hand: make a new key and put it to use, then Tenant Admin > " +
			"Service Accounts > the key > delete"
	}
	return p.Name + ", by hand: make a new key and put it to use, then delete the old one in the dashboard"
}
