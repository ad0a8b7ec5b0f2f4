// Bench measures skleak against its targets: scripts/bench.sh runs it, docs/benchmarks.md keeps the results of a run.
//
//	scripts/bench.sh [flags] [REPO...]
//
// Each REPO, a clone, is scanned in turn with gitleaks; the first one also for provenance and memory, git's own being
// the one that the targets were set for. Everything else is generated. One line a row: what was measured, the result,
// the target and whether it is met. Machines are noisy, so most results are ratios of two programs that ran in turn,
// of the best of some runs each; the times of both stand behind the ratio.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == plainLoose {
		exit(readLoose(os.Args[2]))
	}
	if len(os.Args) > 2 && os.Args[1] == plainInflate {
		exit(inflatePacks(os.Args[2:]))
	}
	b := bench{}
	flag.IntVar(&b.runs, "runs", 3,
		"runs of what takes seconds, the best counts; what takes milliseconds runs five times as often")
	flag.StringVar(&b.gitleaks, "gitleaks", "",
		"the gitleaks to compare with, instead of the pinned one that go install brings")
	flag.StringVar(&b.tree, "tree", "",
		"folder of some 76,000 files, such as a Go module cache, instead of copies of Go's own")
	flag.StringVar(&b.worlds, "worlds", "", "keep what is generated here, for the next time (some 6 GB)")
	flag.StringVar(&b.literal, "literal", "strbuf_addstr",
		"text that thousands of blobs of the first REPO hold, for provenance")
	flag.BoolVar(&b.heavy, "heavy", false,
		"generate a history of ten million objects too (a quarter of an hour, 2.5 GB), unless -worlds holds it")
	only := flag.String("rows", "", "measure only rows whose name matches this regular expression")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "scripts/bench.sh [flags] [REPO...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	wanted, err := regexp.Compile(*only)
	if err != nil {
		exit(fmt.Errorf("reading -rows: %w", err))
	}
	if len(flag.Args()) == 0 {
		fmt.Fprintln(os.Stderr, "no repositories named: their rows are left out")
	}
	exit(b.run(flag.Args(), wanted))
}

// row is one line of the table. It returns what it measured, and whether that meets the target.
type row struct {
	name, target string
	measure      func() (result string, met bool, err error)
}

func (b *bench) run(repos []string, wanted *regexp.Regexp) error {
	if err := b.open(); err != nil {
		return err
	}
	defer b.close()
	var missed []string
	line := func(name, result, target, verdict string) {
		fmt.Printf("%-52s %-58s %-22s %s\n", name, result, target, verdict)
	}
	line("work", "result", "target", "")
	for _, r := range b.rows(repos) {
		if !wanted.MatchString(r.name) {
			continue
		}
		result, met, err := r.measure()
		switch {
		case err != nil:
			line(r.name, "not measured: "+err.Error(), r.target, "?")
		case met:
			line(r.name, result, r.target, "met")
		default:
			line(r.name, result, r.target, "MISSED")
			missed = append(missed, r.name)
		}
	}
	if len(missed) > 0 {
		fmt.Printf("\nmissed: %s\n", strings.Join(missed, "; "))
	}
	return nil
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
