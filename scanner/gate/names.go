package gate

import (
	"slices"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/run"
)

// searchNames searches the names of refs that are about to be written: whoever lists the refs of a repository reads
// them.
func searchNames(s *run.Scan, names []string) error {
	set := s.Settings.Rules
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		var found []scanner.Finding
		shown := scanner.ShownText(set.Redact(name))
		complete := set.Scan([]byte(name), func(m rules.Match) {
			f := scanner.Finding{Key: m.Key, Form: m.Form, Placeholder: m.Placeholder, LongPrefix: m.LongPrefix,
				Source: scanner.SourceHistory, Path: shown, Reachable: true, AtHead: true, Refs: []string{shown}}
			scanner.SurroundingsOf(set, []byte(name), m).Complete(&f, name)
			found = append(found, f)
		})
		if !complete {
			s.Coverage.Unreadable(scanner.UnreadableTooLarge, shown, scanner.ErrDense.Error())
		}
		for _, f := range found {
			if err := s.Found.Finding(f); err != nil {
				return err
			}
		}
	}
	return nil
}
