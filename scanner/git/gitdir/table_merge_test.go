package gitdir

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"skleak/scanner/git/oid"
	"skleak/scanner/scantest"
)

// stackedRepo makes a repository whose refs are in these tables, the oldest first.
func stackedRepo(t *testing.T, tables ...[]byte) (dir string) {
	t.Helper()
	repo := newRepo(t)
	dir = filepath.Join(repo, ".git", "reftable")
	store(t, dir)
	write(t, filepath.Join(repo, ".git", "config"), "[core]\nrepositoryformatversion = 1\n[extensions]\nrefStorage = reftable\n")
	var list strings.Builder
	for i, table := range tables {
		name := fmt.Sprintf("%05d.ref", i)
		write(t, filepath.Join(dir, name), string(table))
		fmt.Fprintln(&list, name)
	}
	write(t, filepath.Join(dir, "tables.list"), list.String())
	return dir
}

func tableOf(refs ...scantest.TableRef) []byte {
	slices.SortFunc(refs, func(a, b scantest.TableRef) int { return strings.Compare(a.Name, b.Name) })
	var table bytes.Buffer
	if err := scantest.Reftable(&table, slices.Values(refs)); err != nil {
		panic(err) // a buffer takes everything
	}
	return table.Bytes()
}

// idOf is an id that tells n.
func idOf(n int) []byte { return fmt.Appendf(nil, "%020d", n+1) }

// TestStackedTables compares what is read of many tables, some of them large, with what each says in its turn.
func TestStackedTables(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	want := map[string]Ref{}
	var tables [][]byte
	for i, size := range []int{100_000, 50_000, 3000, 0, 200, 40, 40, 40, 1} {
		said := map[string]scantest.TableRef{}
		for range size {
			name := fmt.Sprintf("refs/heads/x%s/%d", strings.Repeat("x", rng.IntN(40)), rng.IntN(3000))
			ref := scantest.TableRef{Name: name, ID: idOf(i)}
			want[name] = Ref{Name: name, ID: oid.FromBytes(ref.ID)}
			if rng.IntN(3) == 0 {
				ref.ID = nil
				delete(want, name)
			}
			said[name] = ref
		}
		tables = append(tables, tableOf(slices.Collect(maps.Values(said))...))
	}
	dir := stackedRepo(t, tables...)
	d := mustOpen(t, filepath.Dir(filepath.Dir(dir)))
	refs, noted := d.Refs()
	if len(noted) > 0 {
		t.Errorf("problems %v", noted)
	}
	if sorted := slices.SortedFunc(maps.Values(want), func(a, b Ref) int { return strings.Compare(a.Name, b.Name) }); !slices.Equal(refs, sorted) {
		t.Errorf("%d refs, want %d, or others", len(refs), len(sorted))
	}
	for _, ref := range refs[:10] {
		if id, err := d.Resolve(ref.Name); err != nil || id != ref.ID {
			t.Errorf("Resolve(%s) = %v, %v", ref.Name, id, err)
		}
	}
}

// Symbolic refs lead to what comes before them, after them, in other tables, and in circles.
func TestTabledSymbolicRefs(t *testing.T) {
	link := func(name, target string) scantest.TableRef { return scantest.TableRef{Name: name, Target: target} }
	dir := stackedRepo(t,
		tableOf(link("HEAD", "refs/heads/main"), scantest.TableRef{Name: "refs/a", ID: idOf(1)}, link("refs/x", "refs/y"), link("refs/y", "refs/a")),
		tableOf(scantest.TableRef{Name: "refs/heads/main", ID: idOf(2)}, link("refs/loop", "refs/loop2"), link("refs/loop2", "refs/loop"),
			link("refs/nowhere", "refs/gone"), link("refs/z", "refs/x")))
	d := mustOpen(t, filepath.Dir(filepath.Dir(dir)))
	refs, noted := d.Refs()
	got := map[string]string{}
	for _, ref := range refs {
		got[ref.Name] = fmt.Sprintf("%s %s", ref.ID.Hex(oid.SHA1)[38:], ref.Symbolic)
	}
	one, two := "32 ", "33 "
	want := map[string]string{"HEAD": two + "refs/heads/main", "refs/a": one, "refs/heads/main": two, "refs/x": one + "refs/a", "refs/y": one + "refs/a", "refs/z": one + "refs/a"}
	if !maps.Equal(got, want) {
		t.Errorf("refs %q, want %q", got, want)
	}
	if len(noted) != 2 || noted[0].Place != "refs/loop" || noted[1].Place != "refs/loop2" {
		t.Errorf("problems %v, want the two that go in a circle", noted)
	}
	if head, ok := d.Head(); !ok || head.ID != oid.FromBytes(idOf(2)) {
		t.Errorf("Head() = %v, %v", head, ok)
	}
	if id, err := d.Resolve("refs/z"); err != nil || id != oid.FromBytes(idOf(1)) {
		t.Errorf("Resolve(refs/z) = %v, %v", id, err)
	}
}

