package rules

import (
	"skleak/rules/internal/form"
	"skleak/rules/internal/keys"
)

// Builtin describes what is searched for without any configuration, for people to read.
func Builtin() []Rule {
	return []Rule{{ID: "sk-key", Literals: []string{keys.Live, keys.Test}, Body: defaultBody, Min: keys.MinBody,
		Max: keys.MaxBody}}
}

// Forms lists the ways of writing a key that are recognised, as they stand in Match.Form, where several
// are joined by + if one lies in another.
func Forms() []string { return form.Names() }
