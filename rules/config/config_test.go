package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/rules/rulestest"
)

// example returns the configuration that the document shows.
func example(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```toml\n(.*?)```").FindSubmatch(data)
	if found == nil {
		t.Fatal("no TOML in docs/configuration.md")
	}
	return found[1]
}

func TestDocumentedConfigLoads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, example(t), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadUser(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	if reason, ok := c.Allows("0a1b2c3d4e5f60718293"); !ok || reason == "" {
		t.Error("the fingerprint is not allowed")
	}
	if _, ok := c.Allows("00000000000000000000"); ok {
		t.Error("a fingerprint that is not there is allowed")
	}
	laminr, _ := s.Provider("laminr")
	if laminr.BaseURL != "https://laminr.example.com" || laminr.Check == nil || !slices.Contains(laminr.Hosts, "api.laminr.ai") {
		t.Errorf("laminr is %+v", laminr)
	}
	if builtin, _ := provider.Default().Provider("laminr"); builtin.BaseURL != "https://api.laminr.ai" || slices.Contains(builtin.Hosts, "laminr.example.com") {
		t.Errorf("the built-in provider has changed: %+v", builtin)
	}
	for text, want := range map[string]string{
		"key: ⟦acme_pat_" + rulestest.Base62Body + "⟧":      "acme by rule acme-token",
		"laminr.example.com ⟦L~" + rulestest.HexBody + "⟧":  "laminr by host laminr.example.com",
		"ACME_CLOUD_KEY=⟦L~" + rulestest.Base62Body + "⟧":   "acme by name ACME_CLOUD_KEY",
		"summit: ⟦T~0a9f3e710a9f3e710a9f3e71⟧":              "unknown by ",
		"summit: ⟦L~" + strings.Repeat("0a9f3e71", 4) + "⟧": "acme by name summit",
	} {
		got, plain := "", []byte(rulestest.Parse(text).Text)
		s.Scan(plain, func(m rules.Match) {
			provider, evidence := s.Clues(plain, m).Decide("")
			got = provider + " by " + evidence
		})
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// Every option is in the document, and none is invented: the example loads, and names each.
func TestDocumentedConfigIsComplete(t *testing.T) {
	text := string(example(t))
	var visit func(kind reflect.Type)
	visit = func(kind reflect.Type) {
		for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice || kind.Kind() == reflect.Map {
			kind = kind.Elem()
		}
		if kind.Kind() != reflect.Struct {
			return
		}
		for _, f := range reflect.VisibleFields(kind) {
			if tag := f.Tag.Get("toml"); tag != "" {
				if !regexp.MustCompile(`(?m)(^|[\[. {,])` + tag + `( =|\.|\])`).MatchString(text) {
					t.Errorf("docs/configuration.md does not show %s of %s", tag, kind)
				}
				visit(f.Type)
			}
		}
	}
	visit(reflect.TypeFor[userFile]())
}

func TestLoadTree(t *testing.T) {
	c, err := LoadTree([]byte("ignore = ['a/**']\nallow = [{ fingerprint = '0a1b2c3d4e5f60718293' }]\n[[rules]]\nid = 'x'\nliterals = ['xyzzy_']\nmin = 12\n"), TreeConfigName)
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Ignore: []string{"a/**"}, Allow: []Allow{{Fingerprint: "0a1b2c3d4e5f60718293"}},
		Rules: []rules.Rule{{ID: "x", Literals: []string{"xyzzy_"}, Min: 12}},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	if c, err := LoadTree(nil, TreeConfigName); err != nil || !reflect.DeepEqual(c, &Config{}) {
		t.Errorf("an empty file gives %+v, %v", c, err)
	}
}

func TestConfigErrors(t *testing.T) {
	const twenty = "0a1b2c3d4e5f60718293"
	for _, c := range []struct {
		text string
		want []string // parts of the error; a number is the line
	}{
		{"\nignroe = []", []string{"c.toml:2: ", `unknown key "ignroe": did you mean "ignore"?`}},
		{"a = 1\nb = 2", []string{"c.toml:1: ", "\nc.toml:2: "}},
		{"[[rules]]\nid = 'x'\nliteral = ['abcdef']", []string{"c.toml:3: ", `did you mean "literals"?`}},
		{"[providers.laminr]\nbase_ulr = 'x'", []string{"c.toml:2: ", `"providers.laminr.base_ulr": did you mean "base_url"?`}},
		{"[providers.laminr.check]\npath = '/'\n[[providers.laminr.check.answers]]\nstaus = 200", []string{"c.toml:4: ", `did you mean "status"?`}},
		{"[provider.laminr]\nname = 'x'", []string{"c.toml:1: ", `did you mean "providers"?`}},
		{"[a]\n" + strings.Repeat("[[b]]\n", 30), []string{"c.toml: and 11 more keys"}},
		{"ignore = [", []string{"c.toml:"}},
		{"ignore = 3", []string{"c.toml:1: "}},
		{"ignore = ['a',\n '']", []string{"c.toml:2: ", "matches no path"}},
		{"ignore = ['#a']", []string{"c.toml:1: ", "comment"}},
		{"ignore = [\"a\\nb\"]", []string{"no line break"}},
		{"ignore = ['!']", []string{"matches no path"}},
		{"allow = [\n{ fingerprint = 'abc' }]", []string{"c.toml:2: ", "20 hex digits"}},
		{"allow = [{ fingerprint = '" + strings.ToUpper(twenty) + "' }]", []string{"lower case"}},
		{"[[rules]]\nliterals = ['abcdef']", []string{"c.toml: a rule has no id"}},
		{"[[rules]]\nid = 'a b'", []string{"c.toml:2: ", "an id has"}},
		{"[[rules]]\nid = 'a'", []string{`rule "a": no literals`}},
		{"[[rules]]\nid = 'a'\nliterals = ['abcde']", []string{"c.toml:3: ", "literal of 5 bytes"}},
		{"[[rules]]\nid = 'a'\nliterals = ['      ']", []string{"c.toml:3: ", "visible ASCII"}},
		{"[[rules]]\nid = 'a'\nbody = 'z-a'", []string{"c.toml:3: ", "no range"}},
		{"[[rules]]\nid = 'a'\nliterals = ['abcdef']\nmin = 20\nmax = 10", []string{`rule "a": `, "lengths must rise"}},
		{"[[rules]]\nid = 'a'\nliterals = ['abcdef']\n[[rules]]\nid = 'a'\nliterals = ['bcdefg']", []string{`two rules have the id "a"`}},
		{"[[rules]]\nid = 'a'\nliterals = ['abcdef']\nprovider = 'lamin'", []string{`provider of rule "a"`, `did you mean "laminr"?`}},
		{"[[rules]]\nid = 'a'\nliterals = [" + strings.Repeat("'abcdef',", maxLiterals+1) + "]", []string{"1001 literals"}},
		{"assume_provider = 'stirpe'", []string{"assume_provider", `did you mean "stripe"?`}},
		{"[providers.acme]\nbase_url = 'http://acme.test'", []string{"providers.acme: base_url", "https only"}},
		{"[providers.acme]\nhosts = ['api.stripe.com']", []string{`speaks for`, "acme", "stripe"}},
		{"[providers.ACME]\nwords = ['acme']", []string{"providers.ACME: an ID has"}},
		{"ignore = []\x00", []string{"UTF-16"}},
		{strings.Repeat("#", maxConfig+1), []string{"longer than"}},
	} {
		_, err := parseUser([]byte(c.text), "c.toml")
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%.80q\n error %v\n  want %s", c.text, err, want)
			}
		}
	}
}

