package sarif

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"skleak/rules"
)

// Rule is one rule of a report. Its id is part of an alert's identity: changing one
// closes every alert of it and opens new ones.
type Rule struct {
	ID, Level, Short string

	environment          rules.Environment
	name, severity, full string
}

// Rules are in the order of their indexes. Severity is GitHub's scale: above 9.0 is critical,
// 4.0 to 6.9 medium.
var Rules = []Rule{
	{
		environment: rules.Live,
		ID:          "sk-live-key", name: "LeakedLiveKey", Level: LevelError, severity: "9.5",
		Short: "Leaked live API key",
		full: "A secret API key of a live environment can be read in this repository or its history. " +
			"Whoever has it acts as its owner at the provider.",
	},
	{
		environment: rules.Test,
		ID:          "sk-test-key", name: "LeakedTestKey", Level: LevelWarning, severity: "5.0",
		Short: "Leaked test API key",
		full: "A secret API key of a test environment can be read in this repository or its history. " +
			"It opens no live data, yet shows how keys are handled and often sits where a live one comes next.",
	},
}

// IndexOf is the index of an environment's rule. An environment of a later version is as bad as live until it has one.
func IndexOf(e rules.Environment) int {
	return max(0, slices.IndexFunc(Rules, func(r Rule) bool { return r.environment == e }))
}

// DriverOf describes a tool. There is no informationUri: skleak has no public home.
func DriverOf(tool, version string) Driver {
	driver := Driver{Name: tool, Version: cmp.Or(version, "unknown"), // empty strings are refused
		Language: Language, Contents: []string{"localizedData", "nonLocalizedData"}}
	for _, r := range Rules {
		driver.Rules = append(driver.Rules, r.descriptor())
	}
	return driver
}

func (r Rule) descriptor() Descriptor {
	found, steps := fmt.Sprintf("A key of the **%s** environment was found.", r.environment), ""
	for i, step := range HelpSteps {
		steps += fmt.Sprintf("\n%d. %s", i+1, step)
	}
	return Descriptor{
		ID: r.ID, Name: r.name,
		ShortDescription: Text{Text: r.Short},
		FullDescription:  Text{Text: r.full},
		Help: Text{Text: strings.ReplaceAll(found, "*", "") + " What to do:" + steps,
			Markdown: found + "\n\n### What to do\n" + steps},
		DefaultConfiguration: Configuration{Enabled: true, Level: r.Level},
		Properties: Properties{Precision: "high", Severity: r.severity,
			Tags: []string{"security", "secret", "external/cwe/cwe-798"}},
	}
}

// HelpSteps is what to do about a leaked key, in order.
var HelpSteps = []string{
	"Revoke the key at its provider and issue a new one. Removing it from the file is not enough: " +
		"history, clones and forks keep it.",
	"Put the new key into a secret store or the environment of the program, not into a file of the repository.",
	"Look through the provider's logs for use of the old key that was not yours.",
	"Rewrite history only after the key is revoked, if at all.",
}
