package scanner

import (
	"strings"
	"time"

	"skleak/rules"
	"skleak/rules/nearby"
	"skleak/rules/provider"
)

// Source says where a finding lies: in which of the places that git and a file system have for bytes.
type Source string

const (
	SourceFile    Source = "file"
	SourceStdin   Source = "stdin"
	SourceIndex   Source = "index"
	SourceGitDir  Source = "gitdir"  // in a git directory, and no object
	SourceHistory Source = "history" // a blob, or a name in a tree
	SourceCommit  Source = "commit"  // the message or a header of a commit
	SourceTag     Source = "tag"     // the message or a header of an annotated tag
)

// Finding is one key at one place.
type Finding struct {
	Key         rules.Key
	Form        string
	Placeholder bool
	LongPrefix  bool
	Others      []rules.Key // what the key is if it ends elsewhere, mostly earlier, and nothing decides
	Provider    string      // "unknown" where nothing names one
	Evidence    string      // what named the provider
	Confirmed   bool        // more than a name speaks for the provider
	Allowed     string      // the comment beside the key that allows it, "" where there is none

	Repository string // name of the one it lies in, "" where that is not told

	Source    Source
	Container string  // in what kind of container it lies: zip, docx, …; "" outside of one
	Inside    string  // the end of Path that leads into the container, from its first separator on; may be "" in one
	Path      string  // relative to the target, forward slashes, keys in it redacted; "" where there is none
	Place             // line 0: the key is in the name itself
	Blob      string  // object id in hex, "" where there is none
	Commit    *Commit // the commit that introduced it, nil where none is known

	RenamedFrom string // where that commit moved it from, "" if it brought it there

	Removed *Removal // how it went from Path, if HEAD has it there no more; nil where that is not known
	Hidden  *Hidden  // no ref leads to that commit, and its host serves it still; nil where that is not known

	Reachable bool     // that commit is reachable from a ref
	AtHead    bool     // HEAD's tree still has the key at Path
	Refs      []string // up to 20 refs whose tip still has it, sorted
}

// File is the path of the file that holds the finding, without what leads into a container.
func (f Finding) File() string {
	if outer := strings.TrimSuffix(f.Path, f.Inside); outer != "" {
		return outer
	}
	return f.Path
}

// Surroundings are what the text around a key says of it. They are taken down where the text is at hand,
// and small, since in history the path that completes them is known only later.
type Surroundings struct {
	clues   provider.Clues
	allowed string
	others  []rules.Key
}

// SurroundingsOf reads the text around a match that set found in it.
func SurroundingsOf(set *provider.Set, text []byte, m rules.Match) Surroundings {
	return Surroundings{clues: set.Clues(text, m), allowed: nearby.Allowed(set.Set, text, m), others: m.Others}
}

// Complete puts into a finding at a path what the surroundings say.
func (s Surroundings) Complete(f *Finding, path string) {
	f.Provider, f.Evidence = s.clues.Decide(path)
	f.Confirmed = s.clues.Confirmed(f.Provider, f.Evidence)
	f.Allowed, f.Others = s.allowed, s.others
}

// Place is a range of a text. Lines and columns count from 1, columns in Unicode code points;
// EndColumn is one past the last.
type Place struct{ Line, Column, EndLine, EndColumn int }

// Commit is what a report says of a commit, or of an annotated tag, with keys in it redacted.
type Commit struct {
	Hash    string
	Author  string
	Email   string
	Date    time.Time
	Summary string // first line of the message
}

// Removal says how a key went from a path.
type Removal struct {
	Commit  *Commit
	Ref     string // HEAD, or the ref in whose history it went; "" where a merge brought it and its removal
	MovedTo string // the path to which the commit moved the key, "" for none
}

// Handler takes what a scan finds. Its methods are called by one goroutine at a time, in an order
// that does not depend on timing or on the number of workers. An error ends the scan and is returned by it.
type Handler interface {
	Finding(Finding) error
}
