package gitdir

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/scanner/git/oid"
	"skleak/scanner/scantest"
)

// reftableRepo copies a kept repository; testdata/reftable.sh says how it was made.
func reftableRepo(t *testing.T, format string) string {
	t.Helper()
	repo := filepath.Join(tempDir(t), "repo")
	dotGit := filepath.Join(repo, ".git")
	if err := os.CopyFS(dotGit, os.DirFS(filepath.Join("testdata", "reftable", format))); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dotGit, "objects"), 0o777); err != nil {
		t.Fatal(err)
	}
	return repo
}

func readText(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestReftable(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			d := mustOpen(t, reftableRepo(t, format))
			if !d.Reftable {
				t.Error("the format of the refs was not seen")
			}
			refs, noted := d.Refs()
			if len(noted) > 0 {
				t.Errorf("problems %v", noted)
			}
			var got []string
			for _, ref := range refs {
				got = append(got, fmt.Sprintf("%s %s %s", ref.Name, ref.ID.Hex(d.Format), ref.Symbolic))
			}
			want := strings.Split(strings.TrimSuffix(readText(t, filepath.Join(d.Git, "refs.txt")), "\n"), "\n")
			for i, line := range want {
				want[i] = strings.Join(strings.SplitN(line, " ", 4)[:3], " ") // git tells what tags lead to, too
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("refs, git's − and ours +:\n%s", diff)
			}
			checkReftableNames(t, d, refs)
		})
	}
}

func checkReftableNames(t *testing.T, d *Dir, refs []Ref) {
	t.Helper()
	head, ok := d.Head()
	main, err := d.Resolve("main")
	if !ok || err != nil || head.ID != main || head.Symbolic != "refs/heads/main" {
		t.Errorf("Head() = %+v, %v; main is %v, %v", head, ok, main, err)
	}
	for _, ref := range refs {
		if id, err := d.Resolve(ref.Name); err != nil || id != ref.ID {
			t.Errorf("Resolve(%s) = %v, %v, want %v", ref.Name, id, err, ref.ID)
		}
	}
	if _, err := d.Resolve("pull/077/head"); !errors.Is(err, ErrRefNotFound) {
		t.Errorf("a deleted ref: %v", err)
	}
}

// From a linked worktree, its own refs come first and those of the main one have its name.
func TestReftableWorktree(t *testing.T) {
	d := mustOpen(t, reftableRepo(t, "sha1"))
	other := mustOpen(t, filepath.Join(d.Git, "worktrees", "other"))
	refs, noted := other.Refs()
	if len(noted) > 0 {
		t.Errorf("problems %v", noted)
	}
	first, err := d.Resolve("worktrees/other/HEAD")
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]oid.ID{
		"HEAD": first, "refs/bisect/bad": first, "main-worktree/HEAD": second, "main-worktree/ORIG_HEAD": first, "refs/heads/main": second,
	} {
		i := slices.IndexFunc(refs, func(r Ref) bool { return r.Name == name })
		if i < 0 || refs[i].ID != want {
			t.Errorf("%s is not %v among %d refs", name, want, len(refs))
		}
	}
}

func TestReftableBroken(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"no list":     {func(dir string) error { return os.Remove(filepath.Join(dir, "tables.list")) }, "tables.list"},
		"no table":    {func(dir string) error { return os.Remove(newestTable(dir)) }, "file"},
		"short table": {func(dir string) error { return os.Truncate(newestTable(dir), 100) }, "cut off"},
		"empty table": {func(dir string) error { return os.Truncate(newestTable(dir), 0) }, "no reftable"},
		"other folder": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "tables.list"), []byte("../HEAD\n"), 0o666)
		}, "another folder"},
		"other format": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "..", "config"), []byte("[extensions]\nobjectFormat=sha256\nrefStorage=reftable\n"), 0o666)
		}, "another format"},
	} {
		t.Run(name, func(t *testing.T) {
			repo := reftableRepo(t, "sha1")
			if err := c.damage(filepath.Join(repo, ".git", "reftable")); err != nil {
				t.Fatal(err)
			}
			d := mustOpen(t, repo)
			_, noted := d.Refs()
			if !slices.ContainsFunc(noted, func(p Problem) bool { return p.Place == "reftable" && strings.Contains(p.Detail, c.want) }) {
				t.Errorf("problems %v, want one with %q", noted, c.want)
			}
			if _, err := d.Resolve("absent"); err == nil || errors.Is(err, ErrRefNotFound) {
				t.Errorf("Resolve: %v, want that not all refs could be read", err)
			}
		})
	}
}

