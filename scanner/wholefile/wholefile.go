// Package wholefile writes files that whoever reads them later finds whole or not at all, also where the process that
// wrote them was killed. Reports, which lie where others may be at work, are for report/outfile.
package wholefile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Way is how a file is written.
type Way struct {
	// Beside begins the name of the file that is written first, in the same folder. A process that was killed leaves it
	// behind: see Clean.
	Beside string
	Mode   fs.FileMode // before renaming; 0: 0600
	Sync   bool        // wait for the disk, so that the file is there also after the power has failed
}

// Replace puts a file of this content in the place of what is at path. Errors are those of the file system, with paths.
func Replace(path string, content []byte, w Way) error {
	return Fill(filepath.Dir(path), w, func(f io.Writer) (string, error) {
		_, err := f.Write(content)
		return filepath.Base(path), err
	})
}

// Fill makes a file in a folder of what write gives it. The name comes from there as well, since it may follow from what
// is written; where that is "" or an error, there is no file.
func Fill(dir string, w Way, write func(io.Writer) (name string, err error)) error {
	f, err := os.CreateTemp(dir, w.Beside+"*")
	if err != nil {
		return err
	}
	name, err := write(f)
	if err == nil && w.Sync {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil && w.Mode != 0 {
		err = os.Chmod(f.Name(), w.Mode)
	}
	if err == nil && name != "" {
		return renamed(f.Name(), filepath.Join(dir, name))
	}
	return errors.Join(err, os.Remove(f.Name()))
}

// Clean removes from a folder what writers that were killed have left in it. Nobody may be writing there.
func Clean(dir string, w Way) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), w.Beside) && !e.IsDir() {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

func renamed(from, to string) error {
	err := os.Rename(from, to)
	if err != nil {
		return errors.Join(err, os.Remove(from))
	}
	return nil
}
