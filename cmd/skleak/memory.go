package main

import (
	"fmt"
	"math"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"skleak/scanner/git/pack"
)

// byteSize is a flag's number of bytes, as people write them: 512MB, 2GiB. The units are powers of 1024, whichever
// way they are written: who bounds memory thinks of memory.
type byteSize int64

const (
	minMemory = 64 << 20
	maxMemory = 1 << 40
)

// String is how help shows it.
func (b *byteSize) String() string {
	for i, unit := range []string{"TB", "GB", "MB", "KB"} {
		if size := int64(1) << (40 - 10*i); *b != 0 && int64(*b)%size == 0 {
			return strconv.FormatInt(int64(*b)/size, 10) + unit
		}
	}
	return strconv.FormatInt(int64(*b), 10) + "B"
}

// Type names it where a value is wrong; see valueOf.
func (b *byteSize) Type() string { return "size" }

// Set reads it.
func (b *byteSize) Set(text string) error {
	digits := strings.TrimRight(strings.ToUpper(strings.TrimSpace(text)), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit := strings.ToUpper(strings.TrimSpace(text))[len(digits):]
	shift, known := map[string]uint{"": 0, "B": 0, "K": 10, "KB": 10, "KIB": 10, "M": 20, "MB": 20, "MIB": 20, "G": 30, "GB": 30, "GIB": 30, "T": 40, "TB": 40, "TIB": 40}[unit]
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if err != nil || !known || n < 0 || n > math.MaxInt64>>shift {
		return fmt.Errorf("%q is no size", text)
	}
	*b = byteSize(n << shift)
	return nil
}

// addMemory declares the flag of commands that read git's objects.
func (f *flags) addMemory(c *cobra.Command) {
	f.memory = pack.DefaultMemory
	c.Flags().Var(&f.memory, "memory", "hold no more than `SIZE` of content at once, such as 512MB or 2GB; what does not fit is read piece by piece, or named")
}

// addVerifyObjects declares the flag of commands that read whole histories.
func (f *flags) addVerifyObjects(c *cobra.Command) {
	c.Flags().BoolVar(&f.verifyObjects, "verify-objects", false, "compute the id of every object of git too, and name those that are not what their id says")
}

func (f *flags) checkMemory(c *cobra.Command) error {
	if !c.Flags().Changed("memory") {
		return nil
	}
	given := c.Flags().Lookup("memory").Value.String()
	switch {
	case f.memory < minMemory:
		return fmt.Errorf("--memory %s is too little to work with; use at least %dMB, with its unit", given, minMemory>>20)
	case f.memory > maxMemory:
		return fmt.Errorf("--memory %s is more than any machine has; use a size such as 2GB", given)
	}
	return nil
}

// limitMemory tells the collector. It lets garbage grow as large as what is in use, and who bounds memory does not
// want that.
func (f *flags) limitMemory(c *cobra.Command) {
	if c.Flags().Changed("memory") {
		debug.SetMemoryLimit(int64(f.memory) + memoryBesides)
	}
}

// memoryBesides is for what is no content: rules, lists of objects, findings.
const memoryBesides = 128 << 20
