package history

import (
	"context"
	"os"
	"testing"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
)

// BenchmarkScan scans the repository that SKLEAK_BENCH_REPO names, by content bytes.
func BenchmarkScan(b *testing.B) {
	benchmark(b, provider.Default())
}

// BenchmarkProvenance scans it for something that thousands of its blobs hold.
func BenchmarkProvenance(b *testing.B) {
	literal := os.Getenv("SKLEAK_BENCH_LITERAL")
	if literal == "" {
		b.Skip("SKLEAK_BENCH_LITERAL names no text to search for")
	}
	set, err := rules.Compile([]rules.Rule{{ID: "bench", Literals: []string{literal}, Min: 1, Max: 20}})
	if err != nil {
		b.Fatal(err)
	}
	attributing, err := provider.New(set, provider.Builtin())
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, attributing)
}

type counter struct{ findings int }

func (c *counter) Finding(scanner.Finding) error {
	c.findings++
	return nil
}

func benchmark(b *testing.B, set *provider.Set) {
	repo := os.Getenv("SKLEAK_BENCH_REPO")
	if repo == "" {
		b.Skip("SKLEAK_BENCH_REPO names no repository")
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := open(repo, false)
		if err != nil {
			b.Fatal(err)
		}
		var c scanner.Coverage
		var found counter
		if err := r.Scan(context.Background(), Options{Rules: set, Coverage: &c}, &found); err != nil {
			b.Fatal(err)
		}
		r.Close()
		b.SetBytes(c.Bytes.Load())
		b.ReportMetric(float64(found.findings), "findings")
	}
}
