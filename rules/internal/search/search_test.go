package search

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/bits"
	"slices"
	"testing"

	"skleak/rules/internal/keys"
	"skleak/rules/internal/search/literal"
	"skleak/rules/rulestest"
)

// naive finds what the search must find, by comparing every window at every position.
func (s *Index) naive(text []byte) []int {
	var all []int
	for at := range text {
		if long, short := s.windowsAt(text, at); long >= 0 || short >= 0 {
			all = append(all, at)
		}
	}
	return all
}

func (s *Index) candidates(text []byte, from, to int) []int {
	var all []int
	for at := s.Next(text[:to], from); at >= 0; at = s.Next(text[:to], at+1) {
		all = append(all, at)
	}
	return all
}

// withShort is a set whose windows are of both lengths, so that it takes the other path.
func withShort(t testing.TB) *Index {
	return New([]string{"acme_k", "zx9_tok", "acme_secret_token_"})
}

func inBase64(text string) string { return base64.RawStdEncoding.EncodeToString([]byte(text)) }

func TestEveryLiteralIsACandidate(t *testing.T) {
	for name, s := range map[string]*Index{"default": New(nil), "short": withShort(t)} {
		all := literal.Texts()
		if name == "short" {
			all = append(all, "acme_k", "zx9_tok", "acme_secret_token_")
		}
		for _, l := range all {
			for pad := range 7 {
				text := append(bytes.Repeat([]byte{'.'}, pad), l...)
				if s.Next(text, 0) < 0 {
					t.Fatalf("%s: %q behind %d bytes is no candidate", name, l, pad)
				}
			}
		}
	}
}

// Windows planted at every offset of short and long texts, alone, side by side and overlapping.
func TestNextAgreesWithEveryPosition(t *testing.T) {
	random := rulestest.NewRandom(2)
	for _, s := range []*Index{New(nil), withShort(t)} {
		planted := []string{keys.Live, keys.Test, inBase64(keys.Live), inBase64("a" + keys.Test), "acme_k", "zx9_tok", "sk_live_sk_liv", "sk_sk_test_"}
		for size := range 70 {
			for round := range 30 {
				text := random.Bytes(size)
				if round%2 == 0 {
					text = []byte(random.Text("skliveta_c2tfbG", size))
				}
				for range random.IntN(3) {
					if p := planted[random.IntN(len(planted))]; len(p) <= size {
						copy(text[random.IntN(size-len(p)+1):], p)
					}
				}
				want := s.naive(text)
				if got := s.candidates(text, 0, len(text)); !slices.Equal(got, want) {
					t.Fatalf("%q: candidates %v, want %v", text, got, want)
				}
				from := random.IntN(size + 1)
				to := from + random.IntN(size+1-from)
				inside := s.naive(text[:to])
				inside = slices.DeleteFunc(inside, func(at int) bool { return at < from })
				if got := s.candidates(text, from, to); !slices.Equal(got, inside) {
					t.Fatalf("%q in [%d:%d]: candidates %v, want %v", text, from, to, got, inside)
				}
			}
		}
	}
}

// Long texts are gone through by many turns at a time: windows anywhere in them, few and many, and none.
func TestNextAgreesInLongTexts(t *testing.T) {
	random := rulestest.NewRandom(5)
	planted := []string{keys.Live, keys.Test, inBase64(keys.Live), "acme_k", "zx9_tok"}
	for name, s := range map[string]*Index{"default": New(nil), "short": withShort(t)} {
		for size := 8 * turn; size < 300*turn; size = size*3/2 + random.IntN(turn) {
			for _, many := range []int{0, 1, 5, size / 20} {
				text := []byte(random.Text("skliveta_c2tfbG\n", size))
				for range many {
					p := planted[random.IntN(len(planted))]
					copy(text[random.IntN(size-len(p)+1):], p)
				}
				if got, want := s.candidates(text, 0, size), s.naive(text); !slices.Equal(got, want) {
					t.Fatalf("%s, %d bytes: candidates %v, want %v", name, size, got, want)
				}
			}
		}
	}
}

// A mask of the sign bit would make admits answer wrongly, and one of fewer bits lets more through.
func TestGramMasks(t *testing.T) {
	different := map[uint32]bool{}
	for n := range gramMasks {
		mask := gramMask(n)
		if different[mask] = true; bits.OnesCount32(mask) != 4 || mask>>31 != 0 {
			t.Fatalf("mask %d is %#x", n, mask)
		}
	}
	if len(different) < gramMasks*2/3 {
		t.Errorf("%d different masks of %d", len(different), gramMasks)
	}
}

// Two pieces that share Overlap bytes must together have the candidates of the whole.
func TestOverlapMissesNothing(t *testing.T) {
	s := New(nil)
	text := []byte("0123456789" + keys.Live + "0123456789" + inBase64("ab"+keys.Test) + "012345")
	want := s.candidates(text, 0, len(text))
	if len(want) < 2 {
		t.Fatalf("candidates %v, want two or more", want)
	}
	for cut := Overlap; cut <= len(text); cut++ {
		both := append(s.candidates(text, 0, cut), s.candidates(text, cut-Overlap, len(text))...)
		slices.Sort(both)
		if both = slices.Compact(both); !slices.Equal(both, want) {
			t.Errorf("cut at %d: candidates %v, want %v", cut, both, want)
		}
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	s := New(nil)
	text := bytes.Repeat([]byte("all work and no play makes "+keys.Live+" a dull boy\n"), 100)
	if n := testing.AllocsPerRun(10, func() {
		for at := s.Next(text, 0); at >= 0; at = s.Next(text, at+1) {
		}
	}); n != 0 {
		t.Errorf("%v allocations a search", n)
	}
}

// prose stands for source code where benchmarks need a fixed text of any size.
func prose(n int) []byte {
	random := rulestest.NewRandom(3)
	words := []string{"return", "if (err != nil)", "static int", "struct repository *r", "\n\t", "_test", "live", "=", "const char *", "strlcpy", "0x2f", "// the next one", ";\n", "risk", "(void)"}
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(words[random.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.Bytes()[:n]
}

func BenchmarkNext(b *testing.B) {
	random := rulestest.NewRandom(4)
	texts := map[string][]byte{"source": prose(1 << 20), "base64": []byte(random.Text(rulestest.Alnum+"+/", 1<<20)), "binary": random.Bytes(1 << 20)}
	for _, name := range []string{"source", "base64", "binary"} {
		for _, size := range []int{32, 64, 1 << 20} {
			for kind, s := range map[string]*Index{"default": New(nil), "short": withShort(b)} {
				b.Run(fmt.Sprintf("%s/%s/%d", kind, name, size), func(b *testing.B) {
					b.SetBytes(int64(size))
					b.ReportAllocs()
					text := texts[name][:size]
					for b.Loop() {
						s.Next(text, 0)
					}
				})
			}
		}
	}
}
