package report

import (
	"cmp"
	"fmt"

	"skleak/rules"
)

// sarifRule is one rule of the SARIF report. Its id is part of an alert's identity: changing one
// closes every alert of it and opens new ones.
type sarifRule struct {
	environment               rules.Environment
	id, name, level, severity string
	short, full               string
}

// sarifRules are in the order of their indexes. Severity is GitHub's scale: above 9.0 is critical,
// 4.0 to 6.9 medium.
var sarifRules = []sarifRule{
	{
		environment: rules.Live,
		id:          "sk-live-key", name: "LeakedLiveKey", level: levelError, severity: "9.5",
		short: "Leaked live API key",
		full: "A secret API key of a live environment can be read in this repository or its history. " +
			"Whoever has it acts as its owner at the provider.",
	},
	{
		environment: rules.Test,
		id:          "sk-test-key", name: "LeakedTestKey", level: levelWarning, severity: "5.0",
		short: "Leaked test API key",
		full: "A secret API key of a test environment can be read in this repository or its history. " +
			"It opens no live data, yet shows how keys are handled and often sits where a live one comes next.",
	},
}

// ruleIndexOf is the index of an environment's rule.
func ruleIndexOf(e rules.Environment) int {
	for i, r := range sarifRules {
		if r.environment == e {
			return i
		}
	}
	return 0 // an environment of a later version is as bad as live until it has a rule
}

// sarifDriverOf describes the tool. There is no informationUri: the tool has no public home.
func sarifDriverOf(version string) sarifDriver {
	driver := sarifDriver{Name: toolName, Version: cmp.Or(version, "unknown"), // empty strings are refused
		Language: sarifLanguage, Contents: []string{"localizedData", "nonLocalizedData"}}
	for _, r := range sarifRules {
		driver.Rules = append(driver.Rules, r.descriptor())
	}
	return driver
}

func (r sarifRule) descriptor() sarifDescriptor {
	return sarifDescriptor{
		ID: r.id, Name: r.name,
		ShortDescription:     sarifText{Text: r.short},
		FullDescription:      sarifText{Text: r.full},
		Help:                 sarifText{Text: r.helpText(), Markdown: r.helpMarkdown()},
		DefaultConfiguration: sarifConfiguration{Enabled: true, Level: r.level},
		Properties: sarifProperties{Precision: "high", Severity: r.severity,
			Tags: []string{"security", "secret", "external/cwe/cwe-798"}},
	}
}

// helpSteps is what to do about a leaked key, in order.
var helpSteps = []string{
	"Revoke the key at its provider and issue a new one. Removing it from the file is not enough: " +
		"history, clones and forks keep it.",
	"Put the new key into a secret store or the environment of the program, not into a file of the repository.",
	"Look through the provider's logs for use of the old key that was not yours.",
	"Rewrite history only after the key is revoked, if at all.",
}

func (r sarifRule) helpText() string {
	text := fmt.Sprintf("A key of the %s environment was found. What to do:", r.environment)
	for i, step := range helpSteps {
		text += fmt.Sprintf("\n%d. %s", i+1, step)
	}
	return text
}

func (r sarifRule) helpMarkdown() string {
	text := fmt.Sprintf("A key of the **%s** environment was found.\n\n### What to do\n", r.environment)
	for i, step := range helpSteps {
		text += fmt.Sprintf("\n%d. %s", i+1, step)
	}
	return text
}
