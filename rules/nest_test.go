package rules

import (
	goascii85 "encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"skleak/rules/internal/keys"
	"skleak/rules/rulestest"
)

// An encoder writes a text in one form, by means that the decoders do not share.
type encoder struct {
	name   string // the form it must be told as
	detail string
	write  func(string) string
	kind   encoderKind
}

type encoderKind int

const (
	coder   encoderKind = iota // writes any bytes, all anew
	stepper                    // writes each character with a mark of its own
	marker                     // changes what is no letter or digit
	dumper                     // lists numbers
	turner                     // hides, and is not expected to nest
)

var encoders = []encoder{
	{"base64", "standard", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }, coder},
	{"base64", "standard, no padding", func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) }, coder},
	{"base64", "URL", func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }, coder},
	{"base64", "URL, no padding", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }, coder},
	{"base64", "wrapped at 64", func(s string) string { return wrapped(base64.StdEncoding.EncodeToString([]byte(s)), 64, "\n") }, coder},
	{"base64", "wrapped at 76", func(s string) string { return wrapped(base64.StdEncoding.EncodeToString([]byte(s)), 76, "\r\n") }, coder},
	{"base64", "wrapped, in a string", func(s string) string { return wrapped(base64.StdEncoding.EncodeToString([]byte(s)), 60, `\n`) }, coder},
	{"base64", "wrapped, indented", func(s string) string { return wrapped(base64.StdEncoding.EncodeToString([]byte(s)), 76, "\n    ") }, coder},
	{"hex", "lower", func(s string) string { return hex.EncodeToString([]byte(s)) }, coder},
	{"hex", "upper", func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }, coder},
	{"hex", "xxd -p", func(s string) string { return wrapped(hex.EncodeToString([]byte(s)), 60, "\n") }, coder},
	{"utf16", "little-endian", func(s string) string { return utf16Text(s, binary.LittleEndian) }, coder},
	{"utf16", "big-endian", func(s string) string { return utf16Text(s, binary.BigEndian) }, coder},
	{"utf16", "with a mark", func(s string) string { return utf16Text("\ufeff"+s, binary.LittleEndian) }, coder},
	{"plain", "query", url.QueryEscape, marker},
	{"percent", "underscores", func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "_", "%5F") }, marker},
	{"percent", "every character", func(s string) string { return eachByte(s, "%%%02X") }, stepper},
	{"percent", "every character, lower", func(s string) string { return eachByte(s, "%%%02x") }, stepper},
	{"escaped", "underscores", func(s string) string { return strings.ReplaceAll(jsonString(s), "_", `\u005f`) }, marker},
	{"escaped", "every character", func(s string) string { return eachByte(s, `\u%04x`) }, stepper},
	{"escaped", "every byte", func(s string) string { return eachByte(s, `\x%02x`) }, stepper},
	{"escaped", "octal", func(s string) string { return eachByte(s, `\%03o`) }, stepper},
	{"html", "decimal", func(s string) string { return eachByte(s, "&#%d;") }, stepper},
	{"html", "hex", func(s string) string { return eachByte(s, "&#x%x;") }, stepper},
	{"html", "underscores", func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "&", "&amp;"), "_", "&#95;") }, marker},
	{"html", "named", func(s string) string { return strings.ReplaceAll(s, "_", "&lowbar;") }, marker},
	{"quoted-printable", "every byte", func(s string) string { return eachByte(s, "=%02X") }, stepper},
	{"bytes", "decimal", func(s string) string { return eachByte(s, "%d, ") }, dumper},
	{"bytes", "0x", func(s string) string { return eachByte(s, "0x%02x, ") }, dumper},
	{"bytes", "pairs", func(s string) string { return eachByte(s, "%02x ") }, dumper},
	{"bytes", "colons", func(s string) string { return eachByte(s, "%02X:") }, dumper},
	{"base32", "upper", func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }, turner},
	{"base32", "lower", func(s string) string { return strings.ToLower(base32.StdEncoding.EncodeToString([]byte(s))) }, turner},
	{"bytes", "decimal, one a line", func(s string) string { return eachByte(s, "%d,\n    ") }, turner},
	{"bytes", "Basic", func(s string) string { return eachByte(s, "Chr(%d) & ") }, turner},
	{"bytes", "PHP", func(s string) string { return eachByte(s, "chr(%d).") }, turner},
	{"reversed", "", reverse, turner},
	{"rot13", "", rot13, turner},
}

func eachByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func wrapped(s string, width int, with string) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + with)
		s = s[width:]
	}
	return b.String() + s
}

func utf16Text(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// uuencoded is what uuencode writes of a file.
func uuencoded(s string) string {
	var b strings.Builder
	b.WriteString("begin 644 a.env\n")
	for ; s != ""; s = s[min(len(s), 45):] {
		line := s[:min(len(s), 45)]
		b.WriteByte(' ' + byte(len(line)))
		for i := 0; i < len(line); i += 3 {
			group := append([]byte(line[i:min(len(line), i+3)]), 0, 0)
			for _, v := range []byte{group[0] >> 2, group[0]<<4 | group[1]>>4, group[1]<<2 | group[2]>>6, group[2]} {
				if v &= 63; v == 0 {
					v = '`' - ' '
				}
				b.WriteByte(' ' + v)
			}
		}
		b.WriteByte('\n')
	}
	return b.String() + "`\nend\n"
}

// base58Of writes the digits of the number that s is.
func base58Of(s string) string {
	const digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	number, digit, out := new(big.Int).SetBytes([]byte(s)), new(big.Int), ""
	for number.Sign() > 0 {
		number.DivMod(number, big.NewInt(58), digit)
		out = digits[digit.Int64():digit.Int64()+1] + out
	}
	return out
}

func ascii85(s string) string {
	out := make([]byte, 2*len(s))
	return string(out[:goascii85.Encode(out, []byte(s))])
}

// intelHex writes s as a programmer of microchips reads it.
func intelHex(s string) string {
	return inLines(s, func(at int, line string) string {
		sum := byte(len(line)) + byte(at>>8) + byte(at)
		for i := range len(line) {
			sum += line[i]
		}
		return fmt.Sprintf(":%02X%04X00%X%02X\n", len(line), at, line, -sum)
	})
}

func hexLower(s string) string { return hex.EncodeToString([]byte(s)) }

// base64At is what s looks like in base64 behind a few bytes: the characters that it alone decides.
func base64At(before int, s string) string {
	text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("=", before) + s))
	return text[(before*8+5)/6 : (before+len(s))*8/6]
}

