package rules

import "slices"

// Builtin describes what is searched for without any configuration, for people to read.
func Builtin() []Rule {
	return []Rule{{ID: "sk-key", Literals: []string{prefixLive, prefixTest}, Body: defaultBody, Min: minBody, Max: maxBody}}
}

// Forms lists the ways of writing a key that are recognised, as they stand in Match.Form, where several
// are joined by + if one lies in another.
func Forms() []string {
	var names []string
	for _, name := range formNames {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
