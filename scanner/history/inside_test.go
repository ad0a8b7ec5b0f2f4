package history

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
	"skleak/scanner/scantest"
)

// committed makes a repository with one commit for each set of files, and packs it.
func committed(t *testing.T, commits ...map[string]string) (dir string) {
	t.Helper()
	dir = realTempDir(t)
	git(t, dir, "init", "-q")
	for i, files := range commits {
		for name, text := range files {
			write(t, dir, name, text)
		}
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-qm", fmt.Sprint("commit ", i))
	}
	return dir
}

// insideOf are the places of what was found in containers, with the key's name left out.
func insideOf(found []scanner.Finding) (places []string) {
	for _, f := range found {
		places = append(places, fmt.Sprintf("%s %s:%d %s", f.Source, f.Path, f.Line, f.Container))
	}
	slices.Sort(places)
	return places
}

func hold(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestInside finds what lies in the containers of a history: in loose and packed objects, in a delta, in what is too
// large to be held, and in what only its end gives away.
func TestInside(t *testing.T) {
	t.Parallel()
	secret := scantest.Member{Name: "conf/app.env", Text: "first line\n" + assign("within")}
	const large = 9 << 20 // see pack.Walk
	ballast := scantest.Member{Name: "ballast", Text: string(noise(5, large)), Stored: true}
	small := scantest.Member{Name: "ballast", Text: string(noise(6, 4000)), Stored: true}
	for _, one := range []struct {
		name, file, content string
		place, container    string
	}{
		{"zip", "a.zip", scantest.Zip(t, secret), "a.zip!conf/app.env:2", "zip"},
		{"zip in a zip", "a.zip", scantest.Zip(t, scantest.Member{Name: "b.zip", Text: scantest.Zip(t, secret)}), "a.zip!b.zip!conf/app.env:2", "zip"},
		{"stored in a stored zip", "a.zip", scantest.Zip(t, scantest.Member{Name: "b.zip", Text: scantest.Zip(t, scantest.Member{Name: secret.Name, Text: secret.Text, Stored: true}), Stored: true}), "a.zip!b.zip!conf/app.env:2", "zip"},
		{"behind a program", "a.exe", string(noise(7, 2000)) + scantest.Zip(t, secret), "a.exe!conf/app.env:2", "zip"},
		{"tar.gz", "a.tgz", scantest.Gzip(t, scantest.Tar(t, secret)), "a.tgz!conf/app.env:2", "tar"},
		{"large zip", "a.zip", scantest.Zip(t, ballast, secret), "a.zip!conf/app.env:2", "zip"},
		{"large tar.gz", "a.tgz", scantest.Gzip(t, scantest.Tar(t, ballast, secret)), "a.tgz!conf/app.env:2", "tar"},
		{"large, behind a program", "a.exe", ballast.Text + scantest.Zip(t, secret), "a.exe!conf/app.env:2", "zip"},
		{"zip in a gzip, between its members", "a.gz", scantest.Gzip(t, scantest.Zip(t, scantest.Member{Name: "x"})+assign("within")+scantest.Zip(t, scantest.Member{Name: "y"})), "a.gz:1", "gzip"},
		{"name", "a.zip", scantest.Zip(t, scantest.Member{Name: keyNamed("within") + ".txt", Text: "nothing"}), "", "zip"},
		{"delta", "a.zip", scantest.Zip(t, small, secret), "a.zip!conf/app.env:2", "zip"},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			before := map[string]string{"README": "nothing here\n"}
			if one.name == "delta" {
				before[one.file] = scantest.Zip(t, small, scantest.Member{Name: "conf/app.env", Text: "no secret"})
			}
			dir := committed(t, before, map[string]string{one.file: one.content})
			for _, packed := range []bool{false, true} {
				if packed {
					git(t, dir, "repack", "-adfq", "--depth=50")
				}
				want := []string{"history " + one.place + " " + one.container}
				if one.place == "" {
					want = []string{"history a.zip![redacted]:0 zip"}
				}
				r := scan(t, dir, Options{})
				got := insideOf(r.found)
				if one.place == "" && len(got) == 1 && strings.HasPrefix(got[0], "history a.zip!") && !strings.Contains(got[0], keyNamed("within")) {
					got = want // redaction has its own tests
				}
				hold(t, fmt.Sprint("scan, packed ", packed), got, want)
				for _, f := range r.found {
					if f.Commit == nil || f.Commit.Summary != "commit 1" || !f.AtHead || f.Key.Reveal() != keyNamed("within") {
						t.Errorf("%+v", f)
					}
				}
				ranged := insideOf(scanRange(t, dir, "HEAD~1..HEAD", Options{}).found)
				hold(t, fmt.Sprint("range, packed ", packed), ranged, insideOf(r.found))
			}
		})
	}
}

