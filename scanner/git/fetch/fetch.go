// Package fetch brings a repository from another machine onto this one, to be scanned: all its refs, and one pack that
// is written as it comes. Nothing of it is unpacked, and no more of it is held in memory than the names of the refs.
//
// go-git speaks to the server. The server is as little trusted as what it sends: it may name refs without end, send
// packs without end or none, stop in mid-stream, and send the client elsewhere. Each of these has a bound, and a name.
// What the pack holds is for the scan to find out, which trusts no pack.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Request says what to fetch.
type Request struct {
	URL         URL
	Dir         string // a folder that is empty, and becomes a bare repository, or is a mirror that Fetch has made
	Credentials Credentials
	MaxBytes    int64             // of one pack; 0: DefaultMaxBytes
	Expected    int64             // bytes that the pack will have, as far as anybody knows: they must find room on the disk
	Received    func(bytes int64) // hears how many bytes of a pack have come; may be nil
	Heard       func()            // hears that anything has come; may be nil
	WithGit     bool              // git fetches, for servers that want what is not spoken here

	stall   time.Duration // in place of stallTime, for tests
	maxRefs int64         // in place of maxRefBytes, for tests
	free    freeFunc      // in place of freeBytes, for tests
}

const (
	// DefaultMaxBytes is far above what anybody keeps in one repository.
	DefaultMaxBytes = 64 << 30
	// stallTime is how long a server may be silent. One that is busy counting says something every five seconds.
	stallTime = time.Minute
	// maxRefBytes bounds what the names of refs may take: ten million names are a gigabyte, the largest honest
	// repositories have one million.
	maxRefBytes = 512 << 20
)

// Fetch makes Dir a bare repository with all that the refs of the server's repository lead to, or brings a mirror that
// Fetch has made up to date. An empty repository has no pack. Errors say what to try, in one line, and hold nothing that
// the server said.
func Fetch(ctx context.Context, r Request) error {
	s, err := Connect(ctx, r)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // all that was wanted has come, or an error was returned
	return s.Fetch()
}

// MakeTemporary makes the folder for a mirror that is to be thrown away, for its owner alone, named as the repository.
func MakeTemporary(u URL) (dir string, remove func() error, err error) {
	root, err := os.MkdirTemp("", "skleak-fetch-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder for what is fetched: %w", err)
	}
	remove = func() error { return os.RemoveAll(root) }
	dir = root + string(os.PathSeparator) + safeName(u.Name()) + ".git"
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", nil, errors.Join(fmt.Errorf("making a folder for what is fetched: %w", err), remove())
	}
	return dir, remove, nil
}
