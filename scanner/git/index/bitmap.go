package index

import (
	"encoding/binary"
	"math/bits"
)

// bitmap is a compressed bitmap (EWAH) of the index. It is a list of words of 64 bits:
//
//	marker: 1 bit to repeat, 32 bits how many words of it, 31 bits how many literal words follow
//	literal words, the least significant bit first
//
// and so on. In the file, the number of bits and the number of words come first, and the position of
// the last marker at the end.
type bitmap struct {
	words []byte // big-endian
	start int    // of words in the file
}

// bitmapReader reads bitmaps that follow one another.
type bitmapReader struct {
	data  []byte
	at    int
	start int // of data in the file
}

func (r *bitmapReader) bitmap() (bitmap, error) {
	if len(r.data)-r.at < 8 {
		return bitmap{}, corrupt(r.start+r.at, "a bitmap is cut off")
	}
	words := int64(binary.BigEndian.Uint32(r.data[r.at+4:]))
	r.at += 8
	if words*8+4 > int64(len(r.data)-r.at) {
		return bitmap{}, corrupt(r.start+r.at, "a bitmap is cut off: it should have %d words", words)
	}
	b := bitmap{r.data[r.at : r.at+int(words)*8], r.start + r.at}
	r.at += int(words)*8 + 4
	return b, nil
}

// positions returns the bits that are set, in ascending order. All of them must be below limit; that
// also bounds what a few bytes of repeated ones can ask for.
func (b bitmap) positions(limit int) (set []int, err error) {
	position := int64(0)
	for at := 0; at < len(b.words); {
		marker := binary.BigEndian.Uint64(b.words[at:])
		at += 8
		ones, repeat, literals := marker&1 != 0, int64(marker>>1&(1<<32-1)), int64(marker>>33)
		end := position + 64*repeat
		if end > int64(limit)+63 || literals*8 > int64(len(b.words)-at) {
			return nil, corrupt(b.start+at-8, "a bitmap reaches beyond its end")
		}
		if ones {
			if end > int64(limit) {
				return nil, corrupt(b.start+at-8, "a bitmap names entry %d of %d", end-1, limit)
			}
			for ; position < end; position++ {
				set = append(set, int(position))
			}
		}
		position = end
		for range literals {
			word := binary.BigEndian.Uint64(b.words[at:])
			for w := word; w != 0; w &= w - 1 {
				set = append(set, int(position)+bits.TrailingZeros64(w))
			}
			if word != 0 && set[len(set)-1] >= limit {
				return nil, corrupt(b.start+at, "a bitmap names entry %d of %d", set[len(set)-1], limit)
			}
			position += 64
			at += 8
		}
	}
	return set, nil
}
