package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// author is for the commits that are made here, whoever runs this.
var author = []string{"GIT_AUTHOR_NAME=bench", "GIT_AUTHOR_EMAIL=bench@example.com", "GIT_COMMITTER_NAME=bench",
	"GIT_COMMITTER_EMAIL=bench@example.com"}

// makeStaged makes a working tree of so many folders of 100 tracked files each, one file of them changed and staged.
func makeStaged(dir string, folders int) error {
	for i := range folders {
		sub := filepath.Join(dir, fmt.Sprint("d", i%20), fmt.Sprint("e", i))
		if err := os.MkdirAll(sub, 0o755); err != nil {
			return err
		}
		for j := range 100 {
			if err := os.WriteFile(filepath.Join(sub, fmt.Sprint("file with a name ", j)), fmt.Appendln(nil, i, j),
				0o644); err != nil {
				return err
			}
		}
	}
	steps := [][]string{{"init", "-q"}, {"add", "."}, {"-c", "gc.auto=0", "commit", "-qm", "all"}, {"gc", "-q"}}
	for _, step := range steps {
		if err := call(author[0], "env", append(append(append([]string{}, author[1:]...), "git", "-C", dir),
			step...)...); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "d1/e1/file with a name 7"), []byte("more\n"), 0o644); err != nil {
		return err
	}
	return call("", "git", "-C", dir, "add", ".")
}

func (b *bench) staged() (string, bool, error) {
	dir, err := b.world("staged", func(dir string) error { return makeStaged(dir, 400) })
	if err != nil {
		return "", false, err
	}
	ours, theirs := b.hook("pre-commit"), command{args: []string{b.gitleaks, "git", "--staged", "--no-banner",
		"--exit-code", "0"}}
	ours.dir, theirs.dir = dir, dir
	told, ok, err := compare(5*b.runs, ours, theirs, 1)
	if err != nil {
		return "", false, err
	}
	took, within, err := b.within(8*time.Millisecond, ours)
	return told + ", " + took, ok && within, err
}

// within tells the processor time that a command takes, and whether it is at most limit.
func (b *bench) within(limit time.Duration, ours command) (string, bool, error) {
	best, err := least(10*b.runs, ours)
	if err != nil {
		return "", false, err
	}
	return short(best[0].least) + " of processor time", best[0].least <= limit, nil
}

// back returns the first commit behind HEAD, by first parents, from which on there are so many commits, or objects.
func back(repo string, count int, more ...string) (string, error) {
	ids, err := git(repo, "rev-list", "--first-parent", "--max-count=2000", "HEAD")
	if err != nil {
		return "", err
	}
	for _, id := range strings.Fields(ids) {
		list, err := git(repo, append(append([]string{"rev-list"}, more...), id+"..HEAD")...)
		if err != nil {
			return "", err
		}
		if strings.Count(list, "\n")+1 >= count {
			return id, nil
		}
	}
	return "", fmt.Errorf("%s has too short a history", repo)
}

func (b *bench) push(repo string) (string, bool, error) {
	old, err := back(repo, 20)
	if err != nil {
		return "", false, err
	}
	tip, err := git(repo, "rev-parse", "HEAD")
	if err != nil {
		return "", false, err
	}
	ours := b.hook("pre-push", "nowhere", "url")
	ours.dir, ours.input = repo, fmt.Sprintf("refs/heads/bench %s refs/heads/bench %s\n", tip, old)
	return b.within(25*time.Millisecond, ours)
}

// receive does what a server does with a push of 1,000 objects, which lie in quarantine in a pack and nowhere else.
func (b *bench) receive(repo string) (string, bool, error) {
	ours, err := b.quarantine(repo)
	if err != nil {
		return "", false, err
	}
	return b.within(50*time.Millisecond, ours)
}

func (b *bench) quarantine(repo string) (command, error) {
	old, err := back(repo, 1000, "--objects")
	if err != nil {
		return command{}, err
	}
	server := filepath.Join(b.work, "server.git")
	aside := filepath.Join(server, "aside")
	script := `set -e
git init -q --bare "$2"
mkdir -p "$3/pack"
tip=$(git -C "$1" rev-parse HEAD)
packed() {
	git -C "$1" rev-list --objects --missing=allow-any "$2" | cut -d' ' -f1 | git -C "$1" pack-objects -q "$3/pack/pack" >/dev/null
}
packed "$1" "$4" "$2/objects"
packed "$1" "$4..$tip" "$3"
cd "$2"
git update-ref refs/heads/bench "$4"
echo "$4 $tip refs/heads/bench" >pushed`
	if err := call("", "sh", "-c", script, "sh", repo, server, aside, old); err != nil {
		return command{}, err
	}
	line, err := os.ReadFile(filepath.Join(server, "pushed"))
	if err != nil {
		return command{}, err
	}
	ours := b.hook("pre-receive")
	ours.dir, ours.input = server, string(line)
	ours.env = []string{"GIT_DIR=.", "GIT_QUARANTINE_PATH=" + aside, "GIT_OBJECT_DIRECTORY=" + aside,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + filepath.Join(server, "objects")}
	return ours, nil
}
