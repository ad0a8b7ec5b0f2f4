package fetch

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Credentials say who to be. They go to the host they are for, in a header, and nowhere else.
type Credentials struct {
	Token string            // the user's word: it is for the host of the URL
	Env   map[string]string // where tokens of known hosts may stand
	Hosts map[string]string // by kind (github, gitlab, gitea): the origin that the tokens in Env are for, if not the usual one
}

// ReadToken reads a token from a file.
func ReadToken(file string) (string, error) {
	const most = 16 << 10
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("reading the token: %w", err)
	}
	defer f.Close()
	text := make([]byte, most+1)
	n, err := f.Read(text)
	token := strings.TrimSpace(string(text[:n]))
	switch {
	case err != nil && n == 0 || token == "":
		return "", fmt.Errorf("the file %s holds no token", file)
	case n > most || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", fmt.Errorf("the file %s holds more than a token: one line is wanted", file)
	}
	return token, nil
}

// forge is a kind of host that has variables for its tokens.
type forge struct {
	kind      string
	origin    string // of the usual one
	variables []string
	user      string // who one is with a token
}

var forges = []forge{
	{"github", "https://github.com", []string{"GITHUB_TOKEN", "GH_TOKEN"}, "x-access-token"},
	{"gitlab", "https://gitlab.com", []string{"GITLAB_TOKEN"}, "oauth2"},
	{"gitea", "https://gitea.com", []string{"GITEA_TOKEN"}, "oauth2"},
}

// anybody is the user where the token alone counts. GitHub, GitLab, Gitea and Bitbucket take any name.
const anybody = "x-access-token"

// forgeAt is the one whose variables hold tokens for an origin.
func (c Credentials) forgeAt(origin string) (forge, bool) {
	for _, f := range forges {
		if origin == cmp.Or(c.Hosts[f.kind], f.origin) {
			return f, true
		}
	}
	return forge{}, false
}

// forURL are the credentials at hand for a URL, and where they are from. A token never goes over a connection that
// others can read.
func (c Credentials) forURL(u URL) (user, secret, from string) {
	if u.scheme != "https" && (u.scheme != "http" || !u.isLoopback()) {
		return "", "", ""
	}
	if c.Token != "" {
		return cmp.Or(u.user, anybody), c.Token, "the token of --token-file"
	}
	f, _ := c.forgeAt(u.origin())
	for _, name := range f.variables {
		if token := strings.TrimSpace(c.Env[name]); token != "" { // a line end is often there
			return cmp.Or(u.user, f.user), token, "the token in " + name
		}
	}
	return "", "", ""
}

// TokenFor is the token at hand for the host of an address, and what to call it.
func (c Credentials) TokenFor(address *url.URL) (token, from string) {
	u, err := locate(address)
	if err != nil {
		return "", ""
	}
	_, token, from = c.forURL(u)
	return token, from
}

// VariableFor is the variable that a token for the host of an address may stand in; "" if there is none.
func (c Credentials) VariableFor(address *url.URL) string {
	if f, ok := c.forgeAt(Origin(address)); ok {
		return f.variables[0]
	}
	return ""
}

// askGit asks the credential helpers that the user has told git of. It is run in an empty folder of our own, so that the
// configuration of whatever lies around, a mirror's included, counts for nothing; and nobody is asked at a terminal.
func askGit(ctx context.Context, u URL, env map[string]string) (user, secret string) {
	if u.scheme != "https" && (u.scheme != "http" || !u.isLoopback()) {
		return "", ""
	}
	program, err := exec.LookPath("git")
	if err != nil {
		return "", ""
	}
	dir, err := os.MkdirTemp("", "skleak-ask-")
	if err != nil {
		return "", ""
	}
	defer os.RemoveAll(dir) //nolint:errcheck // nothing is in it
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	c := exec.CommandContext(ctx, program, "credential", "fill")
	c.Dir = dir
	c.Env = append(withoutGit(env), "GIT_TERMINAL_PROMPT=0", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	c.WaitDelay = time.Second
	question := fmt.Sprintf("protocol=%s\nhost=%s\npath=%s\n", u.scheme, u.hostPort(), strings.TrimPrefix(u.path, "/"))
	if u.user != "" {
		question += "username=" + u.user + "\n"
	}
	c.Stdin = strings.NewReader(question + "\n")
	answer, err := c.Output()
	if err != nil {
		return "", ""
	}
	for line := range bytes.Lines(answer) {
		key, value, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), "=")
		switch key {
		case "username":
			user = value
		case "password":
			secret = value
		}
	}
	return cmp.Or(user, anybody), secret
}

// withoutGit is an environment without what leads git to a repository.
func withoutGit(env map[string]string) (list []string) {
	for name, value := range env {
		if !slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE",
			"GIT_OBJECT_DIRECTORY"}, name) {
			list = append(list, name+"="+value)
		}
	}
	return list
}
