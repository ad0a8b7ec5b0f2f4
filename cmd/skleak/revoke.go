package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"skleak/cmd/internal/terminal"
	"skleak/scanner"
)

// shownPlaces are the places of a key that are listed before it is revoked.
const shownPlaces = 3

// confirm lists what is to be revoked and has the number of keys typed. Without somebody at a terminal
// --yes has to say it.
func (w *world) confirm(ctx context.Context, f *flags, chosen []*scanner.Leak) error {
	for _, l := range chosen {
		if !f.quiet || !f.yes {
			w.say("to revoke: %s of %s, at %s", l.Key.Redacted(), l.Provider, placesOf(l))
		}
	}
	if f.yes {
		return nil
	}
	if !terminal.Is(w.in) || !terminal.Is(w.errw) {
		return fmt.Errorf("there is no terminal to ask on, and no --yes: nothing is revoked; --yes revokes %s",
			scanner.Counted(int64(len(chosen)), "key"))
	}
	w.say("programs that still use them will fail; type the number of keys (%d) to revoke them, anything else to "+
		"leave them:", len(chosen))
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(w.in).ReadString('\n')
		typed <- strings.TrimSpace(line)
	}()
	select {
	case answer := <-typed:
		if answer != strconv.Itoa(len(chosen)) {
			return errors.New("not confirmed: nothing is revoked")
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func placesOf(l *scanner.Leak) string {
	var places []string
	for i, f := range l.Findings {
		if i == shownPlaces {
			places = append(places, fmt.Sprintf("and %s more", scanner.Thousands(int64(len(l.Findings)-i))))
			break
		}
		name := f.Path
		if name == "" {
			name = string(f.Source)
		}
		places = append(places, fmt.Sprintf("%q:%d", name, f.Line))
	}
	return strings.Join(places, ", ")
}

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

// journalPath is where the journal of revocations lies, in the user's folder for what programs have to remember; ""
// where there is none.
func journalPath(env map[string]string) string {
	folder := stateFolder(env, os.PathSeparator)
	if folder == "" {
		return ""
	}
	return folder + string(os.PathSeparator) + "revocations.jsonl"
}
