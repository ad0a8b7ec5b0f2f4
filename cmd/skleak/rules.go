package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/help"
	"skleak/cmd/internal/process"
	"skleak/cmd/internal/program"
	"skleak/cmd/internal/table"
	"skleak/cmd/internal/terminal"
	"skleak/report/escape"
	"skleak/rules"
	"skleak/rules/config"
	"skleak/rules/provider"
)

func rulesCommand(w *world) *cobra.Command {
	f := &flags.Flags{}
	c := &cobra.Command{
		Use:   "rules",
		Short: "List what is searched for, and the providers that keys are told apart by",
		Args:  program.NoArguments,
		Example: `  skleak rules
  skleak rules -f json -c my.toml`,
	}
	c.RunE = func(*cobra.Command, []string) error {
		own, err := config.LoadUser(f.Config)
		if err != nil {
			return err
		}
		set, err := own.Compile()
		if err != nil {
			return err
		}
		list := ruleList{Rules: ruleRows(append(rules.Builtin(), own.Rules...)), Forms: rules.Forms(),
			Providers: providerRows(set.Providers())}
		out := bufio.NewWriter(w.Out)
		switch f.Format {
		case "json":
			err = writeRulesJSON(out, list)
		case "text":
			err = writeRulesText(out, list, cmp.Or(terminal.Columns(w.Out), table.UsualWidth))
		default:
			return fmt.Errorf("rules are listed as text or json, not as %q", f.Format)
		}
		if err == nil {
			err = out.Flush()
		}
		if err != nil && !process.ReaderGone(err) {
			return fmt.Errorf("writing the list to standard output: %w", err)
		}
		return nil
	}
	c.Flags().StringVarP(&f.Format, "report-format", "f", "text", "`FORMAT` of the list: text or json")
	help.Words(c, "report-format", "text", "json")
	help.Group(c, help.Report)
	f.AddConfig(c)
	return c
}

// ruleList is what "skleak rules -f json" prints.
type ruleList struct {
	Rules     []ruleRow     `json:"rules"`
	Forms     []string      `json:"forms"`
	Providers []providerRow `json:"providers"`
}

type ruleRow struct {
	ID       string   `json:"id"`
	Literals []string `json:"literals"`
	Body     string   `json:"body"`
	Min      int      `json:"min"`
	Max      int      `json:"max"`
	Provider string   `json:"provider"`
}

type providerRow struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Hosts   []string `json:"hosts"`
	Headers []string `json:"headers"`
	Words   []string `json:"words"`
	Check   string   `json:"check"` // the request that tells whether a key is active, "" if there is none
}

func ruleRows(all []rules.Rule) []ruleRow {
	rows := []ruleRow{}
	for _, r := range all {
		rows = append(rows, ruleRow{r.ID, r.Literals, r.Body, r.Min, r.Max, r.Provider})
	}
	return rows
}

func providerRows(all []provider.Provider) []providerRow {
	rows := []providerRow{}
	for _, p := range all {
		row := providerRow{ID: p.ID, Name: p.Name, Hosts: list(p.Hosts), Headers: list(p.Headers), Words: list(p.Words)}
		if p.Check != nil {
			row.Check = "GET " + p.BaseURL + p.Check.Path
		}
		rows = append(rows, row)
	}
	return rows
}

// list makes an empty list of none: JSON has [] for it, not null.
func list(all []string) []string { return append([]string{}, all...) }

func writeRulesJSON(w io.Writer, l ruleList) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(l); err != nil {
		return err
	}
	_, err := w.Write(escape.JSON(text.Bytes()))
	return err
}

func writeRulesText(w io.Writer, l ruleList, width int) error {
	found := [][]string{{"RULE", "BEGINS WITH", "BODY", "LENGTH", "PROVIDER"}}
	for _, r := range l.Rules {
		found = append(found, []string{r.ID, strings.Join(r.Literals, " "), r.Body, fmt.Sprintf("%d to %d", r.Min, r.Max),
			cmp.Or(r.Provider, "by evidence")})
	}
	told := [][]string{{"PROVIDER", "NAMED BY", "CHECKED WITH"}}
	for _, p := range l.Providers {
		named := slices.Concat(p.Hosts, p.Headers, p.Words)
		told = append(told, []string{p.ID, strings.Join(named, ", "), cmp.Or(p.Check, "no harmless request is known")})
	}
	if err := table.Write(w, found, width); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nFORMS\n%s\n", help.Wrapped(strings.Join(l.Forms, ", "), width, 0))
	return table.Write(w, told, width)
}
