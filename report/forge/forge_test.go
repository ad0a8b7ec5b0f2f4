package forge

import (
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	id := strings.Repeat("ab", 20)
	for remote, want := range map[string]string{
		"https://github.com/acme/shop.git":           "https://github.com/acme/shop/blob/" + id + "/a/b.env#L3",
		"git@github.com:acme/shop.git":               "https://github.com/acme/shop/blob/" + id + "/a/b.env#L3",
		"ssh://git@gitlab.acme.org:2222/g/sub/shop":  "https://gitlab.acme.org/g/sub/shop/-/blob/" + id + "/a/b.env#L3",
		"https://codeberg.org/acme/shop/":            "https://codeberg.org/acme/shop/src/commit/" + id + "/a/b.env#L3",
		"https://user@gitea.acme.org/acme/shop":      "https://gitea.acme.org/acme/shop/src/commit/" + id + "/a/b.env#L3",
		"https://evil.example/github.com/shop":       "",
		"https://mygithub.com/acme/shop":             "",
		"https://github.com/acme/../../login":        "",
		"https://github.com/acme/sh%22op":            "",
		"https://github.com@evil.example/acme/shop":  "",
		"https://github.com\\@evil.example/acme/x":   "",
		"javascript://github.com/acme/shop":          "",
		"https://github.com/shop":                    "",
		"file:///srv/github.com/acme/shop":           "",
		"../shop":                                    "",
		"":                                           "",
		"git@github.com:acme/shop?x=<script>":        "",
		"https://github.com/acme/shop#\"onclick=\"x": "https://github.com/acme/shop/blob/" + id + "/a/b.env#L3",
	} {
		site, ok := Of(remote)
		if got := site.Line(id, "a/b.env", "3"); got != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", remote, got, want)
		}
	}
	site, _ := Of("https://gitlab.com/acme/shop")
	if got := site.Commit(id); got != "https://gitlab.com/acme/shop/-/commit/"+id {
		t.Error(got)
	}
	if got := site.Commit("javascript:x") + site.Line("x", "a", ""); got != "" {
		t.Errorf("an id that is none: %q", got)
	}
}
