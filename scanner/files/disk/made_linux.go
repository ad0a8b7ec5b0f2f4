package disk

import (
	"slices"

	"golang.org/x/sys/unix"
)

// madeUp are the file systems that make the content of a file while it is read.
var madeUp = []uint32{
	unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC, unix.SECURITYFS_MAGIC,
	unix.CGROUP_SUPER_MAGIC,
	unix.CGROUP2_SUPER_MAGIC, unix.PSTOREFS_MAGIC, unix.EFIVARFS_MAGIC, unix.BPF_FS_MAGIC, unix.SELINUX_MAGIC,
}

func (d descriptor) MadeUp() bool {
	var s unix.Statfs_t
	_, err := retry(func() (int, error) { return 0, unix.Fstatfs(int(d), &s) })
	return err == nil && slices.Contains(madeUp, uint32(s.Type))
}
