package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"skleak/report"
	"skleak/rules"
	"skleak/scanner"
)

// maxKeyInput bounds, in bytes, the keys that are taken from standard input.
const maxKeyInput = 1 << 20

// planSaved plans to take keys from the report that --report names, or else from standard input.
func (f *flags) planSaved([]string) (plan, error) {
	switch f.saved {
	case "":
		return plan{targets: []string{"standard input"}, work: readKeys}, nil
	case "-":
	default:
		info, err := existing(f.saved)
		if err != nil {
			return plan{}, err
		}
		if info.IsDir() {
			return plan{}, fmt.Errorf("%s is a folder, not a report; to scan it: \"skleak scan --verify %s\"", f.saved, f.saved)
		}
	}
	return plan{targets: []string{f.saved}, work: readSaved}, nil
}

// readKeys takes one key a line from standard input. A line that is none ends it: whoever revokes keys
// in an incident must not believe that one was dealt with because it was not understood.
func readKeys(_ context.Context, s *scanning) error {
	if isTerminal(s.in) && !s.quiet {
		s.say("reading keys from the terminal, one a line; end with %s", endOfInput())
	}
	text, err := io.ReadAll(io.LimitReader(s.in, maxKeyInput+1))
	switch {
	case err != nil:
		return fmt.Errorf("reading standard input: %w", err)
	case len(text) > maxKeyInput:
		return fmt.Errorf("standard input holds more than %d MB; give one key a line, or scan it first: \"skleak stdin --verify\"", maxKeyInput>>20)
	}
	s.coverage.Bytes.Add(int64(len(text)))
	number, found := 0, 0
	for line := range bytes.Lines(text) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		finding, ok := keyOn(s.rules, line, number)
		if !ok {
			return fmt.Errorf("line %d of standard input is no key; give one key a line and nothing else", number)
		}
		if err := s.gate.Finding(finding); err != nil {
			return err
		}
		found++
	}
	if found == 0 {
		return errors.New("standard input holds no key; give one a line, or a report with --report FILE")
	}
	return nil
}

// keyOn is the finding of a line that holds one key and nothing else.
func keyOn(set *rules.Set, line []byte, number int) (scanner.Finding, bool) {
	text := bytes.TrimSpace(line)
	start := bytes.Index(line, text)
	var out scanner.Finding
	whole := false
	set.Scan(text, func(m rules.Match) {
		if m.Start != 0 || m.End != len(text) || m.Form != "plain" {
			return
		}
		whole = true
		place := scanner.PlaceOf(line, start, start+len(text))
		place.Line, place.EndLine = number, number
		out = scanner.Finding{Key: m.Key, Form: m.Form, Placeholder: m.Placeholder, LongPrefix: m.LongPrefix,
			Source: scanner.SourceStdin, Place: place}
		scanner.SurroundingsOf(set, text, m).Complete(&out, "")
	})
	return out, whole
}

// readSaved takes the keys from the report, or from its targets where it has none.
func readSaved(ctx context.Context, s *scanning) error {
	saved, err := s.openSaved()
	if err != nil {
		return fmt.Errorf("reading the report %s: %w", s.saved, err)
	}
	s.targets = saved.Targets
	if saved.Whole() {
		for i := range saved.Leaks {
			recheck(s.rules, &saved.Leaks[i])
		}
		s.taken = &saved.Report
		return nil
	}
	if !s.quiet {
		s.say("the report holds fingerprints, not keys; reading %s again to find them", strings.Join(saved.Targets, ", "))
	}
	return s.readTargets(ctx, saved)
}

func (s *scanning) openSaved() (*report.Saved, error) {
	if s.saved == "-" {
		return report.Read(s.in)
	}
	file, err := os.Open(s.saved)
	if err != nil {
		return nil, scanner.Cause(err)
	}
	defer file.Close()
	return report.Read(file)
}

// recheck takes nothing that keeps a key from being sent from the report alone: it may be of an older
// version, or have been changed.
func recheck(set *rules.Set, l *scanner.Leak) {
	l.Placeholder = l.Placeholder || set.IsPlaceholder(l.Key)
}

// readTargets scans what the report was made of, for the keys that it names. Whose they are is told by
// what stands beside them now.
func (s *scanning) readTargets(ctx context.Context, saved *report.Saved) error {
	s.noIgnore = true // a key that was found may lie in what git ignores
	a := &audit{scanning: s, history: true}
	for _, target := range saved.Targets {
		info, err := existing(target)
		if err != nil {
			return fmt.Errorf("the report holds no whole keys, and its target is not here: %w; "+
				"run this where the scan ran, or scan with --show-secrets", err)
		}
		if info.IsDir() {
			err = a.folder(ctx, target)
		} else {
			err = a.files(ctx, target, filePrefix(nameFor(target, 1)), 0)
		}
		if err != nil {
			return err
		}
	}
	s.wanted = saved
	return nil
}

// onlyWanted keeps the leaks that the saved report names, and counts as unreadable those that are not
// to be found any more.
func (s *scanning) onlyWanted(leaks []scanner.Leak) []scanner.Leak {
	if s.wanted == nil {
		return leaks
	}
	byPrint := map[string]scanner.Leak{}
	for _, l := range leaks {
		byPrint[l.Key.Fingerprint()] = l
	}
	kept := []scanner.Leak{}
	for i, print := range s.wanted.Fingerprints {
		old := s.wanted.Leaks[i]
		l, found := byPrint[print]
		if !found {
			s.coverage.Unreadable(scanner.UnreadableKey, print, "the report names this key, and its targets do not hold it any more")
			continue
		}
		l.Suppressed, l.Placeholder = old.Suppressed, l.Placeholder || old.Placeholder
		kept = append(kept, l)
	}
	if more := len(leaks) - len(kept); more > 0 && !s.quiet {
		s.say("%s in the targets that the report does not name, left alone; scan again to see them", scanner.Counted(int64(more), "key"))
	}
	return kept
}
