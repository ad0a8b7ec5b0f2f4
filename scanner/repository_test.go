package scanner

import "testing"

func TestWithoutCredentials(t *testing.T) {
	for remote, want := range map[string]string{
		"https://user:word@example.com/a.git":        "https://example.com/a.git",
		"https://token@example.com/a.git":            "https://example.com/a.git",
		"https://example.com/a.git?token=word#word":  "https://example.com/a.git",
		"ssh://git@example.com:22/a.git":             "ssh://git@example.com:22/a.git",
		"ssh://git:word@example.com/a.git":           "ssh://example.com/a.git",
		"ssh://ann@example.com/a.git":                "ssh://example.com/a.git",
		"git@example.com:a.git":                      "git@example.com:a.git",
		"ann@example.com:a.git":                      "example.com:a.git",
		"ann:word@example.com:a.git":                 "example.com:a.git",
		"https://us%zzer:word@example.com/a.git":     "https://…",
		"https://user:wo/rd@example.com/a":           "https://…",
		"/srv/a.git":                                 "/srv/a.git",
		"../a@b/c.git":                               "../a@b/c.git",
		"":                                           "",
		"ext::sh -c 'curl -u user:word@example.com'": "example.com'",
	} {
		if got := WithoutCredentials(remote); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}
