package gitdir

import (
	"errors"
	"fmt"
	"io"
	"os"

	"skleak/scanner/cause"
	"skleak/scanner/git/bundle"
	"skleak/scanner/git/oid"
)

// bundleHeadLimit bounds the head of a bundle, in bytes: it has a line for each ref.
const bundleHeadLimit = 64 << 20

// openBundle opens a bundle as the repository that it is: it has refs and objects, and no folder, no configuration and
// no working tree. A file that is none is nil and no error.
func (b bounds) openBundle(path string, info os.FileInfo) (*Dir, error) {
	if !info.Mode().IsRegular() {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening repository: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	content := make([]byte, len(bundle.Magics[0]))
	if _, err := io.ReadFull(f, content); err != nil || !bundle.Is(content) {
		return nil, nil //nolint:nilerr // too short to be one, or not to be read: the file's reader says so
	}
	var head bundle.Head
	for size := 64 << 10; ; size *= 8 {
		content, err = io.ReadAll(io.NewSectionReader(f, 0, int64(size)))
		if err != nil {
			return nil, fmt.Errorf("reading the bundle %s: %w", path, cause.Of(err))
		}
		if head, err = bundle.Parse(content); err == nil || len(content) < size || size > bundleHeadLimit {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the bundle %s: %w", path, err)
	}
	return &Dir{Git: path, Common: path, Format: head.Format, bounds: b, bundle: &head}, nil
}

// IsBundle is true for a bundle, whose Git is the file.
func (d *Dir) IsBundle() bool { return d.bundle != nil }

// Prerequisites are the commits that a bundle builds on and does not hold.
func (d *Dir) Prerequisites() []oid.ID {
	if d.bundle == nil {
		return nil
	}
	return d.bundle.Prerequisites
}

// bundled finds a ref in a bundle. One that is not there is empty.
func (d *Dir) bundled(name string) (Ref, error) {
	for _, r := range d.bundle.Refs {
		if r.Name == name {
			return Ref{Name: r.Name, ID: r.ID}, nil
		}
	}
	return Ref{}, nil
}

// eachBundled is EachRef for a bundle.
func (d *Dir) eachBundled(noted *problems, f func(Ref)) {
	for _, r := range d.bundle.Refs {
		if r.Name != "HEAD" && !refName(r.Name) {
			noted.add("", "%w", errors.New("a ref of the bundle has no name that a ref can have"))
		}
		f(Ref{Name: r.Name, ID: r.ID})
	}
}
