package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/rules"
)

func TestParseIgnoreFile(t *testing.T) {
	prints, patterns, err := ParseIgnoreFile([]byte("\ufeff# keys\r\n0a1b2c3d4e5f60718293\r\n\n 1a1b2c3d4e5f60718293  # revoked # in March \n2a1b2c3d4e5f60718293#x\ndocs/**\n!docs/a b.md\n\\#x\na#b \n/deadbeefdeadbeefdead"))
	if err != nil {
		t.Fatal(err)
	}
	wantPrints := map[string]string{"0a1b2c3d4e5f60718293": "", "1a1b2c3d4e5f60718293": "revoked # in March", "2a1b2c3d4e5f60718293": "x"}
	wantPatterns := []string{"docs/**", "!docs/a b.md", `\#x`, "a#b ", "/deadbeefdeadbeefdead"}
	if diff := cmp.Diff(wantPrints, prints); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(wantPatterns, patterns); diff != "" {
		t.Error(diff)
	}
}

func TestWrongIgnoreFiles(t *testing.T) {
	for text, want := range map[string]string{
		"a\n0A1B2C3D4E5F60718293":             ".skleakignore:2: a fingerprint is the 20 hex digits",
		"0a1b2c3d4e5f6071829":                 "if this is a path, write /0a1b2c3d4e5f6071829",
		"0a1b2c3d4e5f60718293 config/app.env": "nothing but # and a comment",
		"\n\n!":                               ".skleakignore:3: pattern",
		"a\x00b":                              "no NUL",
		`secrets\keys.env`:                    `write "/" between folders`,
		`secrets\`:                            `write "/" between folders`,
		strings.Repeat("a", 5000):             "5000 bytes",
		strings.Repeat("#", maxIgnoreFile+1):  "longer than",
	} {
		if _, _, err := ParseIgnoreFile([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: error %v, want one that says %q", text, err, want)
		}
	}
}

var ignoreSeeds = []string{"# a\n0a1b2c3d4e5f60718293 # b\nc/**\n", "c/d\\ \r\n!e\\*"}

// A fuzz target without seeds tests nothing in an ordinary run.
func TestIgnoreSeeds(t *testing.T) {
	for _, seed := range ignoreSeeds {
		if prints, patterns, err := ParseIgnoreFile([]byte(seed)); err != nil || len(prints)+len(patterns) == 0 {
			t.Errorf("the seed %q says to ignore %d keys and %d patterns: %v", seed, len(prints), len(patterns), err)
		}
	}
}

func FuzzIgnoreFile(f *testing.F) {
	for _, seed := range ignoreSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		prints, patterns, err := ParseIgnoreFile(data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), IgnoreFileName+":") {
				t.Errorf("an error that does not name the file: %v", err)
			}
			return
		}
		for p := range prints {
			if !rules.IsFingerprint(p) {
				t.Errorf("fingerprint %q", p)
			}
		}
		// What was accepted is accepted again, as it is.
		_, again, err := ParseIgnoreFile([]byte(strings.Join(patterns, "\n")))
		if diff := cmp.Diff(patterns, again); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}
