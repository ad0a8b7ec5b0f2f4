package scanner

import "fmt"

// Absent is something that belongs to what was scanned and is not there to be read: a clean result says nothing of it.
type Absent struct {
	Reason string // the one under which it is counted
	Text   string // what is not there
	Cure   string // the command that brings it
}

// absences are the reasons for which things are skipped that are not there.
var absences = []struct{ reason, one, many, cure string }{
	{SkippedShallow, "the history is shallow: what lies behind 1 commit is not here",
		"the history is shallow: what lies behind %s commits is not here",
		"git fetch --unshallow"},
	{SkippedSubmodule, "1 submodule is not checked out", "%s submodules are not checked out",
		"git submodule update --init --recursive"},
	{SkippedSparse, "1 file or folder is left out of the checkout", "%s files or folders are left out of the checkout",
		"git sparse-checkout disable"},
	{SkippedLFS, "1 file is kept elsewhere by Git LFS", "%s files are kept elsewhere by Git LFS", "git lfs pull"},
}

// Absent returns what is not there to be read, apart from what is named as unreadable.
func (t Totals) Absent() (all []Absent) {
	for _, a := range absences {
		for _, s := range t.Skipped {
			switch {
			case s.Reason != a.reason:
			case s.Count == 1:
				all = append(all, Absent{a.reason, a.one, a.cure})
			default:
				all = append(all, Absent{a.reason, fmt.Sprintf(a.many, Thousands(s.Count)), a.cure})
			}
		}
	}
	return all
}

// Warnings are sentences for people about what is not there, each with its cure. Pointers of Git LFS are no news to
// whoever uses it.
func (t Totals) Warnings() (lines []string) {
	all := t.Absent()
	if t.Partial {
		all = append(all, Absent{UnreadableMissing, "this is a partial clone: what was left on the server is not here",
			"git fetch --refetch --no-filter"})
	}
	for _, a := range all {
		if a.Reason != SkippedLFS {
			lines = append(lines, fmt.Sprintf("%s; to bring it: %s", a.Text, a.Cure))
		}
	}
	return lines
}

// LeftOut is what a file of the target itself left out of its own scan.
type LeftOut struct {
	By             string // the name of the file
	Files, Folders int64
}

func (l LeftOut) String() string {
	parts := ""
	if l.Folders > 0 {
		parts = Counted(l.Folders, "folder")
	}
	if l.Files > 0 && parts != "" {
		parts += " and "
	}
	if l.Files > 0 {
		parts += Counted(l.Files, "file")
	}
	return parts + " left out by " + l.By
}