// What a scanned tree may not say is refused with the reason, whatever form it has.
func TestTreeMayNotChooseWhereKeysGo(t *testing.T) {
	for text, want := range map[string]string{
		"\nassume_provider = 'laminr'":                              "t:2: assume_provider: only your own configuration",
		"[providers.laminr]\nbase_url = 'https://evil.test'":        "only your own configuration",
		"providers.laminr.base_url = 'https://evil.test'":           "t:1: providers.laminr.base_url: only your own",
		"providers = { laminr = { base_url = 'https://e.test' } }":  "t:1: providers: only your own",
		"[[rules]]\nid='a'\nliterals=['abcdef']\nprovider='stripe'": "t:4: rules.provider: only your own",
		"[[rules]]\nid='a'\nliterals=['x" + rulestest.Live + "']":   "t:3: what starts so",
		"[[rules]]\nid='a'\nliterals=['" + rulestest.Test + "']":    "t:3: what starts so",
		"[providers.laminr.revoke]\ncommand = ['rm']":               "t:1: ",
		"extends = 'x'": `unknown key "extends"`,
	} {
		if _, err := LoadTree([]byte(text), "t"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q\n error %v\n  want %s", text, err, want)
		}
	}
}

// A tree's rules cannot make the built-in ones find less.
func TestTreeRulesAddOnly(t *testing.T) {
	tree, err := LoadTree([]byte("[[rules]]\nid='a'\nliterals=['sk_liv', 'k_live_', '_live_']\nmin=1\nmax=3\n"), "t")
	if err != nil {
		t.Fatal(err)
	}
	c, err := (&Config{}).Merge(tree)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("key = '" + rulestest.Live + rulestest.Base62Body + "'")
	found := 0
	s.Scan(text, func(m rules.Match) {
		if m.Rule == "" && m.Key.Reveal() == rulestest.Live+rulestest.Base62Body {
			found++
		}
	})
	if found != 1 {
		t.Errorf("the built-in rules find the key %d times", found)
	}
}

