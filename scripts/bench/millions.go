package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
)

// millions is what generated repositories of ten million objects are named.
const (
	millions       = "ten million objects"
	millionCommits = 2_500_000 // each brings four objects
)

// tenMillion scans a history of 10^7 objects with a key in an early, a middle and a late commit. To generate it takes a
// quarter of an hour and 2.5 GB, so only -heavy does.
func (b *bench) tenMillion() (string, bool, error) {
	if _, err := os.Stat(filepath.Join(b.worlds, millions)); err != nil && !b.heavy {
		return "", false, errors.New("-heavy generates it, or -worlds holds it")
	}
	repo, err := b.world(millions, makeMillions)
	if err != nil {
		return "", false, err
	}
	size, objects, err := packed(repo)
	if err != nil {
		return "", false, err
	}
	best, err := least(1, b.scan("git", repo))
	if err != nil {
		return "", false, err
	}
	took := best[0]
	each := took.processor.Seconds() / math.Max(float64(objects), 1) * 1e6
	return fmt.Sprintf("%s, %d MB anonymous, %.1f µs of processor time an object (%d objects, %d MB)", short(took.wall),
		took.anonymous>>20, each, objects, size/1e6), took.anonymous <= 1<<30, nil
}

func makeMillions(dir string) error {
	if err := call("", "git", "init", "-q", "--bare", "-b", "main", dir); err != nil {
		return err
	}
	if err := call("", "git", "-C", dir, "config", "pack.compression", "1"); err != nil {
		return err
	}
	return fastImport(dir, func(to io.Writer) error { return writeMillions(to, millionCommits) })
}

// writeMillions writes commits of which each changes one file of 4,096 in 64 folders: a commit, two trees and a blob.
// Four commits in turn change the same file.
func writeMillions(to io.Writer, commits int) error {
	w := bufio.NewWriterSize(to, 1<<20)
	r := random()
	var lines [128][]byte
	content, path := []byte(nil), ""
	for commit := range commits {
		if commit%4 == 0 {
			path = fmt.Sprintf("folder%02d/file%02d.txt", r.IntN(64), r.IntN(64))
			for i := range lines {
				lines[i] = fmt.Appendf(lines[i][:0], "%016x is line %d of a file with some text\n", r.Uint64(), i)
			}
		}
		for range 2 {
			at := r.IntN(len(lines))
			lines[at] = fmt.Appendf(lines[at][:0], "%016x is what commit %d changed\n", r.Uint64(), commit)
		}
		content = content[:0]
		for _, line := range lines {
			content = append(content, line...)
		}
		content = append(content, planted(commit, commits)...)
		fmt.Fprintf(w, "commit refs/heads/main\ncommitter b <b@example.com> %d +0000\ndata 24\ncommit number %010d\n",
			1_000_000_000+60*commit, commit)
		fmt.Fprintf(w, "M 100644 inline %s\ndata %d\n%s\n", path, len(content), content)
	}
	return w.Flush()
}

// planted is a line with a key in three commits: an early one, one in the middle and a late one.
func planted(commit, commits int) string {
	for i, of := range []int{100, commits / 2, commits - 100} {
		if commit == of {
			return fmt.Sprintf("key = %q\n", "sk_"+"live_"+fmt.Sprint(i)+"q7Xb2LmN9vR4tYk8Wz3Hc6Jd")
		}
	}
	return ""
}