func newestTable(dir string) string {
	tables, err := filepath.Glob(filepath.Join(dir, "*.ref"))
	if err != nil || len(tables) == 0 {
		panic("no tables in " + dir)
	}
	return slices.Max(tables)
}

// seal gives a table a footer that fits its header, so that damage in the middle is reached.
func seal(data []byte) []byte {
	data = slices.Clone(data)
	footer := len(data) - 24 - footerRest
	if footer < 24 {
		return data
	}
	copy(data[footer:], data[:24])
	binary.BigEndian.PutUint32(data[len(data)-4:], crc32.ChecksumIEEE(data[footer:len(data)-4]))
	return data
}

// handTable makes a table of one block with these records.
func handTable(records ...[]byte) []byte {
	data := []byte("REFT\x01\x00\x00\x00" + strings.Repeat("\x00", 16) + "r\x00\x00\x00")
	for _, record := range records {
		data = append(data, record...)
	}
	data = append(data, 0, 0) // no restart points
	data[25], data[26], data[27] = byte(len(data)>>16), byte(len(data)>>8), byte(len(data))
	return seal(append(data, make([]byte, 24+footerRest)...))
}

// record makes a record that keeps some of the name before it.
func record(keep int, rest string, kind int, value string) []byte {
	return slices.Concat(scantest.TableNumber(keep), scantest.TableNumber(len(rest)<<3|kind), []byte(rest), scantest.TableNumber(0), []byte(value))
}

