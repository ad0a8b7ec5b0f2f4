package fetch

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

// config is the configuration of a mirror. Whoever keeps it can fetch into it by git.
func config(u URL) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(u.String())
	return "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[remote \"origin\"]\n\turl = \"" + quoted +
		"\"\n\tfetch = +refs/*:refs/*\n\tmirror = true\n"
}

// writeMirror makes a folder a bare repository with the refs of u, and without objects.
func writeMirror(dir string, u URL, refs *packp.AdvRefs) error {
	packed, err := packedRefs(refs)
	if err != nil {
		return err
	}
	files := map[string]string{"config": config(u), "HEAD": head(refs), "packed-refs": packed}
	if len(refs.Shallows) > 0 { // the server's own repository has no more
		var list strings.Builder
		for _, id := range refs.Shallows {
			fmt.Fprintf(&list, "%s\n", id)
		}
		files["shallow"] = list.String()
	}
	for _, folder := range []string{"objects/pack", "objects/info", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(folder)), 0o700); err != nil {
			return fmt.Errorf("making a repository for what is fetched: %w", err)
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("making a repository for what is fetched: %w", err)
		}
	}
	return nil
}

// packedRefs lists the refs as git does.
func packedRefs(refs *packp.AdvRefs) (string, error) {
	var list strings.Builder
	list.WriteString("# pack-refs with: peeled fully-peeled sorted \n")
	for _, name := range slices.Sorted(maps.Keys(refs.References)) {
		if !strings.HasPrefix(name, "refs/") {
			continue // what lies beside, such as .have, is no ref
		}
		if !isRefName(name) {
			return "", errors.New("the server names a ref as no ref can be named: ask who runs it")
		}
		fmt.Fprintf(&list, "%s %s\n", refs.References[name], name)
		if peeled, ok := refs.Peeled[name]; ok {
			fmt.Fprintf(&list, "^%s\n", peeled)
		}
	}
	return list.String(), nil
}

// isRefName refuses the names that git refuses. They stand in one file, so the worst that one could do is to look like
// another line of it.
func isRefName(name string) bool {
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r) }) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return !strings.Contains(name, "..") && !strings.Contains(name, "@{") && !strings.HasSuffix(name, ".")
}

// head is what HEAD says: the branch that the server says it is, or the commit.
func head(refs *packp.AdvRefs) string {
	for _, pair := range refs.Capabilities.Get(capability.SymRef) {
		if target, ok := strings.CutPrefix(pair, "HEAD:"); ok && strings.HasPrefix(target, "refs/") && isRefName(target) {
			return "ref: " + target + "\n"
		}
	}
	if refs.Head != nil && *refs.Head != plumbing.ZeroHash {
		return refs.Head.String() + "\n"
	}
	return "ref: refs/heads/main\n"
}

// safeName is a name of a folder that has nothing to hide.
func safeName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.+", r) {
			return r
		}
		return '_'
	}, name)
	return safe[:min(len(safe), 100)]
}