// TestInsideOfDelta makes sure that a container that is a delta nothing is built on is one for the search, too, though
// it is looked at without being built: also where its base is none.
func TestInsideOfDelta(t *testing.T) {
	t.Parallel()
	secret := scantest.Member{Name: "conf/app.env", Text: assign("within")}
	archive := scantest.Zip(t, scantest.Member{Name: "ballast", Text: string(noise(6, 4000)), Stored: true}, secret)
	const front = "a text that stands in front of it"
	for name, one := range map[string]struct {
		base     string
		copied   int // where in the base the archive stands
		inserted int // how much of it is new
	}{
		"of an archive":  {base: archive + "more"},
		"of a text":      {base: front + archive + "more", copied: len(front)},
		"with a new end": {base: front + archive[:len(archive)-100], copied: len(front), inserted: 100},
	} {
		base := gitObject{blobID(one.base), "blob", one.base}
		target := gitObject{blobID(archive), "blob", archive}
		old := len(archive) - one.inserted
		delta := appendInsert(appendCopy(deltaHead(one.base, archive), one.copied, old), archive[old:])
		dir := realTempDir(t)
		git(t, dir, "init", "-q", "--bare")
		writePack(t, objectsOf(dir), []packedEntry{{gitObject: base}, {gitObject: target, base: &base, delta: delta}})
		var found []string
		for _, f := range scan(t, dir, Options{}).found {
			if f.Blob == target.id {
				found = append(found, fmt.Sprint(f.Path, ":", f.Line))
			}
		}
		hold(t, "a delta "+name, found, []string{"!conf/app.env:1"})
	}
}

// TestRunsOfDelta: what is packed in base64 begins in a version where letters are joined or set apart that stood in the base,
// far from what the delta brings in; whether something is built on that version or not.
func TestRunsOfDelta(t *testing.T) {
	t.Parallel()
	packed := base64.StdEncoding.EncodeToString([]byte(scantest.Gzip(t, assign("within"))))
	text := strings.Repeat("some text in front\n", 60)
	lines := text + packed[:40] + "\n" + packed[40:80] + "\n" + packed[80:] + "\n" + text
	behind := text + strings.Repeat("x", 500) + packed + "\n" + text
	magic := len(text) + 500
	for name, one := range map[string]struct {
		base     string
		from     int // where the version begins in the base
		left     int // where in the base something is put in
		inserted string
		right    int // and where it goes on
	}{
		"lines are joined":                   {base: lines, left: len(text) + 40, right: len(text) + 41},
		"a sign in front":                    {base: behind, left: magic, inserted: `"`, right: magic},
		"a sign in front, letters between":   {base: behind, left: magic - 240, inserted: `"`, right: magic - 240},
		"a sign in place of letters between": {base: behind, left: magic - 240, inserted: `"`, right: magic - 200},
		"the beginning is gone":              {base: behind, from: magic - 100, left: len(behind), right: len(behind)},
		"the beginning is another":           {base: behind, inserted: "x x", right: magic - 100},
	} {
		version := one.base[one.from:one.left] + one.inserted + one.base[one.right:]
		version += strings.Repeat("and more\n", 150)
		delta := deltaHead(one.base, version)
		if one.from < one.left {
			delta = appendCopy(delta, one.from, one.left-one.from)
		}
		if one.inserted != "" {
			delta = appendInsert(delta, one.inserted)
		}
		if one.right < len(one.base) {
			delta = appendCopy(delta, one.right, len(one.base)-one.right)
		}
		for range 150 {
			delta = appendInsert(delta, "and more\n")
		}
		next := version + "!"
		base, target, last := gitObject{blobID(one.base), "blob", one.base}, gitObject{blobID(version), "blob", version}, gitObject{blobID(next), "blob", next}
		pack := []packedEntry{{gitObject: base}, {gitObject: target, base: &base, delta: delta}}
		on := packedEntry{gitObject: last, base: &target, delta: appendInsert(appendCopy(deltaHead(version, next), 0, len(version)), "!")}
		for what, entries := range map[string][]packedEntry{"nothing is built on it": pack, "something is": append(pack, on)} {
			dir := realTempDir(t)
			git(t, dir, "init", "-q", "--bare")
			writePack(t, objectsOf(dir), entries)
			found := map[string]bool{}
			for _, f := range scan(t, dir, Options{}).found {
				found[f.Blob] = true
			}
			if want := len(entries) - 1; found[base.id] || !found[target.id] || len(found) != want {
				t.Errorf("%s, %s: found in %d objects, wanted %d", name, what, len(found), want)
			}
		}
	}
}

