package rules

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"skleak/rules/internal/search/literal"
	"skleak/rules/rulestest"
)

// A dearest looks for the text that costs the most for its length. It climbs: of a text it changes a little, and goes
// on from what costs more. Texts are pieces of the decoders' own alphabets, repeated.
type dearest struct {
	rulestest.Random
	alphabet []string
	best     []string // the pieces of the best text of this climb
	cost     float64
	texts    int
}

// alphabetOf is what the forms are made of: the literals, and what stands between their characters.
func alphabetOf(r rulestest.Random) []string {
	all := literal.Texts()
	marks := []string{
		"sk", "sk_", "s", "k", "_", "live", "test", "live_", "_live_", "_test_", "'", `"`, "`", `\"`, `\\"`, ",", ", ", "+", " + ", ".", "(", ")", "${", "#{", "}", "{", "=",
		"\n", "\r\n", " ", "\t", "\\\n", "`\n", "^\n", "=\n", "=\r\n", `\n`, "\\", "%", "%25", "%5F", "%255F", "&", "&#", "&#x", "&amp;", ";", "&#95;", `\u`, `\u005f`, `\x`, `\137`, "u005f", "+AF8-",
		"\x00", "\u200b", "\u00ad", "<wbr>", "</em>", "\x1b[", "\x1b[0m", "//", "# ", "-- ", "/*", "*/", "*", "...", "…", "[", "]", "<", ">", "join", ".join(", ".concat(", "paste0(",
		"0x", "73", "6b", "115", "107", "a2V5Xz", "51", "yourkey", "your", "key", "abc", "xxx", "Zq9", "c2tf", "ZV8", "736b", "5f6c", "k", "L", "l", "e", "A", "/", "-", "|", "~", ":",
	}
	for range 4 {
		all = append(all, marks...)
	}
	for n := 10; n < 300; n += 37 {
		all = append(all, strings.Repeat(" ", n), r.Text(rulestest.Alnum, n), strings.Repeat("abcab", n/5), strings.Repeat("xyourkey", n/8), strings.Repeat("Ab", n/2), strings.Repeat("in", n/2))
	}
	return all
}

const dearestLength = 1500

// write is the text of pieces: the first say how often the rest is written before it is repeated whole.
func (d *dearest) write(pieces []string) []byte {
	whole := strings.Join(pieces, "")
	return []byte(strings.Repeat(whole, dearestLength/max(1, len(whole))+1)[:dearestLength])
}

// vary changes some pieces.
func (d *dearest) vary(pieces []string) []string {
	next := slices.Clone(pieces)
	for range 1 + d.IntN(3) {
		at := d.IntN(len(next))
		switch d.IntN(5) {
		case 0:
			next[at] = d.piece()
		case 1:
			next = slices.Insert(next, at, d.piece())
		case 2:
			if len(next) > 1 {
				next = slices.Delete(next, at, at+1)
			}
		case 3:
			next = slices.Insert(next, at, next[d.IntN(len(next))])
		case 4:
			p := next[at]
			if from := d.IntN(len(p) + 1); len(p) > 1 {
				next[at] = p[from:] + p[:from/2]
			}
		}
	}
	if len(next) > 24 {
		next = next[:24]
	}
	if strings.Join(next, "") == "" {
		return pieces
	}
	return next
}

func (d *dearest) piece() string { return d.alphabet[d.IntN(len(d.alphabet))] }

// workOn is what a scan of text costs.
func workOn(s *Set, text []byte) work {
	c := scan{set: s, aByte: workAByte}
	if at := s.Next(text, 0); at >= 0 {
		c.run(text, at, func(from int) int { return s.Next(text, from) }, func(Match) {})
	}
	return c.work
}

// TestDearest climbs to the texts that cost most and holds each of them against what a text may cost: besides
// workAhead, which a text of any length may, at most 50 times what plain source does. A climb that reaches the limit
// is over.
func TestDearest(t *testing.T) {
	const most = 50 // plain source costs 1: the search looks at each byte
	texts := 500
	if n, err := strconv.Atoi(os.Getenv("SKLEAK_DEAREST_TEXTS")); err == nil {
		texts = n
	}
	s := Default()
	d := dearest{Random: rulestest.NewRandom(7)}
	d.alphabet = alphabetOf(d.Random)
	highest, ranOut := 0.0, 0
	for d.texts < texts {
		d.cost, d.best = 0, []string{d.piece(), d.piece(), d.piece()}
		for stuck := 0; stuck < 200 && d.texts < texts; d.texts++ {
			next := d.vary(d.best)
			text := d.write(next)
			work := workOn(s, text)
			cost := 1 + float64(work.spent)/float64(len(text))
			over := cost - float64(workAhead)/float64(len(text))
			if over > most {
				t.Errorf("%.1f units a byte: %q", over, strings.Join(next, ""))
			}
			highest = max(highest, over)
			if work.ranOut {
				ranOut++
				break
			}
			if stuck++; cost > d.cost {
				d.cost, d.best, stuck = cost, next, 0
			}
		}
	}
	t.Logf("of %d texts the dearest costs %.1f units a byte; the work ran out on %d", d.texts, highest, ranOut)
	if ranOut == 0 {
		t.Error("no climb came to the limit: the alphabet has lost its edge")
	}
}
