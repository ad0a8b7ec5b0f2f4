package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/process"
	"skleak/report"
	"skleak/rules"
	"skleak/rules/config"
	"skleak/rules/provider"
)

func rulesCommand(w *world) *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "rules",
		Short: "List what is searched for, and the providers that keys are told apart by",
		Args:  noArguments,
		Example: `  skleak rules
  skleak rules -f json -c my.toml`,
	}
	c.RunE = func(*cobra.Command, []string) error {
		own, err := config.LoadUser(f.config)
		if err != nil {
			return err
		}
		set, err := own.Compile()
		if err != nil {
			return err
		}
		list := ruleList{Rules: ruleRows(append(rules.Builtin(), own.Rules...)), Forms: rules.Forms(), Providers: providerRows(set.Providers())}
		out := bufio.NewWriter(w.out)
		switch f.reportFormat {
		case "json":
			err = writeRulesJSON(out, list)
		case "text":
			err = writeRulesText(out, list)
		default:
			return fmt.Errorf("rules are listed as text or json, not as %q", f.reportFormat)
		}
		if err == nil {
			err = out.Flush()
		}
		if err != nil && !process.ReaderGone(err) {
			return fmt.Errorf("writing the list to standard output: %w", err)
		}
		return nil
	}
	c.Flags().StringVarP(&f.reportFormat, "report-format", "f", "text", "`FORMAT` of the list: text or json")
	f.addConfig(c)
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
	_, err := w.Write(report.EscapeJSON(text.Bytes()))
	return err
}

func writeRulesText(w io.Writer, l ruleList) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "RULE\tBEGINS WITH\tBODY\tLENGTH\tPROVIDER\n")
	for _, r := range l.Rules {
		provider := r.Provider
		if provider == "" {
			provider = "by evidence"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d to %d\t%s\n", report.Visible(r.ID), report.Visible(strings.Join(r.Literals, " ")), report.Visible(r.Body),
			r.Min, r.Max, report.Visible(provider))
	}
	fmt.Fprintf(t, "\nFORMS\n%s\n\nPROVIDER\tNAMED BY\tCHECKED WITH\n", strings.Join(l.Forms, ", "))
	for _, p := range l.Providers {
		check := p.Check
		if check == "" {
			check = "no harmless request is known"
		}
		named := append(append(append([]string{}, p.Hosts...), p.Headers...), p.Words...)
		fmt.Fprintf(t, "%s\t%s\t%s\n", report.Visible(p.ID), report.Visible(strings.Join(named, ", ")), report.Visible(check))
	}
	return t.Flush()
}
