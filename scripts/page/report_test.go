package page

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"time"

	"skleak/report"
	"skleak/rules"
	"skleak/scanner"
)

var started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// keyOf makes a key of a number. No file of the repository holds one.
func keyOf(n int) rules.Key {
	sum := sha256.Sum256(fmt.Appendf(nil, "key %d", n))
	return rules.NewKey("sk_" + []string{"live", "test"}[n%3/2] + "_" + hex.EncodeToString(sum[:12]))
}

func idOf(n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "id %d", n))
	return hex.EncodeToString(sum[:20])
}

var (
	authors  = []string{"Ada Lovelace", "Ben Okri", "Chioma Eze", "Dmitri K.", "Emeka Obi", "Fatima Z."}
	folders  = []string{"config/production.env", "deploy/values.yaml", "src/payments/client.py", "docs/notes.md", "test/fixtures/payment.rb"}
	messages = []string{"Add settings", "Fix the deployment", "Try the new client", "Rotate keys"}
	statuses = []string{scanner.StatusActive, scanner.StatusUnchecked, scanner.StatusInactive, scanner.StatusUnknown}
)

// audit is a report of some keys at some places each, in a few repositories.
func audit(keys, places int) *report.Report {
	r := &report.Report{Version: "1.2.3", StartedAt: started, Duration: 2345 * time.Millisecond, Targets: []string{"."}, Folder: "/home/ann/src",
		Coverage: report.Coverage{Files: 1234, Bytes: 8_123_456, Objects: 84_901, Blobs: 26_234, Commits: 8_012, Tags: 12,
			Skipped: []scanner.Skipped{{Reason: "ignored", Count: 12}}, Unreadable: []scanner.Unreadable{}}}
	for i, name := range []string{"shop", "api", "infrastructure"} {
		one := scanner.Repository{Name: name, Path: "/home/ann/src/" + name, IsGit: true, Remote: "https://github.com/acme/" + name, Head: idOf(i), Branch: "main"}
		r.Repositories = append(r.Repositories, one)
	}
	r.Repositories = append(r.Repositories, scanner.Repository{Name: "website", Path: "/home/ann/src/website", IsGit: true, Head: idOf(9), Branch: "main"})
	for n := range keys {
		key := keyOf(n)
		l := report.Leak{Key: key, Environment: key.Environment(), Provider: []string{"laminr", "stripe", "unknown"}[n%3], Status: statuses[n*7%4]}
		if l.Status != scanner.StatusUnchecked {
			l.CheckedAt = started
		}
		for p := range places {
			l.Findings = append(l.Findings, finding(key, n, p))
		}
		r.Leaks = append(r.Leaks, l)
	}
	return r
}

func finding(key rules.Key, n, p int) scanner.Finding {
	seed := n*31 + p*7
	repository := []string{"shop", "api", "infrastructure"}[seed%3]
	f := scanner.Finding{Key: key, Form: "plain", Source: scanner.SourceHistory, Repository: repository, Reachable: seed%11 > 0 || seed%4 == 0, AtHead: seed%4 == 0,
		Path: fmt.Sprintf("%s/%s", repository, folders[seed%len(folders)]), Place: scanner.Place{Line: 1 + seed%300, Column: 5}, Blob: idOf(seed)}
	if f.Reachable {
		f.Refs = []string{"refs/heads/main"}
	}
	f.Commit = &scanner.Commit{Hash: idOf(n*100 + p/5), Author: authors[seed/5%len(authors)], Email: "someone@example.com",
		Date: started.AddDate(0, 0, -1-(n*13+p/5*90)%1200), Summary: messages[seed/5%len(messages)]}
	return f
}

// fill puts a text into every string of a value, whatever its depth. Lists that are empty get an element.
func fill(v reflect.Value, text string) {
	switch v.Interface().(type) {
	case rules.Key, time.Time, *rules.Redactor:
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(v.Elem(), text)
	}
}
