package fetch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.com/team/project.git":      "https://example.com/team/project.git project",
		"HTTPS://example.com:8443/p":                "https://example.com:8443/p p",
		"https://me@example.com/team/project/":      "https://example.com/team/project/ project",
		"ssh://git@example.com:2222/~me/x.git":      "ssh://example.com:2222/~me/x.git x",
		"git+ssh://example.com/x":                   "ssh://example.com/x x",
		"git@example.com:team/project.git":          "example.com:team/project.git project",
		"example.com:project":                       "example.com:project project",
		"git://[::1]:9418/x.git":                    "git://[::1]:9418/x.git x",
		"file:///srv/a%20b.git":                     "file:///srv/a b.git a b",
		"file://localhost/srv/x":                    "file:///srv/x x",
		"https://" + "ghp_" + "x@example.com/x":     "error: looks like a token",
		"https://me:" + "secret" + "@example.com/x": "error: holds a password",
		"https://example.com":                       "error: no repository there",
		"https:///x":                                "error: names no host",
		"https://example.com/x?y=z":                 "error: no \"?\"",
		"https://example.com:70000/x":               "error: port",
		"ssh://-oProxyCommand=x/y":                  "error: hyphen",
		"git@example.com:-x":                        "error: hyphen",
		"git@$(touch${IFS}x):y":                     "error: no such name has",
		"a`b`@example.com:x":                        "error: no such name has",
		"ssh://exa|mple.com/x":                      "error: cannot be read",
		"ssh://a%27;b@example.com/x":                "error: no such name has",
		"ext::sh -c true":                           "error: are not fetched by \"ext\"",
		"ftp://example.com/x":                       "error: are not fetched by \"ftp\"",
		"file://.":                                  "error: names no path",
		"file:.":                                    "error: names no path",
		"file:///%zz":                               "error: percent sign",
		"https://exa\x1bmple.com/x":                 "error: cannot be read",
		"project":                                   "", "./a:b": "", "a/b:c": "", `C:\project`: "", "C:/x": "", ".": "", "": "", "/srv/x.git": "",
	} {
		u, ok, err := ParseURL(text)
		got := ""
		switch {
		case err != nil:
			got = "error: " + err.Error()
		case ok:
			got = u.String() + " " + u.Name()
		}
		wanted, fails := strings.CutPrefix(want, "error: ")
		if fails && (err == nil || !strings.Contains(err.Error(), wanted) || strings.Contains(err.Error(), "secret")) || !fails && got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

// TestTokensOfHosts: a token goes to its own host alone, and over nothing that others can read.
func TestTokensOfHosts(t *testing.T) {
	env := map[string]string{"GH_TOKEN": "hub", "GITLAB_TOKEN": "lab", "GITEA_TOKEN": "tea"}
	for text, want := range map[string][2]string{ // without a token of one's own, and with one
		"https://github.com/a/b":            {"hub", "own"},
		"https://GitHub.com:443/a/b":        {"hub", "own"},
		"https://gitlab.com/a/b":            {"lab", "own"},
		"https://gitea.com/a/b":             {"tea", "own"},
		"https://github.com.evil.example/a": {"", "own"},
		"https://github.com:8443/a/b":       {"", "own"},
		"https://example.com/a":             {"", "own"},
		"http://github.com/a/b":             {"", ""},
		"http://example.com/a":              {"", ""},
		"http://127.0.0.1:8080/a":           {"", "own"},
		"http://localhost/a":                {"", "own"},
		"ssh://github.com/a/b":              {"", ""},
		"git://github.com/a/b":              {"", ""},
	} {
		u, _, err := ParseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, own := range []string{"", "own"} {
			if _, secret, _ := (Credentials{Token: own, Env: env}).forURL(u); secret != want[i] {
				t.Errorf("%s, own token %q: %q is sent, not %q", text, own, secret, want[i])
			}
		}
	}
}

// TestTokensOfOwnHosts: the variables are for the host that the user names in place of the usual one, and for it alone.
func TestTokensOfOwnHosts(t *testing.T) {
	c := Credentials{Env: map[string]string{"GITHUB_TOKEN": " hub\n", "GITLAB_TOKEN": "lab", "GITEA_TOKEN": "tea"},
		Hosts: map[string]string{"github": "https://ghe.example.com:8443", "gitea": "http://127.0.0.1:3000"}}
	for text, want := range map[string]string{
		"https://GHE.example.com:8443/a/b": "hub", "https://ghe.example.com/a/b": "", "https://github.com/a/b": "", "http://ghe.example.com:8443/a/b": "",
		"https://gitlab.com/a/b": "lab", "http://127.0.0.1:3000/a/b": "tea", "http://127.0.0.1:3001/a/b": "", "https://gitea.com/a/b": "", "ssh://ghe.example.com:8443/a/b": "",
	} {
		u, _, err := ParseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, secret, _ := c.forURL(u); secret != want {
			t.Errorf("%s gets %q, not %q", text, secret, want)
		}
	}
}

// TestCanonical: one repository has one URL and one place, however its URL is written.
func TestCanonical(t *testing.T) {
	for text, want := range map[string]string{
		"https://me@GitHub.com:443/acme/api.git/": "https://github.com/acme/api.git github.com/acme/api",
		"https://github.com:8443/acme/api":        "https://github.com:8443/acme/api github.com:8443/acme/api",
		"git@github.com:acme/api.git":             "github.com:acme/api.git github.com/acme/api",
		"ssh://git@github.com:22/acme/api":        "ssh://github.com/acme/api github.com/acme/api",
		"ssh://deploy@host:2222/srv/x.git":        "ssh://deploy@host:2222/srv/x.git host:2222/srv/x",
		"deploy@host:x":                           "deploy@host:x host/x",
		"git://[::1]:9418/x":                      "git://[::1]/x [::1]/x",
	} {
		u, _, err := ParseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Canonical() + " " + u.Place(); got != want {
			t.Errorf("%s: %s, not %s", text, got, want)
		}
		if again, ok, err := ParseURL(u.Canonical()); !ok || err != nil || again.Canonical() != u.Canonical() {
			t.Errorf("%s is read again as %s, %v", u.Canonical(), again.Canonical(), err)
		}
	}
}

func TestReadToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for text, want := range map[string]string{"abc\n": "abc", " abc \r\n": "abc", "": "", "\n": "", "a b": "", "a\nb": "", strings.Repeat("x", 20_000): ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadToken(file); got != want || (err == nil) != (want != "") {
			t.Errorf("%.10q: %q, %v", text, got, err)
		}
	}
	if _, err := ReadToken(file + ".none"); err == nil {
		t.Error("no error for a file that is not there")
	}
}
