package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// counted is a row without noise: how many instructions of the processor skleak executes for an input that is always
// the same. A busy machine changes nothing about it, so it shows a change of one percent. What it does not show is how
// long they take: waiting for memory and for the system is not in it.
type counted struct {
	name  string
	limit float64 // millions, some two percent above what was measured last
	input func() (command, error)
}

func (b *bench) counts() []row {
	var rows []row
	for _, c := range []counted{
		{"version", 3.5, func() (command, error) { return command{args: []string{b.ours, "version"}}, nil }},
		{"a hook on one staged file of 200", 5.0, b.oneStaged},
		{"a history of 300 commits", 33.5, b.smallHistory},
	} {
		rows = append(rows, row{"instructions of " + c.name, fmt.Sprintf("at most %.1f million", c.limit),
			func() (string, bool, error) { return b.count(c) }})
	}
	return rows
}

func (b *bench) count(c counted) (string, bool, error) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		return "", false, fmt.Errorf("valgrind is not there")
	}
	ours, err := c.input()
	if err != nil {
		return "", false, err
	}
	least, err := b.instructions(ours)
	if err != nil {
		return "", false, err
	}
	empty, err := b.instructions(command{args: []string{b.empty}})
	if err != nil {
		return "", false, err
	}
	millions := least / 1e6
	return fmt.Sprintf("%.2f million (an empty program: %.2f)", millions, empty/1e6), millions <= c.limit, nil
}

// collected is where callgrind tells the sum.
var collected = regexp.MustCompile(`Collected : (\d+)`)

// instructions is the least of some runs: Go seeds its maps anew in each, which is the noise that is left. On one
// thread, without collecting garbage, nothing depends on time; callgrind does not survive the signals with which Go
// interrupts goroutines.
func (b *bench) instructions(c command) (float64, error) {
	best := 0.0
	for range b.runs {
		counter := exec.Command("valgrind", append([]string{"--tool=callgrind",
			"--callgrind-out-file=" + filepath.Join(b.work, "callgrind")}, c.args...)...)
		counter.Dir = c.dir
		counter.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=1", "GOGC=off")
		var told bytes.Buffer
		counter.Stderr = &told
		if err := counter.Run(); err != nil {
			return 0, fmt.Errorf("counting %s: %w\n%s", c.args[0], err, told.Bytes())
		}
		sum := collected.FindSubmatch(told.Bytes())
		if sum == nil {
			return 0, fmt.Errorf("callgrind told no sum:\n%s", told.Bytes())
		}
		count, err := strconv.ParseFloat(string(sum[1]), 64)
		if err != nil {
			return 0, err
		}
		if best == 0 || count < best {
			best = count
		}
	}
	return best, nil
}

func (b *bench) oneStaged() (command, error) {
	dir, err := b.world("staged of 200", func(dir string) error { return makeStaged(dir, 2) })
	ours := b.hook("pre-commit")
	ours.dir = dir
	return ours, err
}

func (b *bench) smallHistory() (command, error) {
	repo, err := b.world("history of 300", func(dir string) error { return imported(dir, writeCommits) })
	return b.scan("git", repo, "--jobs", "1"), err
}

// writeCommits writes 300 commits: each changes some lines of one of 30 files of 200 lines, in three folders.
func writeCommits(to io.Writer) error {
	r := random()
	files := make([][]string, 30)
	for i := range files {
		for line := range 200 {
			files[i] = append(files[i], fmt.Sprintf("\tvalue%d := compute(%d, \"%x\")\n", line, r.IntN(1000), r.Uint64()))
		}
	}
	for commit := range 300 {
		which := commit % len(files)
		for range 5 {
			files[which][r.IntN(200)] = fmt.Sprintf("\treturn change(%d, \"%x\")\n", commit, r.Uint64())
		}
		var content bytes.Buffer
		for _, line := range files[which] {
			content.WriteString(line)
		}
		_, err := fmt.Fprintf(to, "commit refs/heads/main\ncommitter b <b@example.com> %d +0000\ndata 1\nv\n"+
			"M 100644 inline dir%d/file%d.go\ndata %d\n%s\n", 1_700_000_000+commit, which%3, which, content.Len(),
			content.Bytes())
		if err != nil {
			return err
		}
	}
	return nil
}
