package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// command is one of the programs compared. Its output goes nowhere. Whether it found something is all the same, but a
// run that was killed or called wrongly (exit status 2 for all of them) is an error: its time would mean nothing.
type command struct {
	args  []string
	dir   string
	env   []string // added to our own
	input string
}

const wrongUsage = 2

// cost is what one run of a command took.
type cost struct {
	wall, processor time.Duration
	// least is the least processor time of all runs, which may be that of another run than the quickest.
	least time.Duration
	// anonymous is the largest sum of anonymous memory that was seen, in bytes: what the program itself holds, without the
	// files it maps. Only Linux tells it (RssAnon).
	anonymous int64
	// resident is the largest amount of memory that was, in bytes, the mapped files among it (VmHWM).
	resident int64
}

func (c command) run() (cost, error) {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Stdin = c.dir, strings.NewReader(c.input)
	cmd.Env = append(os.Environ(), c.env...)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return cost{}, err
	}
	done := make(chan struct{})
	peak := make(chan cost)
	go func() { peak <- watch(cmd.Process.Pid, done) }()
	err := cmd.Wait()
	wall := time.Since(start)
	close(done)
	processor := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	took := <-peak
	took.wall, took.processor, took.least = wall, processor, processor
	if err != nil && (!cmd.ProcessState.Exited() || cmd.ProcessState.ExitCode() == wrongUsage) {
		return took, fmt.Errorf("running %s: %w", strings.Join(c.args, " "), err)
	}
	return took, nil
}

// watch samples the memory of a process until done, and returns the peaks.
func watch(pid int, done <-chan struct{}) (peak cost) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return peak
		case <-tick.C:
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if err == nil {
				peak.anonymous = max(peak.anonymous, bytesOf(status, "RssAnon:"))
				peak.resident = max(peak.resident, bytesOf(status, "VmHWM:"))
			}
		}
	}
}

// bytesOf is a field of a process's status, which tells it in kilobytes.
func bytesOf(status []byte, field string) int64 {
	_, rest, found := bytes.Cut(status, []byte(field))
	if !found {
		return 0
	}
	kilobytes, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes << 10
}

// least runs the commands in turn, so that a slow minute of the machine hits all of them, and returns the quickest
// run of each.
func least(runs int, commands ...command) ([]cost, error) {
	best := make([]cost, len(commands))
	for run := range runs {
		for i, c := range commands {
			took, err := c.run()
			if err != nil {
				return nil, err
			}
			anonymous, resident := max(took.anonymous, best[i].anonymous), max(took.resident, best[i].resident)
			processor := took.processor
			if run > 0 {
				processor = min(processor, best[i].least)
			}
			if run == 0 || took.wall < best[i].wall {
				best[i] = took
			}
			best[i].anonymous, best[i].resident, best[i].least = anonymous, resident, processor
		}
	}
	return best, nil
}

// warm reads files once, so that no run pays for the disk.
func warm(c command) error {
	_, err := c.run()
	return err
}
