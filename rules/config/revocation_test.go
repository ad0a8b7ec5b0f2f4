package config

import (
	"strings"
	"testing"
)

func TestRevocationIsConfigured(t *testing.T) {
	for _, tt := range []struct{ toml, want string }{
		{`method = "DELETE"
url = "https://admin.example.com/keys/{fingerprint}?tenant={env:TENANT}"
headers = { Authorization = "Bearer {env:ADMIN_TOKEN}" }`, ""},
		{`method = "POST"
url = "http://127.0.0.1:8080/revoke"
body = '{"key":"{key}"}'
accept = [200, 404]`, ""},
		{`method = "POST"
url = "{env:ADMIN_URL}/keys/{fingerprint}"`, ""},
		{`command = ["revoke-key", "--fingerprint", "{fingerprint}"]`, ""},
		{``, "nothing to request and nothing to run"},
		{`method = "DELETE"`, "no absolute URL"},
		{`url = "https://admin.example.com/{fingerprint}"`, "method"},
		{`method = "delete"
url = "https://admin.example.com/{fingerprint}"`, "method"},
		{`method = "DELETE"
url = "https://admin.example.com/keys/{key}"`, "never put into a URL"},
		{`method = "DELETE"
url = "http://admin.example.com/{fingerprint}"`, "https only"},
		{`method = "DELETE"
url = "https://user:pass@admin.example.com/{fingerprint}"`, "neither a user"},
		{`method = "DELETE"
url = "https://admin.example.com/keys"`, "which key is meant"},
		{`method = "DELETE"
url = "https://admin.example.com/{fingerprint}"
headers = { "bad header" = "x" }`, "header"},
		{`method = "DELETE"
url = "https://admin.example.com/{fingerprint}"
headers = { A = "x\ny" }`, "line break"},
		{`method = "DELETE"
url = "https://admin.example.com/{fingerprint}"
accept = [302]`, "accept 302"},
		{`method = "DELETE"
url = "https://admin.example.com/{fingerprint}{env:A B}"`, "no name of a variable"},
		{`command = ["revoke-key", "{key}"]`, "not for arguments"},
		{`command = ["revoke-key", "{env:TOKEN}"]`, "not for arguments"},
		{`command = [""]`, "first part is the program"},
		{`command = ["x"]
method = "DELETE"`, "either a command or a request"},
		{`comand = ["x"]`, `did you mean "command"`},
	} {
		c, err := parseUser([]byte("[providers.laminr.revoke]\n"+tt.toml+"\n"), "config.toml")
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s\nerror %v, want …%s…", tt.toml, err, tt.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s\n%v", tt.toml, err)
			continue
		}
		set, err := c.Compile()
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := set.Provider("laminr"); p.Revoke == nil {
			t.Errorf("%s\nthe provider has no way to revoke", tt.toml)
		}
	}
}

func TestTreeMayNotRevoke(t *testing.T) {
	_, err := LoadTree([]byte("[providers.laminr.revoke]\ncommand = [\"x\"]\n"), TreeConfigName)
	if err == nil || !strings.Contains(err.Error(), "only your own configuration may set it") {
		t.Errorf("a scanned tree's configuration: %v", err)
	}
}
