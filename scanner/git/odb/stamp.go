package odb

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// stamp tells whether anything came or went in objects folders since it was taken: a folder's time changes with the
// names in it.
type stamp struct {
	dirs  []string
	taken time.Time
	times []time.Time
}

// racy is how old a folder's time must be to be trusted: a file system's clock may have ticks this long, and two
// changes in one tick look like one. That of FAT ticks every two seconds.
const racy = 2 * time.Second

func takeStamp(dirs []string) stamp { return stamp{dirs, time.Now(), folderTimes(dirs)} }

// old is true where something may have changed.
func (s stamp) old() bool {
	for i, now := range folderTimes(s.dirs) {
		if !now.Equal(s.times[i]) || now.After(s.taken.Add(-racy)) {
			return true
		}
	}
	return false
}

// folderTimes are the times of all folders with objects in them; zero for one that is not there.
func folderTimes(dirs []string) (times []time.Time) {
	add := func(path string) {
		var at time.Time
		if info, err := os.Stat(path); err == nil {
			at = info.ModTime()
		}
		times = append(times, at)
	}
	for _, dir := range dirs {
		add(dir)
		add(filepath.Join(dir, "pack"))
		for first := range 256 {
			add(filepath.Join(dir, fmt.Sprintf("%02x", first)))
		}
	}
	return times
}
