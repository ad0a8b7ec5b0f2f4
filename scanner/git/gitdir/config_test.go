package gitdir

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What we read of a configuration file is held against git, but for what go-git's parser refuses.
func TestParseConfigAgainstGit(t *testing.T) {
	text := "\ufeff# first\n[Core] Bare = yes ; same line\n\tignoreCase\n  excludesFile = \"/a b\\\"c\" d  # comment\n" +
		"[remote \"o.ri \\\"g\"]\r\n\turl = x\\\n  y\r\n\tpromisor = TRUE\r\n" +
		"[core]\nworktree = a\\\\\n[core]\n; [core] x = y\nempty =\n" +
		"[ext \"ignored\"]\nfoo = [core]\n[extensions]objectFormat=sha256\n"
	path := filepath.Join(tempDir(t), "config")
	write(t, path, text)
	var want []string
	for line := range strings.SplitSeq(strings.TrimSuffix(git(t, "", "config", "--list", "-z", "-f", path), "\x00"), "\x00") {
		key, value, ok := strings.Cut(line, "\n")
		if !ok {
			value = "true"
		}
		if !strings.HasPrefix(key, "ext.") {
			want = append(want, key+"="+value)
		}
	}
	all, bad := parseConfig([]byte(text))
	var got []string
	for _, one := range all {
		got = append(got, one.key+"="+one.value)
	}
	if !slices.Equal(got, want) || len(bad) > 0 {
		t.Errorf("settings\n%q\nwant\n%q\nbad lines %v", got, want, bad)
	}
}

// A line that cannot be read hides no other, and is named.
func TestParseConfigBroken(t *testing.T) {
	all, bad := parseConfig([]byte("[core]\nbare = true\nx = \"open\nignorecase = \\q\n= 1\nlast = 2\n" +
		"[remote \"open]\nb = 1\n[core \"\xff\"]\nc = 1\n[unwanted]\n\x00\x01 = [\n[extensions]\nobjectformat = sha256\n"))
	for key, want := range map[string]string{"core.bare": "true", "core.last": "2", "extensions.objectformat": "sha256"} {
		if got := all.last(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	var lines []int
	for _, b := range bad {
		lines = append(lines, b.number)
	}
	if want := []int{3, 4, 5, 7, 9}; !slices.Equal(lines, want) {
		t.Errorf("bad lines %v, want %v", lines, want)
	}
}

// Ten thousand branches, each a section of its own.
func BenchmarkParseConfig(b *testing.B) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "[branch \"b%d\"]\n\tremote = origin\n\tmerge = refs/heads/b%d\n", i, i)
	}
	text.WriteString("[remote \"origin\"]\n\turl = x\n")
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if all, _ := parseConfig([]byte(text.String())); len(all) != 1 {
			b.Fatal(len(all))
		}
	}
}

var configSeeds = []string{
	"[core]\nbare\n", "[a \"b\\", "[core] x = \"\\\n\"\n", "[remote \"x\"]\npromisor = \\", "[core]\nx=\"\\\r\n",
	"\ufeff[extensions]\r\n\tobjectFormat = sha256 # so\r\n[remote \"a.b\"]\n\turl = \"x;y\" \\\n  z\n[include]\n\tpath = /x\n",
	"[Core\u0229]\nx = 1\n", // once taken for the section core
}

func FuzzParseConfig(f *testing.F) {
	for _, seed := range configSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, _ := parseConfig(data)
		for _, one := range all {
			section, _, ok := strings.Cut(one.key, ".")
			if !ok || !wantedSections[section] {
				t.Errorf("setting %q of no wanted section", one.key)
			}
		}
	})
}

// setHome gives the test a home folder of its own.
func setHome(t *testing.T) string {
	t.Helper()
	home := tempDir(t)
	t.Setenv("HOME", home)
	return home
}

// What a header and a key without a value are, as regular expressions.
var (
	sectionHeader = regexp.MustCompile(`^[ \t]*(\[[ \t]*([^\s"\]]+)(?:"(?:[^"\\]|\\.)*"|[^"\]])*\])(.*)$`)
	bareKey       = regexp.MustCompile(`^[ \t]*([A-Za-z][A-Za-z0-9-]*)[ \t\r]*(?:[#;].*)?$`)
)