// TestScriptOfDelta: a script that something packed stands behind is told by both its ends, and a version may have either from
// its base.
func TestScriptOfDelta(t *testing.T) {
	t.Parallel()
	text, packed := prose(1, 100), scantest.Gzip(t, prose(2, 60)+assign("within"))
	script := "#!/bin/sh\n" + text
	for name, one := range map[string]struct{ base, version string }{
		"a new end":       {script + text, script + "\n" + packed},
		"a new beginning": {text + text + "\n" + packed, "#!/bin/sh\n" + text + "\n" + packed},
	} {
		base, target := gitObject{blobID(one.base), "blob", one.base}, gitObject{blobID(one.version), "blob", one.version}
		delta := appendCopy(deltaHead(one.base, one.version), 0, len(script))
		rest := one.version[len(script):]
		if strings.HasPrefix(name, "a new b") {
			delta, rest = appendInsert(deltaHead(one.base, one.version), "#!/bin/sh\n"), ""
			delta = appendCopy(delta, len(text), len(one.base)-len(text))
		}
		for ; rest != ""; rest = rest[min(127, len(rest)):] {
			delta = appendInsert(delta, rest[:min(127, len(rest))])
		}
		dir := realTempDir(t)
		git(t, dir, "init", "-q", "--bare")
		writePack(t, objectsOf(dir), []packedEntry{{gitObject: base}, {gitObject: target, base: &base, delta: delta}})
		if got := scan(t, dir, Options{}); len(got.found) != 1 || got.found[0].Blob != target.id {
			t.Errorf("%s: found %v", name, got.found)
		}
	}
}

// TestInsideIsNamed: what cannot be read in a container is named with its place, and nothing where none is wanted.
func TestInsideIsNamed(t *testing.T) {
	t.Parallel()
	broken := []byte(scantest.Zip(t, scantest.Member{Name: "conf/app.env", Text: strings.Repeat("text ", 100)}))
	broken[45] ^= 0xff
	dir := committed(t, map[string]string{"README": "nothing"}, map[string]string{"a.zip": string(broken)})
	blob := strings.TrimSpace(git(t, dir, "rev-parse", "HEAD:a.zip"))
	list := scan(t, dir, Options{}).coverage.UnreadableList()
	if len(list) != 1 || list[0].Place != "object "+blob+"!conf/app.env" || list[0].Reason != scanner.UnreadableCorrupt {
		t.Errorf("scan: %+v", list)
	}
	list = scanRange(t, dir, "HEAD~1..HEAD", Options{}).coverage.UnreadableList()
	if len(list) != 1 || list[0].Place != "a.zip!conf/app.env" {
		t.Errorf("range: %+v", list)
	}
	for _, c := range []*scanner.Coverage{
		scan(t, dir, Options{NoArchives: true}).coverage, scanRange(t, dir, "HEAD~1..HEAD", Options{NoArchives: true}).coverage,
	} {
		if !c.Complete() || !slices.Contains(c.SkippedList(), scanner.Skipped{Reason: scanner.SkippedArchive, Count: 1}) {
			t.Errorf("without archives: %+v, %+v", c.SkippedList(), c.UnreadableList())
		}
	}
}

// TestInsideIgnored: patterns see the path of a container and what lies in it. What moves within it from an ignored
// place to another is new.
func TestInsideIgnored(t *testing.T) {
	t.Parallel()
	ignore := func(path string, dir bool) bool { return strings.HasPrefix(path, "a.zip!fixtures/") }
	fixture := scantest.Member{Name: "fixtures/a.env", Text: assign("within")}
	prod := scantest.Member{Name: "prod/a.env", Text: assign("within")}
	dir := committed(t, map[string]string{"a.zip": scantest.Zip(t, scantest.Member{Name: "README"})}, map[string]string{"a.zip": scantest.Zip(t, fixture)},
		map[string]string{"a.zip": scantest.Zip(t, prod)}, map[string]string{"a.zip": scantest.Zip(t, prod, scantest.Member{Name: "more", Text: "text"})})
	o := Options{Ignore: ignore}
	hold(t, "scan at the fixture", insideOf(scanRange(t, dir, "HEAD~3..HEAD~2", o).found), nil)
	hold(t, "moved", insideOf(scanRange(t, dir, "HEAD~2..HEAD~1", o).found), []string{"history a.zip!prod/a.env:1 zip"})
	hold(t, "there already", insideOf(scanRange(t, dir, "HEAD~1..HEAD", o).found), nil)
	hold(t, "there already, nothing ignored", insideOf(scanRange(t, dir, "HEAD~2..HEAD", Options{}).found), nil)
}

// TestInsideStaged: the hook looks into what is staged.
func TestInsideStaged(t *testing.T) {
	t.Parallel()
	dir := committed(t, map[string]string{"a.zip": scantest.Zip(t, scantest.Member{Name: "old.env", Text: assign("old")})})
	write(t, dir, "a.zip", scantest.Zip(t, scantest.Member{Name: "old.env", Text: assign("old")}, scantest.Member{Name: "new.env", Text: assign("new")}))
	write(t, dir, "b.jar", scantest.Zip(t, scantest.Member{Name: "x", Text: assign("other")}))
	git(t, dir, "add", "-A")
	got, _, _ := staged(t, dir, nil)
	hold(t, "staged", got, []string{"a.zip!new.env:1", "b.jar!x:1"})
	if err := os.Remove(filepath.Join(dir, "b.jar")); err != nil {
		t.Fatal(err)
	}
	got, _, _ = staged(t, dir, []string{"a.zip"})
	hold(t, "staged, with names", got, []string{"a.zip!new.env:1", "b.jar!x:1"})
}
