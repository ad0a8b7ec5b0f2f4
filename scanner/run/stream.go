package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/files"
)

// Stdin reads standard input as one text.
func Stdin(in io.Reader) Source {
	return func(ctx context.Context, s *Scan) error {
		err := files.Reader(ctx, in, "", files.Options{
			Rules: s.Settings.Rules, Coverage: s.Coverage, NoArchives: s.NoArchives, Memory: s.Memory,
		}, s.Found)
		if err != nil {
			return fmt.Errorf("reading standard input: %w", err)
		}
		if s.Coverage.Bytes.Load() == 0 && s.Coverage.Complete() {
			s.Note("standard input is empty: there is nothing to scan")
		}
		return nil
	}
}

// maxKeyInput bounds, in bytes, the keys that are taken from standard input.
const maxKeyInput = 1 << 20

// Keys takes one key a line from standard input. A line that is none ends it: whoever revokes keys in an incident
// must not believe that one was dealt with because it was not understood.
func Keys(in io.Reader) Source {
	return func(_ context.Context, s *Scan) error {
		text, err := io.ReadAll(io.LimitReader(in, maxKeyInput+1))
		switch {
		case err != nil:
			return fmt.Errorf("reading standard input: %w", err)
		case len(text) > maxKeyInput:
			return fmt.Errorf("standard input holds more than %d MB; give one key a line, or scan it first: \"skleak stdin "+
				"--verify\"", maxKeyInput>>20)
		}
		s.Coverage.Bytes.Add(int64(len(text)))
		number, found := 0, 0
		for line := range bytes.Lines(text) {
			number++
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			finding, ok := keyOn(s.Settings.Rules, line, number)
			if !ok {
				return fmt.Errorf("line %d of standard input is no key; give one key a line and nothing else", number)
			}
			if err := s.Found.Finding(finding); err != nil {
				return err
			}
			found++
		}
		if found == 0 {
			return errors.New("standard input holds no key; give one a line, or a report with --report FILE")
		}
		return nil
	}
}

// keyOn is the finding of a line that holds one key and nothing else.
func keyOn(set *provider.Set, line []byte, number int) (scanner.Finding, bool) {
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
