package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/terminal"
	"skleak/report/escape"
	"skleak/report/wrap"
	"skleak/scanner"
	"skleak/scanner/audit/state"
)

func statusCommand(w *console.Console) *cobra.Command {
	var folder stateFlags
	var format string
	c := &cobra.Command{
		Use:   "status [SOURCE...]",
		Short: "How far an audit is: done, running, waiting, given up",
		Long: `Status tells how far the audit of the sources is, from what is remembered of it. It may be asked while
the audit runs, and afterwards. Without a source it is about the only audit there is.`,
		RunE: func(c *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("status is told as text or json, not as %q", format)
			}
			dir, err := folder.find(w, args)
			if err != nil {
				return err
			}
			f, err := state.OpenToRead(dir)
			if err != nil {
				return err
			}
			run, err := f.LastRun()
			if err != nil {
				return err
			}
			if run.ID == "" {
				return fmt.Errorf("there is no audit in %s yet: skleak-audit run makes one", dir)
			}
			s, err := f.Status()
			if err != nil || s.Run != run.ID { // nobody has come so far
				s = state.Status{Run: run.ID, StartedAt: run.StartedAt}
			}
			if format == "json" {
				text, err := json.MarshalIndent(s, "", "  ")
				if err == nil {
					_, err = fmt.Fprintf(w.Out, "%s\n", escape.JSON([]byte(w.Redactor.Redact(string(text)))))
				}
				return err
			}
			return writeStatus(w, run, s, f.IsInUse())
		},
	}
	c.Flags().StringVarP(&format, "format", "f", "text", "`FORMAT`: text or json")
	folder.add(c)
	return c
}

// writeStatus tells a person how far a run is.
func writeStatus(w *console.Console, run state.Run, s state.Status, inUse bool) error {
	var b strings.Builder
	if !inUse { // what ran then waits
		s.Waiting += len(s.Running)
	}
	how := "stopped; the same command goes on with it"
	switch {
	case s.Finished:
		how = "finished"
	case inUse:
		how = "running"
	}
	fmt.Fprintf(&b, "audit of %s, begun %s: %s\n", strings.Join(run.Sources, " "), local(run.StartedAt), how)
	fmt.Fprintf(&b, "done     %s of %s", scanner.Thousands(int64(s.Done)), scanner.Counted(int64(s.Listed), "repository"))
	if s.Kept > 0 {
		fmt.Fprintf(&b, ", %s of them unchanged", scanner.Thousands(int64(s.Kept)))
	}
	fmt.Fprintf(&b, "\nwaiting  %s\n", scanner.Thousands(int64(s.Waiting)))
	fmt.Fprintf(&b, "found    %s (a key counts in each repository)\n", scanner.Counted(s.Keys, "key"))
	if inUse {
		for _, r := range s.Running {
			fmt.Fprintf(&b, "running  %s: %s, for %s, on %s%s\n", r.Repository, scanner.Counted(r.Objects, "object"),
				s.At.Sub(r.Since).Round(time.Second), r.Worker, tryText(r.Try))
		}
	}
	for _, p := range s.Parked {
		fmt.Fprintf(&b, "parked   %s: %s\n", p.Repository, p.Reason)
	}
	for line := range strings.Lines(b.String()) {
		line = w.Harmless(strings.TrimSuffix(line, "\n"))
		if _, err := fmt.Fprintln(w.Out, wrap.Line(line, terminal.Columns(w.Out), 9)); err != nil {
			return unlessReaderGone(err)
		}
	}
	return nil
}

func tryText(try int) string {
	if try < 2 {
		return ""
	}
	return fmt.Sprintf(", try %d", try)
}

func local(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
