package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"skleak/rules/internal/keys"
	"skleak/rules/rulestest"
)

// A dumper writes text as a tool does.
type dumpWriter func(text string) string

var dumpWriters = map[string]dumpWriter{
	"hexdump -C": func(text string) string {
		return inLines(text, func(at int, line string) string {
			hex := eachByte(line[:min(8, len(line))], "%02x ") + " " + eachByte(line[min(8, len(line)):], "%02x ")
			return fmt.Sprintf("%08x  %-50s|%s|\n", at, hex, shown(line))
		})
	},
	"xxd": func(text string) string {
		return inLines(text, func(at int, line string) string {
			return fmt.Sprintf("%08x: %-41s%s\n", at, strings.TrimSuffix(pairs(line), " ")+" ", " "+shown(line))
		})
	},
	"tcpdump -X": func(text string) string {
		return inLines(text, func(at int, line string) string {
			return fmt.Sprintf("\t0x%04x:  %-41s%s\n", at, pairs(line), shown(line))
		})
	},
	"od -t x1": func(text string) string {
		return inLines(text, func(at int, line string) string {
			return fmt.Sprintf("%07o %s\n", at, strings.TrimSuffix(eachByte(line, "%02x "), " "))
		})
	},
	"od -c": func(text string) string {
		return inLines(text, func(at int, line string) string {
			var b strings.Builder
			for i := range len(line) {
				if line[i] == '\n' {
					b.WriteString(`  \n`)
				} else {
					b.WriteString("   " + line[i:i+1])
				}
			}
			return fmt.Sprintf("%07o%s\n", at, b.String())
		})
	},
}

func inLines(text string, write func(at int, line string) string) string {
	var b strings.Builder
	for at := 0; at < len(text); at += 16 {
		b.WriteString(write(at, text[at:min(len(text), at+16)]))
	}
	return b.String()
}

func pairs(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i += 2 {
		b.WriteString(hexLower(line[i:min(len(line), i+2)]) + " ")
	}
	return b.String()
}

func shown(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, line)
}

// A key is found in a dump wherever in a line it starts, and whatever stands in the text beside the bytes.
func TestDumpsAtEveryOffset(t *testing.T) {
	random := rulestest.NewRandom(4)
	for name, write := range dumpWriters {
		for at := range 32 {
			for _, prefix := range []string{keys.Live, keys.Test} {
				key := prefix + random.Text(rulestest.Alnum, 24+at%9)
				text := write(strings.Repeat("x", at) + "=" + key + ";\nab12 cafe")
				wantReal(t, text, key, fmt.Sprintf("%s at %d", name, at))
				text = write(strings.Repeat("\n", at) + " " + key)
				wantReal(t, text, key, fmt.Sprintf("%s at %d, at the end", name, at))
			}
		}
	}
}

// wantReal expects one key, and placeholders besides: what a dump writes beside the bytes may end behind a prefix.
func wantReal(t *testing.T, text, key, what string) {
	t.Helper()
	got := slices.DeleteFunc(scanAll(Default(), text), func(m Match) bool { return m.Placeholder })
	if len(got) != 1 || got[0].Key.Reveal() != key {
		t.Errorf("%s: found %+v in %q", what, got, text)
	}
}
