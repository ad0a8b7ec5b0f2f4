// Package userfolder finds the folders of the user that programs keep their things in.
package userfolder

import (
	"path/filepath"
	"runtime"
)

// State is skleak's own folder for what it has to remember: in $XDG_STATE_HOME where that is
// set, else where the system has such things. It is "" where the environment names none.
func State(env map[string]string) string {
	for _, place := range places() {
		if base := env[place.variable]; filepath.IsAbs(base) {
			return filepath.Join(base, place.below, "skleak")
		}
	}
	return ""
}

// place is a folder below the one that a variable of the environment names.
type place struct{ variable, below string }

func places() []place {
	first := place{"XDG_STATE_HOME", ""}
	switch runtime.GOOS {
	case "windows":
		return []place{first, {"LOCALAPPDATA", ""}}
	case "darwin", "ios":
		return []place{first, {"HOME", "Library/Application Support"}}
	default:
		return []place{first, {"HOME", ".local/state"}}
	}
}

// Journal is where the journal of revocations lies; "" where there is no place for it.
func Journal(env map[string]string) string {
	folder := State(env)
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, "revocations.jsonl")
}
