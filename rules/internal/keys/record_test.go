package keys

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"skleak/rules/rulestest"
)

// printable are the characters that a text may hold in front of a key, each of which may be a length.
const printable = " !\"#$%&'()*+,./:;<=>?@[\\]^`{|}~"

// words end as a text does in front of a key: in letters of many alphabets, among them those whose last byte is the mark
// of a type in some format, in UTF-8 and in encodings of one byte a character.
var words = []string{"", "z", "Z", "buzz", "key", "Пароль", "съезд", "ключ z", "密钥", "ключ: Ъ", "menú", "Ú", "men\xfa", "\xcf\xe0\xf0\xee\xeb\xfc", "pa\xdfwort z", "\xda", "3 \xa3", "\xc4", "line\n\tz", "\x1b[1mz"}

// Characters of a text that can pass for lengths change nothing: a key ends where its body ends, or may end so.
func TestPrintableLengths(t *testing.T) {
	r := rulestest.NewRandom(21)
	for _, n := range []int{24, 32, 40, 64, AccountLength} {
		for _, word := range words {
			for _, mark := range printable {
				body := r.Text(rulestest.Alnum, n)
				if n == AccountLength {
					body = "51" + body[2:]
				}
				checkLength(t, word+string(mark), body, "\n")
			}
		}
	}
}

// Where a character may be a quote in a text of one byte a character, or a length, both ends are told.
func TestDoubtfulLengths(t *testing.T) {
	body := rulestest.NewRandom(22).Text(rulestest.Alnum, 32)
	for before, n := range map[string]int{"\xa2ckeyx$": 28, "men\xfa\"": 26} {
		x := Read([]byte(before+Live+body+"\x01"), len(before))
		if start := len(before) + PrefixLen; x.End != start+len(body) || !slices.Equal(x.Others, []int{start + n}) {
			t.Errorf("%q: ends are %d and %v, want %d and %d", before, x.End, x.Others, start+len(body), start+n)
		}
	}
}

func checkLength(t *testing.T, before, body, after string) {
	t.Helper()
	x := Read([]byte(before+Live+body+after), len(before))
	want := len(before) + PrefixLen + len(body)
	if slices.Contains(x.Others, want) && !utf8.ValidString(before) {
		return // both ends are told
	}
	if got := x.End; got != want || !x.Free {
		t.Errorf("%q: a body of %d ends at %d, and is free: %v", before, len(body), got-len(before)-PrefixLen, x.Free)
	}
	if x.Whole && len(x.Others) > 0 {
		t.Errorf("%q: a body that is unmistakable may end at %v", before, x.Others)
	}
}

// Binary data that tells of no length cuts hardly a key, none for good, and none whose shape is unmistakable.
func TestRandomBytesBefore(t *testing.T) {
	r := rulestest.NewRandom(23)
	cut, lost, whole := 0, 0, 0
	const tries = 20_000
	for range tries {
		before := append(r.Bytes(r.IntN(64)), 0)
		body := r.Text(rulestest.Alnum, 40)
		if x := Read([]byte(string(before)+Live+body+"\n"), len(before)); x.End != len(before)+PrefixLen+len(body) {
			cut++
			if !slices.Contains(x.Others, len(before)+PrefixLen+len(body)) {
				lost++
			}
		}
		body = "51" + r.Text(rulestest.Alnum, AccountLength-2)
		if x := Read([]byte(string(before)+Live+body+"\n"), len(before)); x.End != len(before)+PrefixLen+len(body) {
			whole++
		}
	}
	if cut > tries/50 || lost > tries/1000 || whole > 0 {
		t.Errorf("of %d keys behind random bytes %d are cut, %d for good; of those that are unmistakable %d", tries, cut, lost, whole)
	}
}

// FuzzPrintableLengths puts a key into any text: what stands there neither cuts it nor makes one of a word's end.
func FuzzPrintableLengths(f *testing.F) {
	for i, word := range words {
		f.Add(word, uint64(i), uint8(24))
		f.Add(strings.Repeat(word, 9), uint64(i), uint8(64))
	}
	f.Fuzz(func(t *testing.T, before string, seed uint64, length uint8) {
		if hasControls([]byte(before)) {
			return // no text
		}
		r := rulestest.NewRandom(seed)
		body := r.Text(rulestest.Alnum, 16+int(length)%100)
		if strings.HasPrefix(body, "51") || strings.ContainsAny(body[:6], "_") {
			return // may be whole, and then end elsewhere
		}
		for _, mark := range printable {
			checkLength(t, before+string(mark), body, "\n")
		}
		word := before + string(rune('a'+seed%26))
		if x := Read([]byte(word+Test+"results_by_fold\n"), len(word)); x.Free && strings.ToValidUTF8(before, "") == before && !endsToken(word) {
			t.Errorf("%q: the end of a word makes a key", word)
		}
	})
}

// endsToken says whether a prefix may touch a text for another reason than a length.
func endsToken(text string) bool {
	free, _ := Boundary([]byte(fmt.Sprint(text, Live)), len(text))
	return free
}
