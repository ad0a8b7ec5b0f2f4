package main

import (
	"path/filepath"
	"runtime"
	"strings"
)

// stateFolder is skleak's own folder for what it has to remember: in $XDG_STATE_HOME where that is
// set, else where the system has such things. It is "" where the environment names none.
func stateFolder(env map[string]string, separator rune) string {
	join := func(parts ...string) string { return strings.Join(parts, string(separator)) }
	if base := env["XDG_STATE_HOME"]; filepath.IsAbs(base) {
		return join(base, "skleak")
	}
	switch runtime.GOOS {
	case "windows":
		if base := env["LOCALAPPDATA"]; filepath.IsAbs(base) {
			return join(base, "skleak")
		}
	case "darwin", "ios":
		if home := env["HOME"]; filepath.IsAbs(home) {
			return join(home, "Library", "Application Support", "skleak")
		}
	default:
		if home := env["HOME"]; filepath.IsAbs(home) {
			return join(home, ".local", "state", "skleak")
		}
	}
	return ""
}
