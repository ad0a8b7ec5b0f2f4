package pack

import (
	"errors"
	"fmt"

	"skleak/scanner/git/mapped"
)

// CheckIndex tells whether the idx is sound, by its checksum, and is that of this pack. Where the two do not name the
// same checksum, the end of the pack may be damaged or cut off, and its idx is worth keeping: it names what is lost.
func (p *Pack) CheckIndex() (err error) {
	if err := p.Index.VerifyChecksum(); err != nil {
		return err
	}
	if err := mapped.Guard(p.checkBeginning); err != nil {
		return err
	}
	if !p.mismatch {
		return nil
	}
	return mapped.Guard(func() error {
		if p.fits() {
			return nil
		}
		return errors.New("the idx is not that of the pack")
	})
}

// checkBeginning tells whether the idx knows the first object. What it leaves out elsewhere, a walk comes by: it stands
// behind an object that ends before the next one begins.
func (p *Pack) checkBeginning() error {
	first := p.end
	for i := range p.Index.Len() {
		first = min(first, p.Index.Offset(i))
	}
	if first > packHeader {
		return fmt.Errorf("the idx names no object before byte %d of the pack", first)
	}
	return nil
}

// fitSample is how many entries are held against their CRC-32 to tell whether an idx belongs to a pack.
const fitSample = 64

// fits tells whether at least half of a sample of entries are what the idx says they are.
func (p *Pack) fits() bool {
	offsets, positions := make([]uint64, p.Index.Len()), make([]uint32, p.Index.Len())
	for i := range offsets {
		offsets[i], positions[i] = p.Index.Offset(i), uint32(i)
	}
	offsets, positions = byOffset(offsets, positions)
	offsets = append(offsets, p.end)
	step := max(len(positions)/fitSample, 1)
	tried, good := 0, 0
	for r := 0; r < len(positions); r += step {
		tried++
		from, to := offsets[r], min(offsets[r+1], p.end)
		if from >= packHeader && from < to {
			if ok, _ := p.vouch(int(positions[r]), from, to); ok {
				good++
			}
		}
	}
	return good*2 >= tried
}
