// Package build tells what this program is: which version, made of what, and whether its bytes are those of a release.
package build

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
)

// Version is what the go command recorded when it built the program: the module's version or, built
// from a checkout, one made from the commit. "devel" where it recorded nothing, as with "go run".
func Version() string { return version() }

// version parses the list of all modules, and is asked for more than once.
var version = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
})

// Info is what a program says of itself.
type Info struct {
	Name     string   `json:"name"`
	Version  string   `json:"version"`
	Commit   string   `json:"commit"`   // "" where it was not recorded
	Modified bool     `json:"modified"` // the checkout was not as the commit has it
	Go       string   `json:"go"`
	System   string   `json:"system"`
	Rules    string   `json:"rules"` // the digest of what is searched for, as reports have it where nothing is configured
	Modules  []Module `json:"modules"`
}

// Module is what of others is linked in.
type Module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum"`
}

// Describe describes the program that runs. rules is the digest of its rules.
func Describe(name, rules string) Info {
	i := Info{Name: name, Version: Version(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Rules: rules, Modules: []Module{}}
	recorded, ok := debug.ReadBuildInfo()
	if !ok {
		return i
	}
	for _, s := range recorded.Settings {
		switch s.Key {
		case "vcs.revision":
			i.Commit = s.Value
		case "vcs.modified":
			i.Modified = s.Value == "true"
		}
	}
	for _, m := range recorded.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		i.Modules = append(i.Modules, Module{m.Path, m.Version, m.Sum})
	}
	return i
}

// WriteText writes it for people, with the line that "skleak version" prints first.
func (i Info) WriteText(w io.Writer) error {
	var b bytes.Buffer
	commit := i.Commit
	switch {
	case commit == "":
		commit = "not recorded"
	case i.Modified:
		commit += ", with changes"
	}
	fmt.Fprintf(&b, "%s %s\ncommit: %s\ngo: %s %s\nrules: %s\nmodules: %d\n", i.Name, i.Version, commit, i.Go,
		i.System, i.Rules, len(i.Modules))
	for _, m := range i.Modules {
		fmt.Fprintf(&b, "  %s %s %s\n", m.Path, m.Version, m.Sum)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// WriteJSON writes the same as JSON.
func (i Info) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(i)
}
