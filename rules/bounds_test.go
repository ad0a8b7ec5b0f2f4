package rules

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"skleak/rules/internal/keys"
	"skleak/rules/internal/search/literal"
	"skleak/rules/rulestest"
)

// What Scan says of a candidate must depend on nothing further than Reach away: a reader that sees
// the text through windows finds the same as one that sees all of it.
func TestWindowsSeeTheSame(t *testing.T) {
	s := Default()
	random := rulestest.NewRandom(5)
	var text strings.Builder
	for range 300 {
		sh := shapes[random.IntN(len(shapes))]
		m := parseMarks(sh.text)
		if random.IntN(3) == 0 {
			m = parseMarks(sh.near)
		}
		text.WriteString(m.text)
		text.WriteString(strings.Repeat("\n", random.IntN(3)+1))
	}
	for range 60 {
		e := encoders[random.IntN(len(encoders))]
		text.WriteString("\n" + e.write(keys.Live+random.Text(rulestest.Alnum, 16+random.IntN(60))) + "\n")
	}
	whole := []byte(text.String())
	want := scanAll(s, string(whole))
	if len(want) < 250 {
		t.Fatalf("only %d keys in the text", len(want))
	}
	for _, step := range []int{1000, 2777} {
		var got []Match
		for core := 0; core < len(whole); core += step {
			from, to := max(0, core-s.Reach()), min(len(whole), core+step+s.Reach())
			s.Scan(whole[from:to], func(m Match) {
				m.Start, m.End = m.Start+from, m.End+from
				if m.Start >= core && m.Start < core+step {
					got = append(got, m)
				}
			})
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("in windows of %d: %d matches, want %d", step, len(got), len(want))
			for i := range min(len(got), len(want)) {
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Fatalf("first difference: %+v, want %+v", got[i], want[i])
				}
			}
		}
	}
}

// Texts made to be slow take work in proportion to their length. The work is counted, not timed: how
// many bytes are decoded and judged for each byte of the text. Timed, the worst of them are read at a few
// megabytes a second.
func TestHostileTextsStayLinear(t *testing.T) {
	const most = 100
	s := Default()
	nested := keys.Live
	for range 3 {
		nested = encoders[0].write(strings.Repeat(nested, 3))
	}
	hostile := map[string]string{
		"prefixes":            keys.Live,
		"prefixes, hyphens":   keys.Live + "-",
		"prefixes, 16":        keys.Live + "a1b2c3d4e5f6a7b8",
		"prefixes, long":      keys.Live + strings.Repeat("ab1", 84),
		"base64":              base64At(0, keys.Live) + "9",
		"base64 of base64":    base64At(1, base64At(0, keys.Live)),
		"nested base64":       nested,
		"hex":                 hexLower(keys.Live),
		"hex of base64":       hexLower(base64At(0, keys.Test)),
		"UTF-16":              strings.Join(strings.Split(keys.Live, ""), "\x00") + "\x00",
		"percent":             `sk%5Flive%5F`,
		"percent, nested":     `sk%25255Flive%25255F`,
		"escapes":             `sk\u005flive\u005f`,
		"continued":           keys.Live + "\\\n",
		"continued, quoted":   "\"" + keys.Live + "\\\n      ",
		"joined":              `"sk" + "_live_" + `,
		"joined, blanks":      `"sk_live_"` + strings.Repeat(" ", 200),
		"lists":               `"sk","live","join",`,
		"bytes":               eachByte(keys.Live, "%d,"),
		"dump":                eachByte(keys.Live, "%02x "),
		"quotes":              keys.Live + `"`,
		"ampersands":          keys.Live + "&",
		"reversed":            reverse(keys.Live),
		"words":               keys.Live + strings.Repeat("yourkey_", 30),
		"words that are none": keys.Live + strings.Repeat("abcab", 50) + "Z ",
		"invisible":           keys.Live + "\u200b",
		"soft breaks":         keys.Live + "=\n",
	}
	for name, piece := range hostile {
		var cost [2]float64
		for i, size := range []int{1 << 14, 1 << 16} {
			text := bytes.Repeat([]byte(piece), size/len(piece)+1)
			cost[i] = float64(workOn(s, text).spent) / float64(len(text))
		}
		t.Logf("%-22s %6.1f units a byte", name, cost[1])
		if cost[1] > most || cost[1] > 1.2*cost[0]+1 {
			t.Errorf("%s: %.1f units a byte, and %.1f when it is four times as long; at most %d are", name, cost[0], cost[1], most)
		}
	}
}

func BenchmarkHostile(b *testing.B) {
	s := Default()
	for _, size := range []int{1 << 16, 1 << 18} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			text := bytes.Repeat([]byte(base64At(1, base64At(0, keys.Live))), size/13)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				s.Scan(text, func(Match) {})
			}
		})
	}
}

// A text may begin in the midst of what is searched for.
func TestTextsThatBeginInALiteral(t *testing.T) {
	for _, literal := range literal.Texts() {
		for from := range len(literal) {
			for _, more := range []string{"", rulestest.Base62Body, "\n"} {
				scanAll(Default(), literal[from:]+more)
			}
		}
	}
}
