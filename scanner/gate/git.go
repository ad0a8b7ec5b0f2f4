package gate

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/repository"
	"skleak/scanner/history"
)

// Git opens repositories as git says through the environment of its hooks. Hooks alone may believe it.
type Git map[string]string

// open opens the repository that git runs a hook in. Git names it in the environment where it is not the one that the
// current folder lies in.
func (env Git) open() (*history.Repo, error) {
	handed := repository.Handed{
		IndexFile: env["GIT_INDEX_FILE"],
		Worktree:  env["GIT_WORK_TREE"],
		Objects:   env.objectFolders(),
	}
	for name := range env {
		if id, ok := strings.CutPrefix(name, "GITHEAD_"); ok { // git merge tells its pre-merge-commit hook no other way
			handed.Merging = append(handed.Merging, id)
		}
	}
	dir := env["GIT_DIR"]
	discover := dir == "" // the current folder may lie anywhere inside of the repository
	g, err := history.OpenHanded(cmp.Or(dir, "."), discover, handed)
	switch {
	case errors.Is(err, gitdir.ErrNotRepository):
		return nil, errors.New("this is no git repository; hooks work in a git repository only, where git runs them")
	case err != nil:
		return nil, err
	}
	return g, nil
}

// objectFolders are where git says that objects lie, in the order in which it looks.
func (env Git) objectFolders() (folders []string) {
	all := []string{env["GIT_QUARANTINE_PATH"], env["GIT_OBJECT_DIRECTORY"]}
	for _, dir := range append(all, splitAlternates(env["GIT_ALTERNATE_OBJECT_DIRECTORIES"])...) {
		if dir != "" && !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
	}
	return folders
}

// splitAlternates takes a list of folders apart. Git puts one with a separator in its name into double quotes.
func splitAlternates(list string) (folders []string) {
	for list != "" {
		if path, rest, ok := gitdir.Unquote(list); ok {
			folders = append(folders, path)
			list = strings.TrimPrefix(rest, string(filepath.ListSeparator))
			continue
		}
		var path string
		path, list, _ = strings.Cut(list, string(filepath.ListSeparator))
		folders = append(folders, path)
	}
	return folders
}
