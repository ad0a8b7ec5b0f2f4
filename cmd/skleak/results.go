package main

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"skleak/report"
	"skleak/rules"
	"skleak/scanner"
)

// noteInterruption puts into the report, and says, how far the scan came: nobody should have to guess
// whether the part that matters was among it.
func (s *scanning) noteInterruption() {
	stopped := ""
	if walk, _ := s.stages.current(); walk != nil && walk.Total.Load() > 0 {
		stopped = "stopped at " + describe(walk)
	}
	noted := func(u scanner.Unreadable) bool { return u.Reason == scanner.UnreadableCanceled }
	if !slices.ContainsFunc(s.coverage.UnreadableList(), noted) {
		s.coverage.Unreadable(scanner.UnreadableCanceled, "", stopped)
	}
	if s.quiet {
		return
	}
	var covered []string
	if n := s.coverage.Files.Load(); n > 0 {
		covered = append(covered, scanner.Thousands(n)+" files")
	}
	if n := s.coverage.Objects.Load(); n > 0 {
		covered = append(covered, scanner.Thousands(n)+" objects")
	}
	if len(covered) == 0 {
		covered = []string{"nothing yet"}
	}
	message := "interrupted: read " + strings.Join(covered, " and ")
	if stopped != "" {
		message += ", " + stopped
	}
	s.say("%s; the report is incomplete", message)
}

// sayIfEmpty keeps "there was nothing to read" from looking like "nothing was found".
func (s *scanning) sayIfEmpty() {
	c := &s.coverage
	if s.quiet || s.taken != nil || !c.Complete() || c.Files.Load()+c.Objects.Load()+c.Bytes.Load() > 0 {
		return
	}
	if slices.Contains(s.outputs, output{format: report.FormatText}) {
		return // which says so itself
	}
	if s.revisions != "" {
		s.say("nothing to read: %s adds nothing to %s", s.revisions, s.targets[0])
		return
	}
	s.say("nothing to read in %s", strings.Join(s.targets, ", "))
}

func (s *scanning) makeReport(interrupted bool) *report.Report {
	if s.taken != nil {
		s.settings.triage(s.taken.Leaks)
		s.taken.Rules = s.rules
		return s.taken
	}
	leaks := s.onlyWanted(s.found.Leaks())
	s.settings.triage(leaks)
	return &report.Report{
		Version:     version(),
		StartedAt:   s.started,
		Duration:    time.Since(s.started),
		Targets:     s.targets,
		Coverage:    s.coverage.Totals(),
		Interrupted: interrupted,
		Leaks:       leaks,
		Rules:       s.rules,
	}
}

// writeReports writes every report, also behind one that fails, and returns what failed.
func (s *scanning) writeReports(r *report.Report) error {
	var failed []error
	for _, o := range s.outputs {
		if err := s.write(r, o); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (s *scanning) write(r *report.Report, o output) error {
	options := report.Options{ShowSecrets: s.showSecrets, Verbose: s.verbose}
	if o.path != "" {
		return report.WriteFile(o.path, r, o.format, options)
	}
	options.Color = !s.noColor && s.wantsColor(s.out)
	options.Width = columns(s.out)
	buffered := bufio.NewWriter(s.out)
	err := report.Write(buffered, r, o.format, options)
	if err == nil {
		err = buffered.Flush()
	}
	switch {
	case err == nil || readerGone(err):
		return nil // whoever closed the pipe has read what they wanted
	default:
		return fmt.Errorf("writing the report to standard output: %w", err)
	}
}

// verdict is the outcome of a scan that came to its end and whose reports are written.
func (s *scanning) verdict(r *report.Report) error {
	if s.quiet && !r.Complete() {
		s.say("%s could not be read; a report (-r FILE) names each", scanner.Counted(r.Coverage.UnreadableCount, "thing"))
	}
	if s.failOn == failOnActive {
		s.sayUnlearned(r.Leaks)
	}
	if s.exitCode != statusClean {
		for _, leak := range r.Leaks {
			if s.counts(leak) {
				return leaksFound(s.exitCode)
			}
		}
	}
	if !r.Complete() {
		return errIncomplete
	}
	return nil
}

// counts is true for a leak that is to fail the run.
func (s *scanning) counts(leak scanner.Leak) bool {
	if leak.Placeholder || leak.Suppressed != "" {
		return false
	}
	switch s.failOn {
	case failOnAny:
		return true
	case failOnLive:
		return leak.Environment == rules.Live
	case failOnActive: // what may be active counts: only a provider's own word clears a key
		return leak.Status != scanner.StatusInactive
	}
	return false
}