func TestMerge(t *testing.T) {
	user := &Config{Ignore: []string{"a"}, Rules: []rules.Rule{{ID: "u", Literals: []string{"abcdef"}, Provider: "laminr"}}, AssumeProvider: "laminr"}
	tree := &Config{Ignore: []string{"b"}, Allow: []Allow{{Fingerprint: "0a1b2c3d4e5f60718293"}}, Rules: []rules.Rule{{ID: "t", Literals: []string{"bcdefg"}}}}
	c, err := user.Merge(tree)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(c.Ignore, " ") != "a b" || len(c.Allow) != 1 || len(c.Rules) != 2 || c.AssumeProvider != "laminr" || len(user.Rules) != 1 {
		t.Errorf("merged: %+v", c)
	}
	tree.Rules[0].ID = "u"
	if _, err := user.Merge(tree); err == nil || !strings.Contains(err.Error(), `two rules have the id "u"`) {
		t.Errorf("two rules of one id: %v", err)
	}
}

func TestLoadUser(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, dir)
	}
	if c, err := LoadUser(""); err != nil || !reflect.DeepEqual(c, &Config{}) {
		t.Errorf("without a file: %+v, %v", c, err)
	}
	if _, err := LoadUser(filepath.Join(dir, "none.toml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a named file that is not there: %v", err)
	}
	path, err := UserPath()
	if err != nil || !strings.HasPrefix(path, dir) || filepath.Base(filepath.Dir(path)) != "skleak" {
		t.Fatalf("UserPath: %s, %v", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("\ufeffassume_provider = 'stripe'\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := LoadUser(""); err != nil || c.AssumeProvider != "stripe" {
		t.Errorf("%+v, %v", c, err)
	}
}

var configSeeds = []string{
	"ignore = ['a']\n[[rules]]\nid = 'a'\nliterals = ['abcdef']",
	"[providers.laminr]\nbase_url = 'https://a.test'\n[providers.a.check]\npath='/'",
	"[[providers.a.check.answers]]\nstatus = 1e9\nwhere = { a = [1] }",
}

func FuzzConfig(f *testing.F) {
	for _, seed := range configSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, load := range []func([]byte, string) (*Config, error){LoadTree, parseUser} {
			c, err := load(data, "c.toml")
			if err != nil {
				if !strings.HasPrefix(err.Error(), "c.toml:") {
					t.Errorf("an error that does not name the file: %v", err)
				}
				continue
			}
			if _, err := c.Compile(); err != nil {
				t.Errorf("accepted, and then: %v", err)
			}
		}
		if c, err := LoadTree(data, "t"); err == nil && (len(c.Providers) > 0 || c.AssumeProvider != "") {
			t.Error("a tree has set providers")
		}
	})
}