func reverse(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

func rot13(s string) string {
	const plain, turned = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm"
	return strings.Map(func(r rune) rune {
		if at := strings.IndexRune(plain, r); at >= 0 {
			return rune(turned[at])
		}
		return r
	}, s)
}

func jsonString(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(s)
}

func TestEveryEncoderAtEveryAlignment(t *testing.T) {
	s := Default()
	key := keys.Live + base62Body
	for _, e := range encoders {
		for pad := range 80 {
			text := "k: " + e.write(strings.Repeat("x", pad)+"="+key+";") + "\n"
			wantOne(t, s, text, key, e.name, fmt.Sprintf("%s %s behind %d", e.name, e.detail, pad))
		}
	}
}

// wantOne expects one key and nothing else, in a form.
func wantOne(t *testing.T, s *Set, text, key, form, what string) {
	t.Helper()
	got := scanAll(s, text)
	if len(got) != 1 || got[0].Key.Reveal() != key || form != "" && got[0].Form != form {
		t.Errorf("%s: found %d (%+v) in %q", what, len(got), got, text)
		for _, g := range got {
			t.Errorf("   %q", g.Key.Reveal())
		}
	}
}

// nests says whether people end up with inner written in outer. Nobody makes UTF-16 of UTF-16, dumps
// what is marked character by character, or has UTF-16 or lists in a form that leaves letters alone.
func nests(outer, inner encoder) bool {
	switch {
	case outer.kind == turner || inner.kind == turner:
		return false
	case outer.kind == dumper && inner.kind != coder || outer.name == "utf16" && inner.name == "utf16":
		return false
	case outer.kind == marker && (inner.name == "utf16" || inner.name == "bytes"):
		return false
	}
	return true
}

func TestTwoDeep(t *testing.T) {
	s := Default()
	key := keys.Test + base62Body
	for _, outer := range encoders {
		for _, inner := range encoders {
			if !nests(outer, inner) {
				continue
			}
			for pad := range 3 {
				text := outer.write("k: " + strings.Repeat("y", pad) + " " + inner.write(" "+key+" ") + "\n")
				wantOne(t, s, text, key, "", fmt.Sprintf("%s %s of %s %s behind %d", outer.name, outer.detail, inner.name, inner.detail, pad))
			}
		}
	}
}

// Three forms deep, around everything there are those that encoders write wholesale or mark by mark.
func TestThreeDeep(t *testing.T) {
	s := Default()
	random := rulestest.NewRandom(6)
	isOuter := func(e encoder) bool {
		return (e.kind == coder || e.kind == marker) && !strings.HasPrefix(e.detail, "wrapped") && e.detail != "xxd -p" && e.detail != "big-endian"
	}
	for _, outer := range encoders {
		for _, middle := range encoders {
			for _, inner := range encoders {
				if !isOuter(outer) || !isOuter(middle) || !isOuter(inner) || !nests(outer, middle) || !nests(middle, inner) {
					continue
				}
				if outer.kind == marker && middle.kind == marker && inner.kind == marker {
					continue // the third underscore of an underscore is none of the literals
				}
				key := keys.Live + random.Text(rulestest.Alnum+"-_", 24) + "A"
				text := outer.write("k: " + middle.write("("+inner.write(" "+key+" ")+")") + "\n")
				wantOne(t, s, text, key, "", fmt.Sprintf("%s %s of %s %s of %s %s behind", outer.name, outer.detail, middle.name, middle.detail, inner.name, inner.detail))
			}
		}
	}
}

// The pieces that a program joins lie further apart than a literal is long, and are looked for as far in other forms.
func TestJoinedWithin(t *testing.T) {
	s := Default()
	for _, text := range []string{
		`["sk","live","` + base62Body + `"].join("_")`, `['sk', 'live', '` + base62Body + `'].join('_')`,
		`k = '` + keys.Live + `%s' % ('` + base62Body + `',)`,
	} {
		for _, e := range encoders {
			if as := e.name + " " + e.detail; as == "escaped every character" || as == "html hex" || as == "bytes 0x" {
				wantOne(t, s, e.write(text), keys.Live+base62Body, "", as+" of "+text)
			}
		}
	}
}

// A whole file is encoded far more often than a lone key.
func TestManyKeysInOneText(t *testing.T) {
	s := Default()
	random := rulestest.NewRandom(7)
	for n := range 5 * len(encoders) {
		e := encoders[n%len(encoders)]
		if e.kind == turner || e.detail == "query" {
			continue
		}
		var file strings.Builder
		var want []string
		for i := range 40 {
			key := keys.Live + random.Text(rulestest.Alnum, 20+random.IntN(80)) + "Z"
			fmt.Fprintf(&file, "%s\nKEY_%d=%s\n", strings.Repeat("# comment ", random.IntN(6)), i, key)
			want = append(want, key)
		}
		var got []string
		for _, m := range scanAll(s, e.write(file.String())) {
			got = append(got, m.Key.Reveal())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s %s: %d keys of %d, or others", e.name, e.detail, len(got), len(want))
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("key %d: %q, want %q", i, got[i], want[i])
				}
			}
		}
	}
}

// What needs lines of its own, or is encoded alone, at all offsets and lengths.
func TestEncodedAlone(t *testing.T) {
	random := rulestest.NewRandom(9)
	for pad := range 50 {
		for _, prefix := range []string{keys.Live, keys.Test} {
			key := prefix + random.Text(rulestest.Alnum, 16+pad%33)
			text := strings.Repeat("x", pad) + "=" + key + ";\nNEXT_ONE=1\n"
			if at := pad + 1; at%45 < 37 || len(text)-at/45*45 >= 90 { // else the prefix goes on in a last line, which may have any length
				wantReal(t, uuencoded(text), key, fmt.Sprintf("uuencoded behind %d", pad))
			}
			wantReal(t, intelHex(text), key, fmt.Sprintf("Intel's records behind %d", pad))
			wantReal(t, "k = "+base58Of(key)+"\n", key, fmt.Sprintf("base58 of %d", len(key)))
			wantReal(t, "k = <~"+ascii85(key)+"~>\n", key, fmt.Sprintf("ascii85 of %d", len(key)))
			wantReal(t, strings.Repeat("x", 4*pad)+"\n"+ascii85(strings.Repeat("y", 4*pad)+key), key, fmt.Sprintf("ascii85 behind %d", 4*pad))
		}
	}
}
