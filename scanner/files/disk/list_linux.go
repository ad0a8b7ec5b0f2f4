package disk

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The layout of struct linux_dirent64, of getdents64(2).
const (
	direntLength = unsafe.Offsetof(unix.Dirent{}.Reclen)
	direntType   = unsafe.Offsetof(unix.Dirent{}.Type)
	direntName   = unsafe.Offsetof(unix.Dirent{}.Name)
	direntMost   = (int(direntName) + 256 + 7) &^ 7 // the longest entry that there is
)

func (d descriptor) List(l *Listing) error {
	l.reset()
	n, failed := 0, error(nil)
	for len(l.buf)-n >= direntMost {
		more, err := retry(func() (int, error) { return unix.Getdents(int(d), l.buf[n:]) })
		if err != nil || more == 0 {
			l.Last, failed = err == nil, err
			break
		}
		n += more
	}
	l.Text = l.buf[:n]
	d.parse(l)
	return failed
}

// parse makes entries of what getdents has put into l.text. All names share one string.
func (d descriptor) parse(l *Listing) {
	all := string(l.Text)
	for at := 0; at < len(all); {
		length := int(binary.NativeEndian.Uint16(l.Text[at+int(direntLength):]))
		start := at + int(direntName)
		end := start + max(0, bytes.IndexByte(l.Text[start:at+length], 0))
		kind, known := kindOfDirent(l.Text[at+int(direntType)])
		at += length
		name := all[start:end]
		if name == "." || name == ".." {
			continue
		}
		if !known {
			var err error
			if kind, err = d.Kind(name); err == unix.ENOENT {
				continue // it is gone
			} else if err != nil {
				kind = 0 // opening it fails too, and names it
			}
		}
		l.Entries = append(l.Entries, Entry{name, kind})
	}
}

// kindOfDirent is not known on file systems that do not keep the type beside the name.
func kindOfDirent(kind byte) (mode fs.FileMode, known bool) {
	switch kind {
	case unix.DT_REG:
		return 0, true
	case unix.DT_DIR:
		return fs.ModeDir, true
	case unix.DT_LNK:
		return fs.ModeSymlink, true
	case unix.DT_UNKNOWN:
		return 0, false
	}
	return fs.ModeIrregular, true
}
