package mapped

import (
	"syscall"
	"unsafe"
)

// File maps a whole file for reading, as on other systems. While it is mapped, Windows lets nobody delete it.
func File(path string) (data []byte, unmap func() error, err error) {
	f, size, err := openRegular(path, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if size == 0 || int64(int(size)) != size {
		return readFile(f, mostRead)
	}
	mapping, err := syscall.CreateFileMapping(syscall.Handle(f.Fd()), nil, syscall.PAGE_READONLY, uint32(size>>32),
		uint32(size), nil)
	if err != nil {
		return readFile(f, mostRead)
	}
	defer syscall.CloseHandle(mapping) // the view keeps what it needs
	view, err := syscall.MapViewOfFile(mapping, syscall.FILE_MAP_READ, 0, 0, uintptr(size))
	if err != nil {
		return readFile(f, mostRead)
	}
	// What Windows returns is no pointer of Go's that the collector could move: its bits are read as one.
	data = unsafe.Slice(*(**byte)(unsafe.Pointer(&view)), int(size))
	return data, func() error { return syscall.UnmapViewOfFile(view) }, nil
}
