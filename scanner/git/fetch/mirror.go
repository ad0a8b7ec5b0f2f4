package fetch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"skleak/scanner/git/oid"
	"skleak/scanner/wholefile"
)

// config is the configuration of a mirror. Whoever keeps it can fetch into it by git.
func config(u URL) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(u.String())
	return "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[remote \"origin\"]\n\turl = \"" + quoted +
		"\"\n\tfetch = +refs/*:refs/*\n\tmirror = true\n"
}

// makeMirror makes a folder a bare repository without objects and, as yet, without a HEAD: so it is none until it has what
// its refs lead to. In one that is there, it removes what a fetch that was killed has left behind.
func makeMirror(dir string, u URL) error {
	for _, folder := range []string{"objects/pack", "objects/info", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(folder)), 0o700); err != nil {
			return fmt.Errorf("making a repository for what is fetched: %w", err)
		}
	}
	if err := replaceFile(dir, "config", config(u)); err != nil {
		return err
	}
	return wholefile.Clean(filepath.Join(dir, "objects", "pack"), wholefile.Way{Beside: temporaryPack})
}

// temporaryPack begins the names of packs that are not there whole. Git's own are called so, too.
const temporaryPack = "tmp_"

// writeRefs puts refs in the place of those of a mirror, which has what they lead to.
func writeRefs(dir string, refs Refs) error {
	var packed strings.Builder
	packed.WriteString("# pack-refs with: peeled fully-peeled sorted \n")
	for _, ref := range refs.List {
		fmt.Fprintf(&packed, "%s %s\n", ref.ID.Hex(oid.SHA1), ref.Name)
		if !ref.Peeled.IsZero() {
			fmt.Fprintf(&packed, "^%s\n", ref.Peeled.Hex(oid.SHA1))
		}
	}
	var shallow strings.Builder
	for _, id := range refs.Shallow {
		fmt.Fprintf(&shallow, "%s\n", id.Hex(oid.SHA1))
	}
	err := os.Remove(filepath.Join(dir, "shallow"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if shallow.Len() > 0 {
		err = replaceFile(dir, "shallow", shallow.String())
	}
	return errors.Join(err, replaceFile(dir, "packed-refs", packed.String()), replaceFile(dir, "HEAD", head(refs)))
}

// replaceFile writes a file whole, or leaves it as it was.
func replaceFile(dir, name, text string) error {
	err := wholefile.Replace(filepath.Join(dir, name), []byte(text), wholefile.Way{Beside: temporaryFile})
	if err != nil {
		return fmt.Errorf("writing into the repository for what is fetched: %w", full(err))
	}
	return nil
}

const temporaryFile = "skleak-tmp-"

// head is what HEAD says: the branch that the server says it is, or the commit.
func head(refs Refs) string {
	switch {
	case refs.Head == "":
		return "ref: refs/heads/main\n"
	case isBranch(refs.Head):
		return "ref: " + refs.Head + "\n"
	}
	return refs.Head + "\n"
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
