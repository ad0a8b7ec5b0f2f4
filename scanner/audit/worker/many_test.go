package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"skleak/scanner/audit/job"
	"skleak/scanner/scantest"
)

// template is a bare repository with some hundred objects, of which one holds a key if that is wanted.
func template(t testing.TB, base string) (dir string) {
	t.Helper()
	dir = filepath.Join(base, "template.git")
	scantest.Git(t, base, "init", "-q", "--bare", "--initial-branch=main", dir)
	var stream strings.Builder
	for i := range 60 {
		text := strings.Repeat(fmt.Sprintf("line %d of a file that changes\n", i), 20+i%7)
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 6\nchange\nM 100644 inline dir%d/file%d\ndata %d\n%s\n",
			1_700_000_000+i, i%3, i%20, len(text), text)
	}
	scantest.GitIn(t, dir, stream.String(), "fast-import", "--quiet", "--force")
	return dir
}

// addTo commits to a bare repository.
func addTo(t testing.TB, dir, text string) {
	t.Helper()
	stream := fmt.Sprintf("commit refs/heads/main\ncommitter C <c@example.com> 1800000000 +0000\ndata 3\nnew\nfrom refs/heads/main^0\nM 100644 inline new\ndata %d\n%s\n", len(text), text)
	scantest.GitIn(t, dir, stream, "fast-import", "--quiet", "--force")
}

// TestSecondAudit: an audit in which 3 of 200 repositories have changed does at most a thirtieth of the work of the first
// one. -run Hostile takes all 200 and prints times.
func TestSecondAudit(t *testing.T)   { secondAudit(t, 60) }
func TestHostileSecond(t *testing.T) { secondAudit(t, scantest.Sample(0, 200)) }

func secondAudit(t *testing.T, n int) {
	if n == 0 {
		t.Skip("the ordinary test does")
	}
	base := scantest.TempDir(t)
	from := template(t, base)
	address, hits := served(t, base, nil)
	w := newWorker(t)
	audits := make([]*audit, n)
	for i := range audits {
		name := fmt.Sprintf("repository%03d.git", i)
		if err := os.CopyFS(filepath.Join(base, name), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		audits[i] = &audit{t: t, w: w, repo: job.Repository{Name: name, URL: address + "/" + name}}
	}
	all := func() (objects, bytes, packs int64, kept int, took time.Duration) {
		before, began := hits.packs.Load(), time.Now()
		for _, a := range audits {
			out, _ := a.again()
			objects, bytes = objects+out.Objects, bytes+out.Bytes
			if out.Kept {
				kept++
			}
		}
		return objects, bytes, hits.packs.Load() - before, kept, time.Since(began)
	}
	objects, bytes, packs, kept, took := all()
	if packs != int64(n) || kept != 0 {
		t.Fatalf("the first audit fetched %d packs, kept %d", packs, kept)
	}
	for i := range 3 {
		text := "text\n"
		if i == 0 {
			text = "KEY=" + keyFor(20) + "\n"
		}
		addTo(t, filepath.Join(base, fmt.Sprintf("repository%03d.git", i*n/3)), text)
	}
	objects2, bytes2, packs2, kept2, took2 := all()
	if objects2*30 > objects || bytes2*30 > bytes || packs2 != 3 || kept2 != n-3 || audits[0].last.Leaks != 1 {
		t.Errorf("the second audit read %d objects after %d, fetched %d bytes after %d in %d packs, kept %d", objects2, objects, bytes2, bytes, packs2, kept2)
	}
	t.Logf("%d repositories: %d objects, %d bytes fetched, %v; then %d objects, %d bytes, %v", n, objects, bytes, took, objects2, bytes2, took2)
}
