//go:build !unix

package disk

import (
	"math"
	"os"
)

// OpenFolder opens the folder at a path, following links.
func OpenFolder(path string) (Folder, error) { return OpenPlain(path) }

// OpenFile opens the regular file at a path, and follows no link in its last part.
func OpenFile(path string) (File, State, error) { return openChecked(path, os.Lstat, os.Open) }

// TooManyOpen is true for an error that says that too many files are open.
func TooManyOpen(error) bool { return false }

// MostJobs is how many workers can have files open at once.
func MostJobs() int { return math.MaxInt }
