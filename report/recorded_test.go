package report

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"skleak/rules"
	"skleak/scanner"
)

// key makes a key of a label: prefix and body are joined at run time, and the body is spelled from
// a hash, so that no file of the repository holds anything that a scanner could take for a key.
func key(environment rules.Environment, label string, length int) rules.Key {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	sum := sha256.Sum256([]byte(label))
	body := make([]byte, length)
	for i := range body {
		body[i] = alphabet[int(sum[i])%len(alphabet)]
	}
	return rules.NewKey("sk_" + string(environment) + "_" + string(body))
}

// The keys of the recorded scan.
var (
	keyPlain       = key(rules.Live, "in a file", 24)
	keyHistory     = key(rules.Live, "in history", 24)
	keyMany        = key(rules.Live, "in many files", 24)
	keyMessage     = key(rules.Test, "in a message", 20)
	keyShort       = key(rules.Test, "short", 12)
	keyAllowed     = key(rules.Live, "allowed", 24)
	keyBaseline    = key(rules.Test, "baseline", 24)
	keyPlaceholder = rules.NewKey("sk_" + "live_" + "your_key_goes_here_please")
)

const (
	hashA = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
	hashB = "2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e"
	hashC = "3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f"
)

func commit(hash, author, summary string) *scanner.Commit {
	zone := time.FixedZone("", 2*60*60)
	return &scanner.Commit{Hash: hash, Author: author, Email: "someone@example.com",
		Date: time.Date(2024, 5, 6, 7, 8, 9, 0, zone), Summary: summary}
}

func place(line, column int, k rules.Key) scanner.Place {
	return scanner.Place{Line: line, Column: column, EndLine: line, EndColumn: column + len(k.Reveal())}
}

func inFile(k rules.Key, path string, line, column int) scanner.Finding {
	return scanner.Finding{Key: k, Form: "plain", Provider: "unknown", Source: scanner.SourceFile,
		Path: path, Place: place(line, column, k)}
}

func inHistory(k rules.Key, path string, line int, c *scanner.Commit) scanner.Finding {
	f := inFile(k, path, line, 5)
	f.Source, f.Commit, f.Blob, f.Reachable = scanner.SourceHistory, c, hashC, true
	return f
}

// recordedFindings is one scan with a finding of every kind, hostile names among them.
func recordedFindings() []scanner.Finding {
	atHead := inHistory(keyPlain, "config/app.env", 3, commit(hashA, "Ann Author", "add settings"))
	atHead.AtHead, atHead.Refs = true, []string{"refs/heads/main", "refs/tags/v1.0"}
	named := inFile(keyPlain, "config/app.env", 3, 16)
	named.Provider, named.Evidence = "laminr", "host api.laminr.ai"
	removed := inHistory(keyHistory, "old/settings.py", 7,
		commit(hashB, "Bo \x1b[31mRed", "first | line `code` @team \u202egnp"))
	removed.Form = "base64"
	removed.Refs = []string{"refs/heads/a", "refs/heads/b", "refs/heads/c", "refs/heads/d", "refs/tags/t"}
	removed.Removed = &scanner.Removal{Commit: commit(hashC, "Cy", "clean up"), Ref: "HEAD"}
	removed.Removed.Commit.Date = removed.Removed.Commit.Date.AddDate(0, 2, 0)
	lost := inHistory(keyHistory, "", 1, nil)
	lost.Reachable = false
	inName := scanner.Finding{Key: keyHistory, Form: "plain", Source: scanner.SourceHistory, Blob: hashC, Reachable: true,
		Path: "dumps/" + keyHistory.Redacted() + ".txt", Commit: commit(hashA, "Ann Author", "add dump")}
	message := inHistory(keyMessage, "", 9, commit(hashB, "Bo", "oops"))
	message.Source, message.Blob, message.LongPrefix = scanner.SourceCommit, "", true
	tag := message
	tag.Source, tag.Commit = scanner.SourceTag, commit(hashC, "Tagger", "release")
	staged := inFile(keyShort, "a:b/sp ace/ünï%#?.txt", 2, 1)
	staged.Source = scanner.SourceIndex
	stdin := inFile(keyShort, "", 4, 2)
	stdin.Source = scanner.SourceStdin
	dummy := inFile(keyPlaceholder, "README.md", 10, 1)
	dummy.Placeholder = true
	found := []scanner.Finding{named, atHead, removed, lost, inName, message, tag, staged, stdin, dummy,
		inFile(keyShort, "evil\x1b]0;x\a\npath|`<b>@all.txt", 1, 1),
		inFile(keyAllowed, "test/fixture.go", 1, 1), inFile(keyBaseline, "legacy.ini", 5, 9)}
	for i := range 12 {
		found = append(found, inFile(keyMany, "many/"+string(rune('a'+i))+".yaml", i+1, 3))
	}
	return found
}

var recordedStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// recordedReport replays the recorded findings through a scanner.Collector, and adds what a run adds to them.
func recordedReport(t testing.TB) *Report {
	t.Helper()
	var c scanner.Collector
	for _, f := range recordedFindings() {
		f.Repository = "."
		if err := c.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	r := &Report{Version: "1.2.3", StartedAt: recordedStart, Duration: 2345 * time.Millisecond,
		Targets: []string{"."}, Leaks: c.Leaks(),
		Coverage: Coverage{Files: 1234, Bytes: 8_123_456_789, Objects: 849_014, Blobs: 262_343, Commits: 80_123, Tags: 1,
			Skipped: []scanner.Skipped{{Reason: "ignored", Count: 12}, {Reason: "lfs-pointer", Count: 2}}},
		Folder: "/home/ann/src/shop", Searched: "sha256:" + hashA + hashB[:24], Configured: "sha256:" + hashC + hashA[:24]}
	r.Repositories = []scanner.Repository{{Name: ".", Path: r.Folder, IsGit: true,
		Remote: "https://github.com/acme/shop.git", Head: hashA,
		Branch: "main", Coverage: r.Coverage}}
	r.Requests = []scanner.Requests{{Provider: "laminr", Sent: 1204}}
	for i := range r.Leaks {
		l := &r.Leaks[i]
		switch l.Key {
		case keyPlain:
			l.Status, l.CheckedAt = scanner.StatusActive, recordedStart.Add(time.Second)
		case keyHistory:
			l.Status, l.CheckedAt = scanner.StatusInactive, recordedStart.Add(time.Second)
		case keyMany:
			l.Status, l.StatusDetail = scanner.StatusUnknown, "no answer | from `host`"
		case keyAllowed:
			l.Suppressed, l.SuppressedBy = scanner.SuppressedAllowed, ".skleakignore: a {test} | `key`"
		case keyBaseline:
			l.Suppressed, l.SuppressedBy = scanner.SuppressedBaseline, "baseline"
		}
	}
	slices.SortStableFunc(r.Leaks, compareUrgency)
	return r
}

// unreadableCoverage lacks twelve places, and more of one kind than a scan keeps.
func unreadableCoverage() Coverage {
	c := Coverage{Files: 3, Bytes: 999, UnreadableCount: 62}
	for i := range 11 {
		c.Unreadable = append(c.Unreadable, scanner.Unreadable{Reason: scanner.UnreadableFile,
			Place: "secret/" + strings.Repeat("x", i) + "\x1b[2J", Detail: "open /home/ann/my work/secret/x: permission denied"})
	}
	c.Unreadable = append(c.Unreadable, scanner.Unreadable{Reason: scanner.UnreadableMissing, Detail: "and 51 more"})
	return c
}

// reports are the runs that each format is tested with, by name.
func reports(t testing.TB) map[string]*Report {
	quiet := Report{Version: "1.2.3", StartedAt: recordedStart, Duration: 40 * time.Millisecond, Targets: []string{"."}}
	nothing, empty, unreadable, both := quiet, quiet, quiet, recordedReport(t)
	nothing.Coverage = Coverage{Files: 1, Bytes: 1}
	empty.Targets = []string{"empty dir", "other\x1b[1m`|"}
	unreadable.Coverage = unreadableCoverage()
	both.Coverage, both.Interrupted = unreadableCoverage(), true
	return map[string]*Report{"found": recordedReport(t), "nothing": &nothing, "empty": &empty,
		"unreadable": &unreadable, "found-unreadable": both}
}
