package report

import (
	"fmt"
	"strings"
	"time"

	"skleak/scanner"
)

// byteSize writes n in decimal units (1 MB is a million bytes), with a decimal below ten of them.
func byteSize(n int64) string {
	if n < 1000 {
		return scanner.Counted(n, "byte")
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

// elapsed writes d as people time things: "4 ms", "2.3 s", "3 min 20 s".
func elapsed(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
}

// joined writes a list as a sentence has it: "a, b and c".
func joined(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// firstOf writes the first limit of parts and how many more there are.
func firstOf(parts []string, limit int) string {
	if more := len(parts) - limit; more > 0 {
		return strings.Join(parts[:limit], ", ") + fmt.Sprintf(" and %s more", scanner.Thousands(int64(more)))
	}
	return joined(parts)
}
