package rules

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"skleak/rules/internal/keys"
)

// The pieces of base62Body that the shapes below are broken into.
var half1, half2 = base62Body[:12], base62Body[12:]

// A shape is a way in which people write a key, marked, with the form it is told as and the body it
// decodes to; near is as like it as can be and holds no key of that form, whatever is marked in it.
type shape struct{ form, text, body, near string }

var shapes = []shape{
	// Broken by a line's continuation.
	{"continued", "K=⟦L~" + half1 + "\\\n" + half2 + "⟧\n", base62Body, "K=⟦L~" + half1 + "⟧\\ \n" + half2 + "\n"},
	{"continued", "K=⟦L~" + half1 + "\\\r\n" + half2 + "⟧\r\n", base62Body, "K=⟦L~" + half1 + "⟧\\\r\r\n" + half2 + "\n"},
	{"continued", "K: \"⟦L~" + half1 + "\\\n    " + half2 + "⟧\"\n", base62Body, "K: ⟦L~" + half1 + "⟧\\\n    " + half2 + " --more\n"},
	{"continued", "$k = ⟦L~" + half1 + "`\n" + half2 + "⟧\n", base62Body, "`⟦L~" + half1 + "⟧` \n" + half2 + "\n"},
	{"continued", "set K=⟦L~" + half1 + "^\r\n" + half2 + "⟧\r\n", base62Body, "set K=⟦L~" + half1 + "⟧^^\r\n" + half2 + "\n"},
	{"continued", "K=⟦sk_li\\\nve_" + base62Body + "⟧\n", base62Body, "K=sk_li\\ \nve_" + base62Body + "\n"},
	{"continued", "K=⟦L~\\\n" + base62Body + "⟧\n", base62Body, "K=L~\\\n\n" + base62Body + " x\n"},
	{"quoted-printable", "is ⟦L~" + half1 + "=\r\n" + half2 + "⟧=20thanks\r\n", base62Body, "is ⟦L~" + half1 + "⟧=\\r\n" + half2 + " thanks\r\n"},
	{"quoted-printable", "is ⟦sk_=\nlive_" + base62Body + "⟧ \n", base62Body, "is sk_= live_" + base62Body + "\n"},
	{"quoted-printable", "is ⟦sk=5Flive=5F" + base62Body + "⟧=\r\n", base62Body, "is sk=5Glive=5F" + base62Body + "\n"},
	{"quoted-printable", "⟦L~" + half1 + "=2D" + half2 + "⟧=3D", half1 + "-" + half2, "⟦L~" + half1 + "⟧=2G" + half2},
	{"continued", "api.key=⟦L~" + half1 + "\\\n    " + half2 + "⟧\nnext=1\n", base62Body, "ENV K=⟦L~" + half1 + "⟧\\\n    PORT=80\n"},
	{"continued", "+K=⟦L~" + half1 + "\\\n+" + half2 + "⟧\n", base62Body, " K=⟦L~" + half1 + "⟧\\\n+" + half2 + "\n"},
	{"escaped+continued", `{"c":"K=⟦L~` + half1 + `\\\n` + half2 + `⟧\n"}`, base62Body, `{"c":"K=⟦L~` + half1 + `⟧\n` + half2 + `\n"}`},
	// Put together by a program.
	{"joined", "var k = '⟦sk' + '_live_' + '" + base62Body + "⟧';", base62Body, "var k = 'sk' + x + '_live_' + '" + base62Body + "';"},
	{"joined", "k := \"⟦sk_\" + \"live_\" +\n\t\t\"" + half1 + "\" +\n\t\t\"" + half2 + "⟧\"\n", base62Body, "k := \"sk_\" + \"live_\", \"" + base62Body + "\"\n"},
	{"joined", "k := \"⟦L~\" + \"" + base62Body + "⟧\"\n", base62Body, "k := \"L~\" + f(\"" + base62Body + "\")\n"},
	{"joined", "k := \"⟦L~" + half1 + "\" + \"" + half2 + "⟧\"\n", base62Body, "k := \"⟦L~" + half1 + "⟧\" - \"" + half2 + "\"\n"},
	{"joined", "$k = '⟦sk_live' . '_' . '" + base62Body + "⟧';", base62Body, "$k = 'sk_live'; '_' . '" + base62Body + "';"},
	{"joined", "$k='⟦sk'.'_test_'.'" + base62Body + "⟧';", base62Body, "$k='sk'->'_test_'.'" + base62Body + "';"},
	{"joined", "k = '⟦sk' .. '_live_' .. '" + base62Body + "⟧'", base62Body, "k = 'sk' == '_live_' .. '" + base62Body + "'"},
	{"joined", "k = '⟦sk' || '_live_' || '" + base62Body + "⟧'", base62Body, "k = 'sk' && y || '_live_' || '" + base62Body + "'"},
	{"joined", "k = \"⟦sk\" & \"_live_\" & \"" + base62Body + "⟧\"", base62Body, "k = \"sk\" = \"_live_\" & \"" + base62Body + "\""},
	{"joined", "K = (\"⟦L~\"\n     \"" + half1 + "\"\n     \"" + half2 + "⟧\")\n", base62Body, "K = [\"L~\",\n     \"" + half1 + "\",\n     \"" + half2 + "\"]\n"},
	{"joined", "K = (\"⟦L~" + half1 + "\"\n     \"" + half2 + "⟧\")\n", base62Body, "\"⟦L~" + half1 + "⟧\"\n\"" + half2 + "\"\n"},
	{"joined", "char *k = \"⟦sk_live\" \"_\" \"" + base62Body + "⟧\";", base62Body, "run \"⟦L~" + base62Body + "⟧\" \"bob\""},
	{"joined", "K=⟦L~\"" + base62Body + "⟧\"\n", base62Body, "{\"p\":\"L~\",\"" + base62Body + "\"}"},
	{"joined", "K='⟦L~''" + base62Body + "⟧'\n", base62Body, "f('L~', '" + base62Body + "')\n"},
	{"joined", "const k = `${\"⟦L~\"}" + base62Body + "⟧`;", base62Body, "const k = `${\"L~\"};" + base62Body + "`;"},
	{"joined", "[\"⟦sk\",\"live\",\"" + base62Body + "⟧\"].join(\"_\")", base62Body, "[\"sk\",\"live\",\"" + base62Body + "\"].sort()"},
	{"joined", "['⟦sk', 'test', '" + base62Body + "⟧'].join('_')", base62Body, "['sk', 'text', '" + base62Body + "'].join('_')"},
	{"joined", "\"_\".join([\"⟦sk\", \"live\", \"" + half1 + "\", \"" + half2 + "⟧\"])", half1 + "_" + half2, "\"_\".split([\"sk\", \"live\", \"" + half1 + "\"])"},
	{"joined", "paste0(\"⟦sk_\", \"live_\", \"" + half1 + "\", \"" + half2 + "⟧\")", base62Body, "choose(\"sk_\", \"live_\", \"" + half1 + "\")"},
	{"joined", "'⟦sk_'.concat('live_', '" + base62Body + "⟧')", base62Body, "'sk_'.equals('live_', '" + base62Body + "')"},
	{"joined", `{"c":"k = \"⟦sk_\" + \"live_` + base62Body + `⟧\""}`, base62Body, `{"c":"k = \"sk_\" - \"live_` + base62Body + `\""}`},
	{"joined", "+k = \"⟦sk_\" +\n+    \"live_" + base62Body + "⟧\"\n", base62Body, "+k = \"sk_\"\n+k = \"live_" + base62Body + "\"\n"},
	{"joined", "k = \"⟦sk_\" + // the prefix\n    \"live_" + base62Body + "⟧\"\n", base62Body, "k = \"sk_\" // the prefix\n    + live_" + base62Body + "\n"},
	{"joined", "char k[] = {'⟦s','k','_','l','i','v','e','_','" + strings.Join(strings.Split(base62Body, ""), "','") + "⟧'};", base62Body, "{'s','k','_','l','i','v','e','_'," + base62Body + "}"},
	{"joined", "k = \"⟦s\" + \"k\" + \"_\" + \"l\" + \"i\" + \"v\" + \"e\" + \"_\" + \"" + base62Body + "⟧\"", base62Body, "k = \"s\" + \"k\" + \"_\" + \"l\" + i + \"v\" + \"e_\" + \"" + base62Body + "\""},
	{"joined", "b.append(\"⟦L~\");\n    b.append(\"" + base62Body + "⟧\");\n", base62Body, "b.append(\"L~\");\n    c.append(\"" + base62Body + "\");\n"},
	{"joined", "strcpy(k, \"⟦L~\"); strcat(k, \"" + base62Body + "⟧\");", base62Body, "strcmp(k, \"L~\"); strcmp(k, \"" + base62Body + "\");"},
	{"joined", "w.WriteString(\"⟦L~\")\n\tw.WriteString(\"" + base62Body + "⟧\")\n", base62Body, "w.Remove(\"L~\")\n\tw.Remove(\"" + base62Body + "\")\n"},
	{"joined", "k = '⟦L~%s' % ('" + base62Body + "⟧',)", base62Body, "k = 'L~%d' % ('" + base62Body + "',)"},
	{"base64", "k = \"⟦" + base64At(0, keys.Live+base62Body)[:20] + "\" + \"" + encoders[1].write(keys.Live + base62Body)[20:] + "⟧\"\n", base62Body, "k = \"" + base64At(0, keys.Live+base62Body)[:9] + "\" - \"" + base64At(0, keys.Live+base62Body)[9:] + "\"\n"},
	// With something in it that nobody sees.
	{"invisible", "<b>⟦sk_</span><span class=\"hl\">live_" + base62Body + "⟧</b>", base62Body, "<b>sk_</span><i class=\"hl\">live_" + base62Body + "</b>"},
	{"invisible", "<em>⟦L~</em><em>" + base62Body + "⟧</em>", base62Body, "<em>L~</em> <em>" + base62Body + "</em>"},
	{"invisible", "k: ⟦L~" + half1 + "\u200b" + half2 + "⟧\n", base62Body, "k: ⟦L~" + half1 + "⟧\u3000" + half2 + "\n"},
	{"invisible", "k: ⟦sk_\u00adlive_" + base62Body + "⟧\n", base62Body, "k: sk_\u00a0live_" + base62Body + "\n"},
	{"invisible", "<p>⟦L~" + half1 + "<wbr>" + half2 + "⟧</p>", base62Body, "<p>⟦L~" + half1 + "⟧<br>" + half2 + "</p>"},
	{"invisible", "\x1b[31m⟦L~\x1b[0m" + base62Body + "⟧\x1b[0m", base62Body, "\x1b[31mL~\x1b]0;" + base62Body + "m"},
	{"invisible", "a:\x1b[01;31m\x1b[K⟦L~\x1b[m\x1b[K" + base62Body + "⟧", base62Body, "a:L~ \x1b[m" + base62Body},
	{"invisible", "<p><em>⟦L~</em>" + base62Body + "⟧</p>", base62Body, "<p><em>⟦L~" + half1 + "⟧</em>" + half2 + "</p>"},
	{"invisible", "<mark>⟦sk_live</mark>_" + base62Body + "⟧", base62Body, "<mark>sk_live</td>_" + base62Body},
	{"escaped+invisible", `"\u001b[31m⟦L~\u001b[0m` + base62Body + `⟧"`, base62Body, `"\u001b[31mL~\u001c[0m` + base62Body + `"`},
	// Escaped in part.
	{"percent", "/?k=⟦sk%5Flive%5F" + base62Body + "⟧&x", base62Body, "/?k=sk%5Glive%5F" + base62Body},
	{"percent", "/?k=⟦L~" + half1 + "%2D" + half2 + "⟧%26", half1 + "-" + half2, "/?k=⟦L~" + half1 + "⟧%26" + half2},
	{"percent+percent", "/?k=⟦sk%255Flive%255F" + base62Body + "⟧%2526x", base62Body, "/?k=sk%255Glive%255F" + base62Body},
	{"percent", "/?q=%7B%22k%22%3A%22⟦%73%6B%5F%6C%69%76%65%5F" + base62Body + "⟧%22%7D", base62Body, "/?q=%73%6B%5E%6C%69%76%65%5F" + base62Body},
	{"escaped", `{"k":"⟦sk\u005flive\u005f` + base62Body + `⟧"}`, base62Body, `{"k":"sk\u005elive\u005f` + base62Body + `"}`},
	{"escaped", `k = "⟦L~` + half1 + `\x2d` + half2 + `⟧"`, half1 + "-" + half2, `k = "⟦L~` + half1 + `⟧\x3d` + half2 + `"`},
	{"escaped", `the key ⟦sk\_live\_` + base62Body + `⟧ is`, base62Body, `the key sk\ _live\_` + base62Body + ` is`},
	{"escaped", `k=⟦sk\137live\137` + base62Body + `⟧`, base62Body, `k=sk\136live\137` + base62Body},
	{"escaped", `k=⟦sku005fliveu005f` + base62Body + `⟧`, base62Body, `k=sku005eliveu005f` + base62Body},
	{"escaped", `"⟦sk\u{5f}live\u{5f}` + base62Body + `⟧"`, base62Body, `"sk\u{5e}live\u{5f}` + base62Body + `"`},
	{"escaped+escaped", `"{\"k\":\"⟦sk\\u005flive\\u005f` + base62Body + `⟧\"}"`, base62Body, `"sk\\u005elive\\u005f` + base62Body + `"`},
	{"html", "<td>⟦sk&#95;live&#95;" + base62Body + "⟧</td>", base62Body, "<td>sk&#94;live&#95;" + base62Body + "</td>"},
	{"html", "<td>⟦L~" + half1 + "&#45;" + half2 + "⟧&nbsp;</td>", half1 + "-" + half2, "<td>⟦L~" + half1 + "⟧&nbsp;" + half2 + "</td>"},
	{"html", "⟦sk&lowbar;live&lowbar;" + base62Body + "⟧", base62Body, "sk&dash;live&lowbar;" + base62Body},
	{"html+html", "⟦sk&amp;#95;live&amp;#95;" + base62Body + "⟧", base62Body, "sk&amp;#94;live&amp;#95;" + base62Body},
	{"utf7", "k=⟦sk+AF8-live+AF8-" + base62Body + "⟧", base62Body, "k=sk+AF4-live+AF8-" + base62Body},
	{"base64", "Authorization: Basic ⟦" + encoders[0].write(keys.Live + base62Body + ":")[:43] + "⟧" + encoders[0].write(keys.Live + base62Body + ":")[43:] + "\n", base62Body, "Authorization: Basic " + encoders[0].write("x"+keys.Live+base62Body+":") + "\n"},
	{"base64", "Zm9v\n⟦" + encoders[1].write(keys.Live + base62Body + ":")[:43] + "⟧6\nYmFy\n", base62Body, "Zm9v" + encoders[1].write(keys.Live+base62Body) + "\n"},
	{"hex", "666f6f\n⟦" + hexLower(keys.Live+base62Body) + "⟧\n626172\n", base62Body, "666f6f" + hexLower(keys.Live+base62Body) + "\n"},
	{"base64", "/keys/⟦" + encoders[1].write(keys.Live + base62Body + ":")[:43] + "⟧/edit", base62Body, "/keys/" + encoders[1].write("xyz"+keys.Live+base62Body) + "/edit"},
	{"base64+utf16", "powershell -enc ⟦" + encoders[0].write(utf16Text(keys.Live+base62Body, binary.LittleEndian)) + "⟧", base62Body, "powershell -enc " + encoders[0].write(utf16Text("x"+keys.Live+base62Body, binary.LittleEndian))},
	// Dumped.
	{"bytes", `{"type":"Buffer","data":[⟦` + strings.TrimSuffix(eachByte(keys.Live+base62Body, "%d,"), ",") + "⟧]}", base62Body, "[" + eachByte("sk-live_"+base62Body, "%d,") + "]"},
	{"bytes", "{ ⟦" + strings.TrimSuffix(eachByte(keys.Live+base62Body, "0x%02x, "), ", ") + "⟧, 0x00 }", base62Body, "{ " + eachByte("sk-live_"+base62Body, "0x%02x, ") + "}"},
	{"bytes", "00000000: ⟦736b 5f6c 6976 655f 7452 376e 4b32 7651  sk_live_tR7nK2vQ\n00000010: 3978 4c77 345a 6259 6338 506d 4a31 7344⟧  9xLw4ZbYc8PmJ1sD\n", base62Body, "00000000: 736b 5f6c 6976 645f 7452"},
	{"bytes", "00000000  ⟦73 6b 5f 6c 69 76 65 5f  74 52 37 6e 4b 32 76 51  |sk_live_tR7nK2vQ|\n00000010  39 78 4c 77 34 5a 62 59  63 38 50 6d 4a 31 73 44⟧  |9xLw4ZbYc8PmJ1sD|\n", base62Body, "00000000  73 6b 5f 6c 69 76 64 5f"},
	{"bytes+utf16", "\"K\"=hex(2):⟦" + windowsRegistry(keys.Live+base62Body) + "⟧,00,00\n", base62Body, "\"K\"=hex(2):" + windowsRegistry("sk-live_"+base62Body) + ",00,00\n"},
	{"bytes", "0000000  ⟦s   k   _   l   i   v   e   _   t   R   7   n   K   2   v   Q\n0000020  9   x   L   w   4   Z   b   Y   c   8   P   m   J   1   s   D⟧\n", base62Body, "0000000  s   k   -   l   i   v   e   _   t   R   7   n\n"},
	{"bytes", "k = ⟦" + strings.TrimSuffix(eachByte(keys.Live+base62Body, "Chr(%d) & "), " & ") + "⟧\n", base62Body, "k = " + eachByte("sk-live_"+base62Body, "Chr(%d) & ") + "\n"},
	// In encodings that are not looked for inside others.
	{"base32", "k: ⟦" + base32Of(keys.Live + base62Body + "=")[:52] + "⟧" + base32Of(keys.Live + base62Body + "=")[52:] + "\n", base62Body, "k: " + base32Of("x"+keys.Live+base62Body) + "\n"},
	{"base58", "k = ⟦" + base58Of(keys.Live+base62Body) + "⟧\n", base62Body, "k = x" + base58Of(keys.Live+base62Body) + "\n"},
	{"base85", "k = <~⟦" + ascii85(keys.Live+base62Body) + "⟧~>\n", base62Body, "k = <~" + ascii85("sk-live_"+base62Body) + "~>\n"},
	{"capital", "⟦Sk_live_" + base62Body + "⟧ is the key", base62Body, "Sk_live_" + half1 + half2[:3] + " is the key"},
	{"capital", "KEY ⟦SK_TEST_" + base62Body + "⟧ ", base62Body, "KEY MY_SK_TEST_" + base62Body + " "},
	// Hidden from readers.
	{"reversed", "k = \"⟦" + reverse(keys.Live+base62Body) + "⟧\".reverse()", base62Body, "k = \"" + reverse("z"+keys.Live+base62Body) + "\""},
	{"rot13", "k = rot13(\"⟦" + rot13(keys.Live+base62Body) + "⟧\")", base62Body, "k = \"a" + rot13(keys.Live+base62Body) + "\""},
}

