package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"skleak/report/escape"
	"skleak/report/forge"
	"skleak/scanner"
)

// spot is one place of a leak as people count them: a finding, and the findings of history that
// tell how that very place came to be. Without this every key that is committed and still there
// would be listed twice, once in the working tree and once in history.
type spot struct {
	scanner.Finding
	history []scanner.Finding
}

// spotsOf folds each history finding that is still at HEAD into the first finding of the working
// tree or the index at its path. The order stays that of the findings.
func spotsOf(l Leak) []spot {
	var spots []spot
	open := map[string]int{} // paths in the working tree or the index, with their spot
	for _, f := range l.Findings {
		at, isOpen := open[f.Path]
		if isOpen && f.Source == scanner.SourceHistory && f.AtHead {
			spots[at].history = append(spots[at].history, f)
			continue
		}
		if !isOpen && (f.Source == scanner.SourceFile || f.Source == scanner.SourceIndex) {
			open[f.Path] = len(spots)
		}
		spots = append(spots, spot{Finding: f})
	}
	return spots
}

// repositoriesOf are the names of those that the leak lies in, in the order of its findings.
func repositoriesOf(l Leak) (names []string) {
	for _, f := range l.Findings {
		if f.Repository != "" && !slices.Contains(names, f.Repository) {
			names = append(names, f.Repository)
		}
	}
	return names
}

// shortID is the start of an object id that people read: 12 digits, which tell apart the objects of
// the largest repositories.
func shortID(id string) string { return id[:min(len(id), 12)] }

// isHistory is true where the finding lies in an object that a commit, a ref or nothing leads to.
func isHistory(f scanner.Finding) bool {
	return f.Source == scanner.SourceHistory || f.Source == scanner.SourceCommit || f.Source == scanner.SourceTag
}

// hiddenWords say where what is hidden can be had.
const hiddenWords = "hidden: the host serves it, no ref leads to it"

// hiddenOf says that a finding is hidden, and what hid it.
func hiddenOf(h scanner.Hidden, quote func(string) string) string {
	ref := quote(strings.TrimPrefix(strings.TrimPrefix(h.Ref, "refs/"), "heads/"))
	what := []string{ref}
	switch {
	case h.Event == scanner.HiddenByDeletion:
		what = []string{"branch", ref, "deleted"}
	case h.Event == scanner.HiddenByForcePush && ref != "":
		what = []string{"force-push of", ref}
	case h.Event == scanner.HiddenByForcePush:
		what = []string{"force-push"}
	}
	if !h.Date.IsZero() {
		what = append(what, h.Date.UTC().Format("on 2006-01-02"))
	}
	if h.By != "" {
		what = append(what, "by", quote(h.By))
	}
	what = slices.DeleteFunc(what, func(word string) bool { return word == "" })
	if len(what) == 0 {
		return hiddenWords
	}
	return hiddenWords + " (" + strings.Join(what, " ") + ")"
}

// removalOf says who removed a finding from its path, and when.
func removalOf(r scanner.Removal, quote func(string) string) string {
	text := "removed"
	if r.MovedTo != "" {
		text = "moved to " + quote(r.MovedTo)
	}
	text += " in " + quote(shortID(r.Commit.Hash))
	if !r.Commit.Date.IsZero() {
		text += r.Commit.Date.Format(" on 2006-01-02")
	}
	if r.Commit.Author != "" {
		text += " by " + quote(r.Commit.Author)
	}
	if name := strings.TrimPrefix(r.Ref, "refs/"); name != "" && name != "HEAD" {
		text += ", last held by " + quote(name)
	}
	return text
}

// nameOf says what holds the finding: a path, or the object that has none.
func nameOf(f scanner.Finding) string {
	switch {
	case f.Source == scanner.SourceCommit || f.Source == scanner.SourceTag:
		return string(f.Source) + " " + shortID(objectOf(f))
	case f.Path != "":
		return f.Path
	case f.Source == scanner.SourceStdin:
		return "stdin"
	case f.Blob != "":
		return "blob " + shortID(f.Blob)
	}
	return string(f.Source)
}

