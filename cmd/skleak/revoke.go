package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/terminal"
	"skleak/scanner"
)

// shownPlaces are the places of a key that are listed before it is revoked.
const shownPlaces = 3

// confirm lists what is to be revoked and has the number of keys typed. Without somebody at a terminal
// --yes has to say it.
func (w *world) confirm(ctx context.Context, f *flags.Flags, chosen []*scanner.Leak) error {
	for _, l := range chosen {
		if !f.Quiet || !f.Yes {
			w.Say("to revoke: %s of %s, at %s", l.Key.Redacted(), l.Provider, placesOf(l))
		}
	}
	if f.Yes {
		return nil
	}
	if !terminal.Is(w.In) || !terminal.Is(w.Err) {
		return fmt.Errorf("there is no terminal to ask on, and no --yes: nothing is revoked; --yes revokes %s",
			scanner.Counted(int64(len(chosen)), "key"))
	}
	w.Say("programs that still use them will fail; type the number of keys (%d) to revoke them, anything else to "+
		"leave them:", len(chosen))
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(w.In).ReadString('\n')
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
