package rules

import (
	"fmt"
	"strings"
	"testing"

	"skleak/rules/internal/keys"
	"skleak/rules/rulestest"
)

// Dumps of tools in the less usual ways find the key at each offset.
func TestRareDumps(t *testing.T) {
	text := func(line []byte) string {
		return strings.Map(func(r rune) rune {
			if r < ' ' {
				return '.'
			}
			return r
		}, string(line))
	}
	pairs := func(line []byte, verb string, width int) string {
		var groups []string
		for i := 0; i < len(line); i += 2 {
			groups = append(groups, fmt.Sprintf(verb, line[i:min(len(line), i+2)]))
		}
		return fmt.Sprintf("%-*s  %s\n", width, strings.Join(groups, " "), text(line))
	}
	tools := map[string]struct {
		width int
		line  func(offset int, line []byte) string
	}{
		"xxd -u":   {16, func(o int, l []byte) string { return fmt.Sprintf("%08X: ", o) + pairs(l, "%X", 39) }},
		"xxd -c 8": {8, func(o int, l []byte) string { return fmt.Sprintf("%08x: ", o) + pairs(l, "%x", 19) }},
		"xxd -i": {12, func(_ int, l []byte) string {
			return "  " + strings.ReplaceAll(fmt.Sprintf("% #x", l), " ", ", ") + ",\n"
		}},
		"gdb": {8, func(o int, l []byte) string {
			return fmt.Sprintf("0x7ffe%04x:\t", o) + strings.ReplaceAll(fmt.Sprintf("% #x", l), " ", "\t") + "\n"
		}},
		"od -A x -t x1z": {16, func(o int, l []byte) string {
			return fmt.Sprintf("%06x %-47s  >%s<\n", o, fmt.Sprintf("% x", l), text(l))
		}},
	}
	for name, tool := range tools {
		for offset := range 16 {
			for _, prefix := range []string{keys.Live, keys.Test} {
				data := []byte(strings.Repeat("a word in it, ", 3)[:offset+16] + "=" + prefix + rulestest.Base62Body + "\nand more of it\n")
				var dump strings.Builder
				for o := 0; o < len(data); o += tool.width {
					dump.WriteString(tool.line(o, data[o:min(len(data), o+tool.width)]))
				}
				got := scanAll(Default(), dump.String())
				if len(got) != 1 || got[0].Key.Reveal() != prefix+rulestest.Base62Body {
					t.Errorf("%s at %d: %+v in\n%s", name, offset, got, dump.String())
				}
			}
		}
	}
}