// objectOf is the id of the object that holds the finding, as well as it is known.
func objectOf(f scanner.Finding) string {
	if f.Commit != nil && (f.Source == scanner.SourceCommit || f.Source == scanner.SourceTag || f.Blob == "") {
		return f.Commit.Hash
	}
	return f.Blob
}

// placeOf is where the finding lies in the form that terminals and editors link, path:line:column;
// the bare name where the key stands in the name itself.
func placeOf(f scanner.Finding) string {
	if f.Line == 0 {
		return nameOf(f)
	}
	return fmt.Sprintf("%s:%d:%d", nameOf(f), f.Line, f.Column)
}

// ways lead from the folder where a run was started to its repositories, by their names.
type ways map[string]way

// way is from one folder to one repository. Each part is "" or ends in a slash.
type way struct {
	prefix string // of the paths in the repository
	folder string // the repository's, as seen from here
	here   string // this folder, as seen from the repository; "" if it is not in it
}

// waysOf leads nowhere where the report does not tell the folder.
func waysOf(r *shown) ways {
	w := ways{}
	for _, one := range r.Repositories {
		rel, err := filepath.Rel(r.Folder, one.Path)
		if err != nil || r.Folder == "" || one.Path == "" {
			continue
		}
		if strings.HasPrefix(filepath.ToSlash(rel), "../../../") {
			rel = one.Path // which is easier to read
		}
		here, err := filepath.Rel(one.Path, r.Folder)
		if err != nil || !filepath.IsLocal(here) || here == "." {
			here = ""
		} else {
			here = filepath.ToSlash(here) + "/"
		}
		w[one.Name] = way{one.Prefix(), strings.TrimPrefix(filepath.ToSlash(rel)+"/", "./"), here}
	}
	return w
}

// open is a finding whose paths open from where the run was started.
func (w ways) open(f scanner.Finding) scanner.Finding {
	way, known := w[f.Repository]
	if !known {
		return f
	}
	f.Path, f.RenamedFrom = way.open(f.Path), way.open(f.RenamedFrom)
	if f.Removed != nil {
		r := *f.Removed
		r.MovedTo = way.open(r.MovedTo)
		f.Removed = &r
	}
	return f
}

// open is a path of the repository as it opens from the folder.
func (w way) open(path string) string {
	below, ok := strings.CutPrefix(path, w.prefix)
	if !ok || path == "" {
		return path
	}
	if rest, ok := strings.CutPrefix(below, w.here); ok && w.here != "" {
		return rest
	}
	return w.folder + below // whatever dots a tree has in its names
}

// links lead to what repositories hold, where it can be looked at. A link that there is none of is "".
type links struct {
	sites map[string]forge.Site // by the name of the repository
	repos map[string]scanner.Repository
}

func linksOf(r *shown) links {
	l := links{map[string]forge.Site{}, map[string]scanner.Repository{}}
	for _, one := range r.Repositories {
		l.repos[one.Name] = one
		if site, ok := forge.Of(one.Remote); ok {
			l.sites[one.Name] = site
		}
	}
	return l
}

// commit leads to the commit that brought the finding.
func (l links) commit(f scanner.Finding) string {
	if f.Commit == nil {
		return ""
	}
	return l.sites[f.Repository].Commit(f.Commit.Hash)
}

// line is where the place can be looked at: at HEAD if it is there.
func (l links) line(s spot) string {
	f := s.Finding
	commit := l.repos[f.Repository].Head
	atHead := f.AtHead || len(s.history) > 0
	if !atHead && f.Commit != nil && f.Source == scanner.SourceHistory {
		commit = f.Commit.Hash
	} else if !atHead {
		return ""
	}
	path := strings.TrimPrefix(f.File(), l.repos[f.Repository].Prefix())
	if path == "" || strings.Contains(path, "…") { // the name of a key is in it
		return ""
	}
	line := ""
	if f.Line > 0 && f.Container == "" {
		line = fmt.Sprint(f.Line)
	}
	return l.sites[f.Repository].Line(commit, escape.Percent(path), line)
}
