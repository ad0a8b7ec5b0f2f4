package scanner

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Thousands writes n with a comma between groups of three digits.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Counted writes "1 file" or "2 files", and "2 entries" or "2 days".
func Counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, is := strings.CutSuffix(noun, "y"); is && !strings.ContainsRune("aeo", rune(stem[len(stem)-1])) {
		return Thousands(n) + " " + stem + "ies"
	}
	return Thousands(n) + " " + noun + "s"
}

// ByReason writes what is counted by reason, in the order of the reasons: "2 archived, 1 fork". It is "" for nothing.
func ByReason(counts map[string]int64) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, Thousands(counts[reason])+" "+reason)
	}
	return strings.Join(parts, ", ")
}

// ByteSize writes n in decimal units (1 MB is a million bytes), with a decimal below ten of them.
func ByteSize(n int64) string {
	if n < 1000 {
		return Counted(n, "byte")
	}
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	v, unit := float64(n)/1000, 0
	for v >= 999.5 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	if v < 9.95 {
		return fmt.Sprintf("%.1f %s", v, units[unit])
	}
	return fmt.Sprintf("%.0f %s", v, units[unit])
}
