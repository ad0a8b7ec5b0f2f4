package fetch

import (
	"golang.org/x/sys/windows"
)

// Errors of a write for which there is no room.
const (
	errDiskFull = windows.ERROR_DISK_FULL
	errQuota    = windows.ERROR_HANDLE_DISK_FULL
)

func freeBytes(dir string) (bytes uint64, ok bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	err = windows.GetDiskFreeSpaceEx(name, &bytes, nil, nil)
	return bytes, err == nil
}
