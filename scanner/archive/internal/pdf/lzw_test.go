package pdf

import (
	"bytes"
	"strings"
	"testing"
)

func readLZW(t *testing.T, packed string) string {
	t.Helper()
	const early = true
	var out bytes.Buffer
	if _, err := out.ReadFrom(newLZW(strings.NewReader(packed), early)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestLZW has the example of ISO 32000-1, section 7.4.4.2.
func TestLZW(t *testing.T) {
	if got := readLZW(t, "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"); got != "-----A---B" {
		t.Errorf("LZW: %q", got)
	}
}

// TestLZWLong has so many codes that they grow to 12 bits, and begin anew.
func TestLZWLong(t *testing.T) {
	text := make([]byte, 300_000)
	for i := range text {
		text[i] = byte(i * i >> 7)
	}
	if got := readLZW(t, packLZW(text)); got != string(text) {
		t.Errorf("%d bytes, not the same", len(got))
	}
}

// packLZW packs as PDF does.
func packLZW(text []byte) string {
	var out []byte
	bits, count := uint32(0), uint(0)
	put := func(code, width int) {
		bits, count = bits<<width|uint32(code), count+uint(width)
		for count >= 8 {
			count -= 8
			out = append(out, byte(bits>>count))
		}
	}
	codes := map[string]int{}
	next, width := lzwEnd+1, 9
	code := func(s string) int {
		if len(s) == 1 {
			return int(s[0])
		}
		return codes[s]
	}
	put(lzwClear, width)
	now := ""
	for _, c := range text {
		longer := now + string([]byte{c})
		if _, known := codes[longer]; known || len(longer) == 1 {
			now = longer
			continue
		}
		put(code(now), width)
		codes[longer] = next
		if next++; next+1 > 1<<width {
			width++
		}
		if next == lzwCodes-1 {
			put(lzwClear, 12)
			codes, next, width = map[string]int{}, lzwEnd+1, 9
		}
		now = string([]byte{c})
	}
	put(code(now), width)
	put(lzwEnd, width)
	put(0, 7)
	return string(out)
}
