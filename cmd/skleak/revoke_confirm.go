package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"skleak/scanner"
)

// shownPlaces are the places of a key that are listed before it is revoked.
const shownPlaces = 3

// confirm lists what is to be revoked and has the number of keys typed. Without somebody at a terminal
// --yes has to say it.
func (s *scanning) confirm(ctx context.Context, chosen []*scanner.Leak) error {
	for _, l := range chosen {
		if !s.quiet || !s.yes {
			s.say("to revoke: %s of %s, at %s", l.Key.Redacted(), l.Provider, placesOf(l))
		}
	}
	if s.yes {
		return nil
	}
	if !isTerminal(s.in) || !isTerminal(s.errw) {
		return fmt.Errorf("there is no terminal to ask on, and no --yes: nothing is revoked; --yes revokes %s", scanner.Counted(int64(len(chosen)), "key"))
	}
	s.say("programs that still use them will fail; type the number of keys (%d) to revoke them, anything else to leave them:", len(chosen))
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.in).ReadString('\n')
		typed <- strings.TrimSpace(line)
	}()
	select {
	case answer := <-typed:
		if answer != strconv.Itoa(len(chosen)) {
			return errors.New("not confirmed: nothing is revoked")
		}
		return nil
	case <-ctx.Done():
		return errInterrupted
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