// FuzzConfigLine holds what takes lines apart against these.
func FuzzConfigLine(f *testing.F) {
	for _, seed := range configLineSeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		line, _, _ = strings.Cut(line, "\n")
		m := sectionHeader.FindStringSubmatch(line)
		header, name, rest, ok := cutHeader(line)
		if got := []string{header, name, rest}; ok != (m != nil) || ok && !slices.Equal(got, m[1:]) {
			t.Errorf("%q: header %q, %v, want %q", line, got, ok, m)
		}
		if got, want := spelledOut(line), bareKey.ReplaceAllString(line, "$1 = true"); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	})
}

func configLineSeeds() []string {
	return []string{"[core]", " \t[ core ] bare # x", `[remote "a\"]b"]url = x`, `[remote "origin"]`, `[a"b]`, `[a"b\`, `[a\]b]`, `[a."x"y]z]`,
		"[", "[]", `[ "x"]`, "[a\fb]", "[\u00e9]", "bare", "\tbare \r", "bare ; = x", "bare=", "9bare", "-b", "b-9 #", "b_c", ""}
}

func TestExcludesFile(t *testing.T) {
	home := setHome(t)
	repo := newRepo(t)
	check := func(want string) {
		t.Helper()
		if got := mustOpen(t, repo).ExcludesFile(); got != want {
			t.Errorf("excludes file is %q, want %q", got, want)
		}
	}
	check(filepath.Join(home, ".config", "git", "ignore"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "xdg"))
	check(filepath.Join(home, "xdg", "git", "ignore"))
	write(t, filepath.Join(home, "xdg", "git", "config"), "[core]\nexcludesFile = /from/xdg\n")
	check(rooted(repo, "from", "xdg"))
	write(t, filepath.Join(home, ".gitconfig"), "[include]\npath = more\n")
	write(t, filepath.Join(home, "more"), "[core]\nexcludesFile = ~/from/home\n")
	check(filepath.Join(home, "from", "home"))
	git(t, repo, "config", "core.excludesFile", "relative")
	check(filepath.Join(repo, "relative"))
	git(t, repo, "config", "core.excludesFile", "")
	check("")

	// The repository's own files include nothing.
	git(t, repo, "config", "--unset", "core.excludesFile")
	git(t, repo, "config", "include.path", filepath.Join(repo, "hostile"))
	write(t, filepath.Join(repo, "hostile"), "[core]\nexcludesFile = /hostile\n")
	check(filepath.Join(home, "from", "home"))

	// A cycle, which git itself refuses, ends.
	write(t, filepath.Join(home, "more"), "[core]\nexcludesFile = /from/cycle\n[include]\npath = .gitconfig\n")
	check(rooted(repo, "from", "cycle"))

	global := filepath.Join(home, "global")
	write(t, global, "")
	t.Setenv("GIT_CONFIG_GLOBAL", global)
	check(filepath.Join(home, "xdg", "git", "ignore"))
	system := filepath.Join(home, "system")
	write(t, system, "[core]\nexcludesFile = /from/system\n")
	t.Setenv("GIT_CONFIG_SYSTEM", system)
	check(filepath.Join(home, "xdg", "git", "ignore")) // GIT_CONFIG_NOSYSTEM holds
	os.Unsetenv("GIT_CONFIG_NOSYSTEM")
	defer os.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	check(rooted(repo, "from", "system"))
}

// rooted is a path from the root, which is that of a drive on Windows.
func rooted(repo string, names ...string) string {
	return filepath.VolumeName(repo) + string(filepath.Separator) + filepath.Join(names...)
}

func TestIgnoreCase(t *testing.T) {
	home := setHome(t)
	repo := newRepo(t)
	if mustOpen(t, repo).IgnoreCase() {
		t.Error("true by default")
	}
	for text, want := range map[string]bool{"true": true, "Yes": true, "on": true, "1": true, "0": false, "off": false, "": false} {
		write(t, filepath.Join(home, ".gitconfig"), "[core]\nignoreCase = "+text+"\n")
		if got := mustOpen(t, repo).IgnoreCase(); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
	git(t, repo, "config", "core.ignoreCase", "true")
	if !mustOpen(t, repo).IgnoreCase() {
		t.Error("the user's configuration wins over the repository's")
	}
}
