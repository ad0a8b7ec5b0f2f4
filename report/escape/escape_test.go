package escape

import "testing"

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain/päth 日本.txt":  "plain/päth 日本.txt",
		"a\x1b[31mb":         `a\x1b[31mb`,
		"a\nb\r\tc\x00":      `a\x0ab\x0d\x09c\x00`,
		"\u0085\u009b":       `\x85\x9b`,
		"\u202eabc\u2066":    `\u202eabc\u2066`,
		"\u200b\ufeff\u2028": `\u200b\ufeff\u2028`,
		"\U000e0041":         `\U000e0041`,
		"\xff\xc3(":          `\xff\xc3(`,
		`back\slash`:         `back\slash`,
		"":                   "",
		"\u3164\u034f\ufe0f": `\u3164\u034f\ufe0f`,
		"::error::x":         `\x3a:error::x`,
		"\u3000::x":          "\u3000" + `\x3a:x`,
		"a::b":               "a::b",
		"###[x] ##vso[y":     `#\x23#[x] \x23#vso[y`,
		"## heading [x]":     "## heading [x]",
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		"a/b.txt":      "`a/b.txt`",
		"a`b|c":        "`a\\x60b\\x7cc`",
		"\\|":          "`\\\\x7c`",
		" lead":        "`  lead `",
		"trail ":       "` trail  `",
		"":             "",
		"@team #1 <b>": "`@team #1 <b>`",
		"x\n\n# y":     "`x\\x0a\\x0a# y`",
	} {
		if got := Code(in); got != want {
			t.Errorf("Code(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for in, want := range map[string]string{
		"a/b-c_d.e~f":     "a/b-c_d.e~f",
		"sp ace/ünï":      "sp%20ace/%C3%BCn%C3%AF",
		"100%#?.txt":      "100%25%23%3F.txt",
		"http:x/y":        "http%3Ax/y",
		"\xff":            "%FF",
		`back\slash`:      "back%5Cslash",
		"[a]{b}'\"<>&+=;": "%5Ba%5D%7Bb%7D%27%22%3C%3E%26%2B%3D%3B",
	} {
		if got := Percent(in); got != want {
			t.Errorf("escape.Percent(%q) = %q, want %q", in, got, want)
		}
	}
}