// A table that breaks off in the middle costs what comes after, and nothing of the others.
func TestStackedTablesBroken(t *testing.T) {
	var many []scantest.TableRef
	for i := range 50_000 {
		many = append(many, scantest.TableRef{Name: fmt.Sprintf("refs/heads/%06d", i), ID: idOf(0)})
	}
	dir := stackedRepo(t, tableOf(many...), tableOf(scantest.TableRef{Name: "refs/heads/new", ID: idOf(1)}))
	path := filepath.Join(dir, "00000.ref")
	data := []byte(readText(t, path))
	data[len(data)/2/4096*4096] = 'x'
	write(t, path, string(data))
	refs, noted := mustOpen(t, filepath.Dir(filepath.Dir(dir))).Refs()
	if len(noted) != 1 || noted[0].Place != "reftable" || !strings.Contains(noted[0].Detail, "00000.ref has no block at byte") {
		t.Errorf("problems %v, want one of the block", noted)
	}
	if len(refs) < 20_000 || len(refs) > 30_000 || refs[len(refs)-1].Name != "refs/heads/new" {
		t.Errorf("%d refs, want about half and the new one", len(refs))
	}
}

// A table that is not there costs no other, however often it is looked for.
func TestStackedTableMissing(t *testing.T) {
	dir := stackedRepo(t, tableOf(scantest.TableRef{Name: "refs/heads/a", ID: idOf(0)}), tableOf(scantest.TableRef{Name: "refs/heads/b", ID: idOf(0)}))
	if err := os.Remove(filepath.Join(dir, "00000.ref")); err != nil {
		t.Fatal(err)
	}
	refs, noted := mustOpen(t, filepath.Dir(filepath.Dir(dir))).Refs()
	if len(refs) != 1 || refs[0].Name != "refs/heads/b" || len(noted) != 1 || !strings.Contains(noted[0].Detail, "00000.ref") {
		t.Errorf("refs %v, problems %v, want the other ref and the table that is missing", refs, noted)
	}
}

// TestHostileTables: tables of long names, of symbolic refs alone, and thousands of tables take bounded time and
// memory.
func TestHostileTables(t *testing.T) {
	for name, c := range map[string]struct {
		tables [][]byte
		want   string
	}{
		"names":    {[][]byte{longNames(scantest.Sample(50_000, 500_000))}, "more in names"},
		"symbolic": {[][]byte{manyLinks(scantest.Sample(2*symbolicLimit, 20*symbolicLimit))}, "symbolic refs"},
		"tables":   {tinyTables(scantest.Sample(1000, tablesCount)), ""},
		"too many": {tinyTables(tablesCount + 1), "more than 10000 are not read"},
	} {
		if name == "too many" && !scantest.Hostile() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := stackedRepo(t, c.tables...)
			d := mustOpen(t, filepath.Dir(filepath.Dir(dir)))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began, refs := time.Now(), 0
			noted := d.EachRef(func(Ref) { refs++ })
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			if took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 256<<20 {
				t.Errorf("%d MB were allocated", used>>20)
			}
			if c.want == "" && (len(noted) > 0 || refs == 0) || c.want != "" && !slices.ContainsFunc(noted, func(p Problem) bool { return strings.Contains(p.Detail, c.want) }) {
				t.Errorf("%d refs, problems %v, want %q", refs, noted, c.want)
			}
			t.Logf("%d refs in %v, %d MB allocated", refs, took, (after.TotalAlloc-before.TotalAlloc)>>20)
		})
	}
}

// longNames is one block, of up to 16 MB, of names that share all but their ends: each record of 28 bytes stands for
// 4 kB.
func longNames(n int) []byte {
	const shared = refPathLimit - 4
	records := [][]byte{record(0, strings.Repeat("x", shared), 1, string(idOf(0)))}
	for i := range n {
		end := string([]byte{0, byte(i >> 16), byte(i >> 8), byte(i)})
		records = append(records, record(shared, end, 1, string(idOf(0))))
	}
	return handTable(records...)
}

func manyLinks(n int) []byte {
	var refs []scantest.TableRef
	for i := range n {
		refs = append(refs, scantest.TableRef{Name: fmt.Sprintf("refs/heads/%07d", i), Target: fmt.Sprintf("refs/heads/%07d", (i+1)%n)})
	}
	return tableOf(refs...)
}

// tinyTables all begin with the same names, so that each step compares them all.
func tinyTables(n int) (tables [][]byte) {
	for i := range n {
		tables = append(tables, tableOf(scantest.TableRef{Name: "refs/a", ID: idOf(i)}, scantest.TableRef{Name: "refs/b", ID: idOf(i)},
			scantest.TableRef{Name: fmt.Sprintf("refs/c%d", i), ID: idOf(i)}))
	}
	return tables
}
