package odb

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// A FIFO in the place of an object must not be waited for.
func TestFIFOs(t *testing.T) {
	_, objects := newRepo(t)
	path := loosePath(objects, addBlobFile(t, objects, "x"))
	os.Remove(path)
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(objects+"/zz", 0o666); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(objects+"/00", 0o666); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		d, problems := open(t, objects)
		if d.Len() != 1 || len(problems) != 1 {
			t.Errorf("%d objects, %v", d.Len(), problems)
			return
		}
		if _, _, err := visited(d.Loose[0], 0); err == nil {
			t.Error("Visit: no error")
		}
		if _, err := new(LooseReader).Kind(d.Loose[0], 0); err == nil {
			t.Error("Kind: no error")
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it hangs")
	}
}
