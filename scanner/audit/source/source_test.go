package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestParse holds what is read of a source, or the words in which it is refused.
func TestParse(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"here", "github:odd"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{
		"github:acme":                              "github acme",
		"GitHub:acme/":                             "github acme",
		"github:acme/api.git":                      "github acme/api",
		"github:":                                  "github ",
		"gitlab:group/sub/project":                 "gitlab group/sub/project",
		"gitea:https://git.example.com/acme":       "gitea https://git.example.com acme",
		"forgejo:https://codeberg.org/acme/api/":   "gitea https://codeberg.org acme/api",
		"gitea:http://127.0.0.1:3000/acme":         "gitea http://127.0.0.1:3000 acme",
		"https://github.com/acme/api":              "clone https://github.com/acme/api",
		"git@github.com:acme/api.git":              "clone github.com:acme/api.git",
		"ssh://deploy@example.com:2222/srv/x":      "clone ssh://example.com:2222/srv/x",
		"git://example.com/x":                      "clone git://example.com/x",
		"here":                                     "path here",
		"./here/":                                  "path here",
		"./github:odd":                             "path github:odd",
		"  github:acme\t":                          "github acme",
		"":                                         "! is empty",
		"githb:acme":                               "! github:acme was meant?",
		"gitbub:acme/api":                          "! github:acme/api was meant?",
		"gitlb:acme":                               "! gitlab:acme was meant?",
		"github.com/acme/api":                      "! github:acme/api was meant?",
		"git.example.com/acme/api":                 "! https://git.example.com/acme/api was meant?",
		"acme/api":                                 "! github:acme/api?",
		"acme":                                     "! github:acme?",
		"https://github.com/acme":                  "! github:acme is all of theirs",
		"https://gitlab.com/group":                 "! gitlab:group is all of theirs",
		"github:acme/api/tree":                     "! github:acme/api was meant?",
		"github:https://github.com/acme":           "! --github-url",
		"github:a b":                               "! is no name at a host",
		"github:acme/..":                           "! is no name at a host",
		"github:-":                                 "github -",
		"gitlab:":                                  "! name of a group",
		"gitlab:https://gitlab.example.com/x":      "! --gitlab-url",
		"gitea:acme":                               "! address of the host",
		"gitea:https://git.example.com":            "! nothing that is to be listed",
		"gitea:http://git.example.com/acme":        "! others could listen",
		"gitea:ftp://git.example.com/acme":         "! address of the host",
		"gitea:https://" + token + "@example.com/": "! without user, token",
		"github:" + token + "@acme":                "! without user, token",
		"https://u:" + token + "@example.com/a/b":  "! holds a password",
		"ext::sh -c touch% x":                      "! are not fetched by",
		"file:///nowhere":                          "! there is no",
		"./nowhere":                                "! there is no",
		"@":                                        "! name of a file",
		"@nowhere":                                 "! reading nowhere",
		"github:acme\x1b[31m":                      "! control character",
		"-oProxyCommand=x:y":                       "! hyphen",
	} {
		s, err := Parse(text)
		got := s.kind
		switch s.kind {
		case clone:
			got += " " + s.url.String()
		case local:
			got += " " + filepath.Base(s.path)
		default:
			if s.site != nil {
				got += " " + s.site.String()
			}
			got += " " + strings.Join(s.names, "/")
		}
		if refusal, ok := strings.CutPrefix(want, "! "); ok {
			if err == nil || !strings.Contains(err.Error(), refusal) || strings.Contains(err.Error(), token) {
				t.Errorf("%q: %v", text, err)
			}
		} else if err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestLists(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) string {
		file := filepath.Join(dir, "list.txt")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	if err := os.Mkdir(filepath.Join(dir, "mine"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := Parse("@" + write("\ufeff# ours\r\n\r\n  github:acme \r\n#gitlab:x\nmine\ngitea:https://git.example.com/x\nhttps://example.com/a/b"))
	if err != nil || len(s.parts) != 4 || s.parts[1].kind != local || len(s.GiteaURLs()) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	file := write("github:acme\n\ngithb:acme\n@other.txt\nnowhere/at/all\n")
	_, err = Parse("@" + file)
	for _, want := range []string{file + ":3: ", file + ":4: a list names no other list", file + ":5: there is no nowhere/at/all"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if _, err := Parse("@" + write("# nothing\n")); err == nil {
		t.Error("a list of nothing is taken")
	}
	if _, err := Parse("@" + write(strings.Repeat("x y\n", 1000))); err == nil || strings.Count(err.Error(), "\n") != maxListErrors || !strings.Contains(err.Error(), "980 more") {
		t.Errorf("%v", err)
	}
}

// FuzzParse: whatever a source is, it is read or refused in one line without what is no text, and is read again as it is shown.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"github:acme/api", "gitlab:a/b/c", "gitea:https://git.example.com/acme", "forgejo:http://[::1]:3/x", "git@host:path", "https://example.com/a.git", "ssh://x@[::1]:22/a", "file:///etc", "./x", "a/b/c", "githb:x", "gitea:https://%zz/a", "github:%2e%2e/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(strings.TrimSpace(text), "@") {
			t.Skip("a file of this machine")
		}
		s, err := Parse(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x00\x1b") {
				t.Errorf("%q: %q", text, err)
			}
			return
		}
		if s.kind == clone || s.kind == local {
			return // shown without who to be there, or from another folder
		}
		for _, name := range s.names {
			if !isName(name) {
				t.Errorf("%q: a part is %q", text, name)
			}
		}
		again, err := Parse(s.String())
		if err != nil || again.String() != s.String() {
			t.Errorf("%q is %q, which is %q, %v", text, s, again, err)
		}
	})
}
