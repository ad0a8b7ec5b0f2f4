package outfile

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"skleak/scanner/filelock"
)

// A temporary file is what a report is written to before it takes its place. It lies beside that place under a name
// of its own, ".skleak-", a random part, and sixteen hex digits that follow from it and from the name of the report:
// so no file of anybody else's is ever taken for one. It is locked for as long as its process lives, so the next run
// for the same report knows what a process that was killed has left there, and takes it away.

const temporaryPrefix = ".skleak-"

// renameWhileOpen is true where a file can be renamed and removed while it is open, and so while it is locked.
const renameWhileOpen = runtime.GOOS != "windows"

// temporaryName is the name of a temporary file of a report.
func temporaryName(base, random string) string {
	sum := sha256.Sum256([]byte(random + " " + base))
	return temporaryPrefix + random + "-" + hex.EncodeToString(sum[:8])
}

func isTemporaryName(name, base string) bool {
	random, _, _ := strings.Cut(strings.TrimPrefix(name, temporaryPrefix), "-")
	return name == temporaryName(base, random)
}

// newTemporary makes the temporary file for base in dir, with mode 0600. It never opens a file that is
// there already, nor follows a link.
func newTemporary(dir *os.Root, base string) (*os.File, string, error) {
	for range 100 {
		name := temporaryName(base, rand.Text()[:16])
		file, err := dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, privateMode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		// Where nothing can be locked, nothing is taken away either.
		if locked, err := filelock.Try(file); (err != nil || locked) && isStillThere(dir, name, file) {
			return file, name, nil
		}
		file.Close() // another run took it for left behind, before it was locked
	}
	return nil, "", errors.New("another run deletes the files of this one")
}

func isStillThere(dir *os.Root, name string, file *os.File) bool {
	opened, err := file.Stat()
	if err != nil {
		return true // the error shows when it is written to
	}
	named, err := dir.Lstat(name)
	return err == nil && os.SameFile(opened, named)
}

// removeLeftBehind removes the temporary files for base whose processes are gone. That it cannot is no
// reason not to write a report.
func removeLeftBehind(dir *os.Root, base string) {
	list, err := dir.Open(".")
	if err != nil {
		return
	}
	defer list.Close()
	for {
		entries, err := list.ReadDir(1000)
		for _, e := range entries {
			if isTemporaryName(e.Name(), base) && e.Type().IsRegular() {
				removeIfUnlocked(dir, e.Name())
			}
		}
		if err != nil { // that there are no more, as a rule
			return
		}
	}
}

func removeIfUnlocked(dir *os.Root, name string) {
	file, err := dir.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer file.Close()
	if locked, err := filelock.Try(file); err != nil || !locked {
		return
	}
	if !renameWhileOpen {
		file.Close()
	}
	_ = dir.Remove(name)
}
