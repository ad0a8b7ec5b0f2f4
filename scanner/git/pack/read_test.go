package pack

import (
	"fmt"
	"io"
	"testing"

	"skleak/scanner/git/deltas/deltatest"
)

// TestReaderHoldsTheIdxAgainstThePack: where an idx names the wrong offset, what stands there is a sound object, and
// another one. A single read must not take it for what was asked for; large objects and deltas included.
func TestReaderHoldsTheIdxAgainstThePack(t *testing.T) {
	m := &maker{}
	m.object(Blob, []byte("one"))
	m.object(Blob, []byte("two"))
	m.object(Blob, append(make([]byte, streamObject), '1'))
	m.object(Blob, append(make([]byte, streamObject), '2'))
	m.ofs(anyID(1), 0, deltatest.Make(3, 5, deltatest.CopyOf(0, 3), deltatest.Insert("+1")))
	m.ofs(anyID(2), 1, deltatest.Make(3, 5, deltatest.CopyOf(0, 3), deltatest.Insert("+2")))
	packed := m.pack()
	for _, swapped := range []bool{false, true} {
		if swapped {
			for i := 0; i < len(m.entries); i += 2 {
				one, two := &m.entries[i], &m.entries[i+1]
				one.offset, two.offset = two.offset, one.offset
			}
		}
		p, err := openBytes(t, packed, m.idx(2, packed), m.format)
		if err != nil {
			t.Fatal(err)
		}
		var r Reader
		for round := range 2 { // the second time from what the Reader keeps
			for i, e := range m.entries {
				position := find(t, p, e.id)
				_, _, err := r.Read(p, position)
				visit := r.Visit(p, position, func(Kind, []byte) {}, func(_ Kind, _ uint64, content io.Reader) error {
					_, err := io.Copy(io.Discard, content)
					return err
				})
				if got := fmt.Sprint(err != nil, visit != nil); got != fmt.Sprint(swapped, swapped) {
					t.Errorf("swapped %v, round %d, entry %d: %v, %v", swapped, round, i, err, visit)
				}
			}
		}
	}
}
