package run

import (
	"strings"

	"skleak/rules"
	"skleak/scanner"
)

// echoes holds back what git has written down of its own objects once more: messages in logs and in COMMIT_EDITMSG,
// and names in the index. It is told where no object has the same key.
type echoes struct {
	to     scanner.Handler
	inside string // in front of paths in the git directory
	held   []scanner.Finding
	stored map[rules.Key]bool // keys in objects
}

func (e *echoes) Finding(f scanner.Finding) error {
	if f.Source != scanner.SourceGitDir {
		e.stored[f.Key] = true
	} else if path := strings.TrimPrefix(f.Path, e.inside); path == "COMMIT_EDITMSG" || path == "index" ||
		strings.HasPrefix(path, "logs/") {
		e.held = append(e.held, f)
		return nil
	}
	return e.to.Finding(f)
}

// release tells of what no object has.
func (e *echoes) release() error {
	for _, f := range e.held {
		if e.stored[f.Key] {
			continue
		}
		if err := e.to.Finding(f); err != nil {
			return err
		}
	}
	return nil
}