func TestTableByHand(t *testing.T) {
	id := strings.Repeat("i", 20)
	refs, err := readTable(handTable(record(0, "refs/a", 1, id), record(5, "b", 3, "\x06refs/a"), record(5, "c", 0, "")), oid.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	want := []Ref{{Name: "refs/a", ID: oid.FromBytes([]byte(id))}, {Name: "refs/b", Symbolic: "refs/a"}, {Name: "refs/c"}}
	if !slices.Equal(refs, want) {
		t.Errorf("refs %+v, want %+v", refs, want)
	}

	whole := handTable(record(0, "refs/a", 1, id))
	change := func(at int, value byte) []byte {
		data := slices.Clone(whole)
		data[at] = value
		return seal(data)
	}
	unsealed := slices.Clone(whole)
	unsealed[len(unsealed)-1]++
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"version":           {change(4, 3), "version 3"},
		"hash":              {change(4, 2), "unknown format"},
		"checksum":          {unsealed, "cut off"},
		"block type":        {change(24, 'x'), "no block at byte 24"},
		"long block":        {change(25, 1), "wrong length"},
		"short block":       {change(27, 24), "wrong length"},
		"restart points":    {change(len(whole)-24-footerRest-1, 99), "restart points"},
		"kind of value":     {handTable(record(0, "refs/a", 4, "")), "broken record"},
		"id cut off":        {handTable(record(0, "refs/a", 1, id[1:])), "broken record"},
		"name before":       {handTable(record(1, "refs/a", 1, id)), "broken record"},
		"name too long":     {handTable(record(0, strings.Repeat("x", refPathLimit+1), 1, id)), "broken record"},
		"long target":       {handTable(record(0, "refs/a", 3, string(scantest.TableNumber(refPathLimit+1))+strings.Repeat("x", refPathLimit+1))), "broken record"},
		"same name":         {handTable(record(0, "refs/a", 0, ""), record(6, "", 0, "")), "order"},
		"names go down":     {handTable(record(0, "refs/b", 0, ""), record(5, "a", 0, "")), "order"},
		"no name":           {handTable(record(0, "", 0, "")), "order"},
		"target cut off":    {handTable(record(0, "refs/a", 3, "\x7frefs")), "broken record"},
		"nothing but REFT":  {[]byte("REFT"), "no reftable"},
		"header and no end": {[]byte("REFT\x01" + strings.Repeat("\x00", 30)), "cut off"},
	} {
		if _, err := readTable(c.data, oid.SHA1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// In each record, a name can repeat the one before it for nothing.
func TestReftableNamesGrow(t *testing.T) {
	var records [][]byte
	for i, keep := 0, 0; i < 30_000; i, keep = i+1, refPathLimit-2 {
		end := string([]byte{byte('0' + i>>8), byte(i)})
		records = append(records, record(keep, strings.Repeat("x", refPathLimit-2-keep)+end, 0, ""))
	}
	if _, err := readTable(handTable(records...), oid.SHA1); err == nil || !strings.Contains(err.Error(), "more in names") {
		t.Errorf("120 MB of names from 180 kB: %v", err)
	}
}

// eachOf calls f for the records of a table.
func eachOf(data []byte, format oid.Format, f func(tableRef)) error {
	room := newTableRoom()
	if err := room.admit(int64(len(data))); err != nil {
		return err
	}
	tab := table{data: data, format: format, room: room}
	if err := tab.open(); err != nil {
		return err
	}
	for {
		ok, err := tab.next()
		if !ok {
			return err
		}
		f(tab.ref)
	}
}

func readTable(data []byte, format oid.Format) (refs []Ref, err error) {
	err = eachOf(data, format, func(ref tableRef) {
		refs = append(refs, Ref{Name: string(ref.name), ID: ref.id, Symbolic: string(ref.target)})
	})
	return refs, err
}

func recordsOf(data []byte) *recordReader {
	return &recordReader{data: data}
}

func TestNumber(t *testing.T) {
	for _, n := range []int64{0, 1, 127, 128, 16511, 16512, 1 << 20, math.MaxInt32, math.MaxInt32 + 1, 1 << 32, 1<<40 + 12345} {
		r := recordsOf(scantest.TableNumber(n))
		if got := r.number(); n <= math.MaxInt && (got != int(n) || r.failed || r.at != len(r.data)) || n > math.MaxInt && !r.failed {
			t.Errorf("%d is read as %d, failed: %v", n, got, r.failed)
		}
	}
	for _, data := range []string{"", "\x80", "\xff\xff\xff\xff\xff\xff\xff\xff\x00"} {
		if r := recordsOf([]byte(data)); r.number() != 0 || !r.failed {
			t.Errorf("%q passes for a number", data)
		}
	}
}

func FuzzTable(f *testing.F) {
	seeds := 0
	for _, format := range []string{"sha1", "sha256"} {
		tables, err := filepath.Glob(filepath.Join("testdata", "reftable", format, "reftable", "*.ref"))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range tables {
			f.Add([]byte(readText(f, path)), format == "sha256")
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, data []byte, wide bool) {
		format := oid.SHA1
		if wide {
			format = oid.SHA256
		}
		for _, data := range [][]byte{data, seal(data)} {
			refs, last := 0, ""
			err := eachOf(data, format, func(ref tableRef) {
				refs++
				if name := string(ref.name); name <= last || len(name) > refPathLimit || len(ref.target) > refPathLimit {
					t.Errorf("%q with target %q after %q", name, ref.target, last)
				} else {
					last = name
				}
			})
			if refs > len(data)/4 {
				t.Errorf("%d refs in %d bytes, %v", refs, len(data), err)
			}
		}
	})
}
