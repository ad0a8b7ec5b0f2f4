package main

import (
	"bytes"
	"compress/zlib"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// plainLoose is the argument that has this program read loose objects, for comparison, in a process of its own.
const plainLoose = "read-loose"

// readLoose reads and inflates every loose object under a folder of objects, with the standard library, on all cores,
// and does nothing with them.
func readLoose(objects string) error {
	fans, err := filepath.Glob(filepath.Join(objects, "??"))
	if err != nil {
		return err
	}
	work := make(chan string)
	errs := make(chan error, runtime.NumCPU())
	var group sync.WaitGroup
	for range runtime.NumCPU() {
		group.Go(func() {
			for fan := range work {
				if err := inflateAll(fan); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	go func() {
		defer close(work)
		for _, fan := range fans {
			select {
			case work <- fan:
			case <-errs:
				return
			}
		}
	}()
	group.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func inflateAll(fan string) error {
	entries, err := os.ReadDir(fan)
	if err != nil {
		return err
	}
	var source bytes.Reader
	var content bytes.Buffer
	var inflater io.ReadCloser
	for _, e := range entries {
		packed, err := os.ReadFile(filepath.Join(fan, e.Name()))
		if err != nil {
			return err
		}
		source.Reset(packed)
		if inflater == nil {
			inflater, err = zlib.NewReader(&source)
		} else {
			err = inflater.(zlib.Resetter).Reset(&source, nil)
		}
		if err != nil {
			return err
		}
		content.Reset()
		if _, err := content.ReadFrom(inflater); err != nil {
			return err
		}
	}
	return nil
}