func base32Of(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }

// windowsRegistry writes s as Windows exports a value: UTF-16 in hex, lines continued by a backslash.
func windowsRegistry(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%02x,00,", s[i])
		if i%12 == 11 {
			b.WriteString("\\\r\n  ")
		}
	}
	return strings.TrimSuffix(b.String(), ",")
}

func TestShapes(t *testing.T) {
	s := Default()
	for _, sh := range shapes {
		for _, m := range checkMarks(t, s, sh.text) {
			if m.Form != sh.form || m.Key.Reveal()[keys.PrefixLen:] != sh.body || m.Placeholder || m.LongPrefix {
				t.Errorf("%q: %+v of body %q, want form %s of body %q", sh.text, m, m.Key.Reveal()[keys.PrefixLen:], sh.form, sh.body)
			}
		}
		for _, m := range checkMarks(t, s, sh.near) {
			if m.Form == sh.form {
				t.Errorf("%q: found in form %s", sh.near, m.Form)
			}
		}
	}
}

// A key in any form must be found wherever it stands: at the ends of a text, and at every distance
// from its start.
func TestShapesAnywhere(t *testing.T) {
	s := Default()
	for _, sh := range shapes {
		m := parseMarks(sh.text)
		for _, pad := range []int{0, 1, 2, 3, 5, 8, 13, 60, 61, 97, 500, 4096} {
			text := strings.Repeat("\n", pad) + m.text
			got := scanAll(s, text)
			if len(got) != 1 || got[0].Start != m.want[0].Start+pad || got[0].End != m.want[0].End+pad {
				t.Errorf("%q behind %d: found %+v", sh.text, pad, got)
			}
		}
	}
}

// Base64's span is the characters that hold a bit of the key, and the padding if they are the last.
func TestBase64Span(t *testing.T) {
	s := Default()
	key := keys.Live + base62Body
	for before := range 7 {
		for after := range 7 {
			payload := strings.Repeat("=", before) + key + strings.Repeat(";", after)
			text := "'" + encoders[0].write(payload) + "'"
			start := 1 + before*8/6
			end := 1 + ((before+len(key))*8+5)/6
			if after == 0 {
				end = len(text) - 1
			}
			got := scanAll(s, text)
			if len(got) != 1 || got[0].Start != start || got[0].End != end {
				t.Errorf("%d before, %d behind: found %s, want [%d:%d]", before, after, fmt.Sprint(got), start, end)
			}
		}
	}
}
