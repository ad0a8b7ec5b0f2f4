package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"

	"skleak/cmd/internal/exit"
	"skleak/report"
)

// hostileNames are what a stranger can call a file, a branch or themselves, and a user's terminal or
// CI job would obey, or show as something else.
var hostileNames = []string{
	"a\x1b[2J\x1b]0;t\a", "b\u009b2J", "c\x9b2J", "d\ne\r\nf", "::error file=g::h", " ::add-mask::i", "j ##[error]k", "l ##vso[task.x]m",
	"n\u202egnp.exe", "o\u200b\u3164", "p|q`r", "<script>s", "[t](javascript:u)", "=cmd()", "\xff\xfe",
}

var ownKey = regexp.MustCompile(`acme_tok_[A-Za-z0-9]{16}`)

func acmeKey() string { return "acme_tok_" + strings.Repeat("Q7w2", 4) }

const acmeRule = "[[rules]]\nid = \"acme\"\nliterals = [\"acme_tok_\"]\nmin = 16\nmax = 16\n"

// checkShown fails where a terminal or a CI system would obey what is written, or a key is in it.
func checkShown(t *testing.T, where, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) || r == '\u3164' }) {
			t.Errorf("%s: shown as it is: %q", where, line)
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") || regexp.MustCompile(`##[a-z]*\[`).MatchString(line) {
			t.Errorf("%s: a CI system obeys %q", where, line)
		}
	}
	if wholeKey.MatchString(text) || ownKey.MatchString(text) {
		t.Errorf("%s: holds a whole key", where)
	}
}

// hostileRepository is a repository with the names in all the places that names have, each beside a
// built-in key and one of the user's own rule.
func hostileRepository(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("files cannot have such names here")
	}
	repo := t.TempDir()
	git := func(name string, args ...string) {
		t.Helper()
		c := exec.Command("git", append([]string{"-C", repo}, args...)...)
		c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME="+name,
			"GIT_AUTHOR_EMAIL="+name+"@x",
			"GIT_COMMITTER_NAME="+name, "GIT_COMMITTER_EMAIL=x@x")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	git("Ada", "init", "-q", "-b", "main")
	text := "laminr_key = " + keyFor("{live:24}") + "\nacme = " + acmeKey() + "\n"
	for i, name := range hostileNames {
		folder := filepath.Join(repo, name, acmeKey())
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+" "+keyFor("{test:20}")), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		git("Ada", "add", "-A")
		who := strings.ReplaceAll(name, "\n", " ") + " " + acmeKey()
		git(who, "commit", "-q", "-m", name+" "+acmeKey()+" "+keyFor("{live:24:message}"))
		git(who, "tag", "-a", "-m", name+" "+acmeKey()+" "+keyFor("{live:24:tag}"), fmt.Sprintf("t%d", i))
		git(who, "update-ref", fmt.Sprintf("refs/heads/\u202e|`<b>%d-%s", i, acmeKey()), "HEAD")
	}
	return repo
}

// TestHostileNames runs the commands over such a repository and looks at all that they print and leave.
func TestHostileNames(t *testing.T) {
	repo := hostileRepository(t)
	folder := t.TempDir()
	config := filepath.Join(folder, "c.toml")
	if err := os.WriteFile(config, []byte(acmeRule), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"text":     {"scan", repo, "-v"},
		"json":     {"scan", repo, "-f", "json", "-r", filepath.Join(folder, "json.txt")},
		"jsonl":    {"git", repo, "-f", "jsonl"},
		"sarif":    {"git", repo, "-f", "sarif"},
		"markdown": {"dir", repo, "-f", "markdown"},
		"staged":   {"git", "--staged", repo},
		"baseline": {"baseline", repo, "-b", filepath.Join(folder, "baseline")},
	} {
		out, errs, status := ran(t, append(args, "-c", config)...)
		if status == exit.Usage {
			t.Errorf("%s: status %d: %s", name, status, errs)
		}
		checkShown(t, name, out)
		checkShown(t, name+", messages", errs)
	}
	text, err := os.ReadFile(filepath.Join(folder, "json.txt"))
	if err != nil {
		t.Fatal(err)
	}
	checkShown(t, "a report in a file", string(text))
	text, err = os.ReadFile(filepath.Join(folder, "baseline"))
	if err != nil || len(text) < 1000 || wholeKey.Match(text) || ownKey.Match(text) {
		t.Errorf("a baseline of %d bytes holds a key, or nothing: %v", len(text), err)
	}
}

