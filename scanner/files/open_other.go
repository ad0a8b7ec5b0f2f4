//go:build !unix

package files

import (
	"math"
	"os"
)

// openFolder opens the folder at a path, following links.
func openFolder(path string) (folder, error) { return openPlain(path) }

// openFile opens the regular file at a path, and follows no link in its last part.
func openFile(path string) (file, state, error) { return openChecked(path, os.Lstat, os.Open) }

// scarce is true for an error that says that too many files are open.
func scarce(error) bool { return false }

// mostJobs is how many workers can have files open at once.
func mostJobs() int { return math.MaxInt }
