package rules

import "testing"

// BenchmarkCompile measures what every run of the program pays before it can search.
func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(nil); err != nil {
			b.Fatal(err)
		}
	}
}