// ran runs one command line in a world of its own.
func ran(t *testing.T, args ...string) (out, errs string, status int) {
	t.Helper()
	var o, e bytes.Buffer
	env := []string{"HOME=" + t.TempDir(), "XDG_CONFIG_HOME=" + t.TempDir(), "XDG_STATE_HOME=" + t.TempDir()}
	err := execute(t.Context(), env, strings.NewReader(""), &o, &e, args)
	return o.String(), e.String(), exit.StatusOf(err)
}

// TestHostileArguments: a glob or a script hands over whatever a stranger called a file, and messages
// quote it.
func TestHostileArguments(t *testing.T) {
	for _, name := range slices.Concat(hostileNames, []string{keyFor("{live:24}")}) {
		config := filepath.Join(t.TempDir(), "c.toml")
		if err := os.WriteFile(config, fmt.Appendf(nil, "%q = 1\n[[rules]]\nid = %q\nliterals = [%q]\n", name, name,
			name+"::##[x]12345678"), 0o600); err != nil {
			t.Fatal(err)
		}
		plain := t.TempDir()
		for _, args := range [][]string{
			{"dir", name}, {"scan", name}, {"git", name}, {"scan", plain, "-r", filepath.Join(plain, name, "r.json")}, {"dir", plain + "/" + name},
			{name}, {"--" + name}, {"help", name}, {"hook", name}, {"scan", "-c", config, plain}, {"rules", "-c", config}, {"rules", "-f", "json", "-c", config},
			{"scan", "-c", filepath.Join(plain, name)}, {"scan", "-b", filepath.Join(plain, name), plain}, {"git", "--range", name, plain},
			{"verify", "--report", name}, {"verify", "--endpoint", name}, {"revoke", "--assume-provider", name}, {"scan", "-f", name}, {"hook", "update", name, name, name},
		} {
			out, errs, _ := ran(t, args...)
			if out+errs == "" {
				t.Errorf("%q: nothing is said", args)
			}
			checkShown(t, fmt.Sprintf("%.40q", args), out)
			checkShown(t, fmt.Sprintf("%.40q", args), errs)
			for line := range strings.Lines(errs) {
				if !strings.HasPrefix(line, "skleak: ") {
					t.Errorf("%.40q: a message begins with %q", args, line)
				}
			}
		}
	}
}

// TestHostileSavedReport: a report comes from who knows where.
func TestHostileSavedReport(t *testing.T) {
	for _, name := range hostileNames {
		file := filepath.Join(t.TempDir(), "r.json")
		text := fmt.Sprintf(`{"schemaVersion":1,"tool":{"name":"skleak","version":%[1]s},"scan":{"startedAt":%[1]s,"targets":[%[1]s,"."],
			"coverage":{"skipped":[{"reason":%[1]s}],"unreadable":[{"reason":%[1]s,"place":%[1]s,"detail":%[1]s}]}},
			"leaks":[{"fingerprint":%[1]s,"key":"…","environment":%[1]s,"provider":%[1]s,"evidence":%[1]s,"status":%[1]s,"suppressed":"",
			"findings":[{"source":%[1]s,"path":%[1]s,"form":%[1]s,"refs":[%[1]s],"commit":{"hash":%[1]s,"author":%[1]s}}]}]}`, quoted(name))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, format := range report.FormatNames() {
			out, errs, status := ran(t, "verify", "--report", file, "-f", format)
			if status == exit.Clean {
				t.Errorf("%q: status %d", name, status)
			}
			checkShown(t, fmt.Sprintf("%s, %.20q", format, name), out)
			checkShown(t, fmt.Sprintf("%s, %.20q", format, name), errs)
		}
	}
}

// quoted is s as JSON has it.
func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}
