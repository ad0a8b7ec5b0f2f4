package decode

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/ulikunitz/xz/lzma"

	"skleak/scanner/archive/internal/bound"
)

const (
	xzStreamHead = 12 // the length of the header of an xz file
	// xzHead is how many bytes of an xz file are looked at: its header, and the one of the first block.
	xzHead = xzStreamHead + 1024
)

// xzDictionary reads how far back the first block of an xz file looks, 0 where nothing tells.
func xzDictionary(head []byte) int64 {
	if at := xzProperty(head); at > 0 {
		return lzma2Dictionary(head[at])
	}
	return 0
}

// xzProperty is where the first block of an xz file says how far back it looks, 0 where it does not. The layout is that
// of the .xz file format 1.2, sections 2.1.1 and 3.1.
func xzProperty(head []byte) int {
	if len(head) < xzStreamHead+2 || head[xzStreamHead] == 0 {
		return 0
	}
	at, flags := xzStreamHead+2, head[xzStreamHead+1]
	for _, present := range []bool{flags&0x40 != 0, flags&0x80 != 0} {
		if present {
			_, n := binary.Uvarint(head[at:])
			at += max(n, 0)
		}
	}
	for range flags&3 + 1 {
		id, n := binary.Uvarint(head[at:])
		size, m := binary.Uvarint(head[at+max(n, 0):])
		if n <= 0 || m <= 0 || uint64(len(head)-at-n-m) < size {
			return 0
		}
		at += n + m
		if id == 0x21 && size == 1 {
			return at
		}
		at += int(size)
	}
	return 0
}

// smallXZ reads an xz file as if its first block looked no further back than it is long. Most files say 8 MB, which
// the decoder then allocates and clears: for the few kilobytes of a file within another, that took longer than all else.
func smallXZ(r *bufio.Reader) io.Reader {
	head, _ := r.Peek(r.Size()) // an error comes again
	at := xzProperty(head)
	if at == 0 {
		return r
	}
	length := 4 * (int(head[xzStreamHead]) + 1) // of the header of the block, with its checksum
	end := xzStreamHead + length
	if end > len(head) || at >= end-crc32.Size {
		return r
	}
	block := bytes.Clone(head[:end])
	sum := block[end-crc32.Size:]
	if crc32.ChecksumIEEE(block[xzStreamHead:end-crc32.Size]) != binary.LittleEndian.Uint32(sum) {
		return r
	}
	size, ok := lzma2Size(head[end:])
	for property := byte(0); ok && property < block[at]; property++ {
		if lzma2Dictionary(property) >= size {
			block[at] = property
		}
	}
	binary.LittleEndian.PutUint32(sum, crc32.ChecksumIEEE(block[xzStreamHead:end-crc32.Size]))
	_, _ = r.Discard(end) // it was peeked at
	return io.MultiReader(bytes.NewReader(block), r)
}

// lzma2Size is how many bytes a stream of LZMA2 makes, by the headers of its chunks; ok is false where not all of them
// are at hand.
func lzma2Size(stream []byte) (size int64, ok bool) {
	for len(stream) > 0 {
		var head, packed int
		switch control := int(stream[0]); {
		case control == 0:
			return size, true
		case len(stream) < 5 || control > 2 && control < 0x80: // with the end behind it, no chunk is shorter
			return 0, false
		case control < 0x80: // as it is
			head, packed = 3, int(binary.BigEndian.Uint16(stream[1:]))+1
			size += int64(packed)
		default:
			head, packed = 5, int(binary.BigEndian.Uint16(stream[3:]))+1
			if control >= 0xc0 {
				head++ // new properties
			}
			size += int64(control&0x1f)<<16 + int64(binary.BigEndian.Uint16(stream[1:])) + 1
		}
		stream = stream[min(head+packed, len(stream)):]
	}
	return 0, false
}

// lzma2Dictionary is what the one byte of properties says: 2 or 3 times a power of two.
func lzma2Dictionary(property byte) int64 {
	if property > 40 {
		return 1 << 40 // which nothing has
	}
	return (2 | int64(property)&1) << (property/2 + 11)
}

// lzmaHead is the length of what stands in front of an LZMA stream: properties, dictionary, size.
const lzmaHead = 13

// lzmaDictionary is how far back an LZMA stream looks: no further than it is long.
func lzmaDictionary(head []byte, size int64) int64 {
	if len(head) < 5 {
		return 0
	}
	dictionary := int64(binary.LittleEndian.Uint32(head[1:]))
	if len(head) >= lzmaHead && size < 0 {
		size = int64(binary.LittleEndian.Uint64(head[5:]))
	}
	if size >= 0 {
		dictionary = min(dictionary, size)
	}
	return max(dictionary, lzma.MinDictCap)
}

// IsLZMA tells whether a content begins as the program lzma writes it, which has no magic: with its usual properties,
// a dictionary of a power of two, and a size that is open or sensible.
func IsLZMA(head []byte) bool {
	if len(head) < lzmaHead+5 || head[0] != 0x5d || head[lzmaHead] != 0 {
		return false
	}
	dictionary, size := binary.LittleEndian.Uint32(head[1:]), binary.LittleEndian.Uint64(head[5:])
	return dictionary >= 1<<16 && dictionary&(dictionary-1) == 0 && (size == 1<<64-1 || size < 1<<38)
}

// OpenLZMA reads a stream of LZMA whose five properties and whose size are said elsewhere, as zip and 7z have it.
func OpenLZMA(properties []byte, size int64, r io.Reader, b *bound.Budget) (io.Reader, func(), error) {
	if len(properties) != 5 {
		return nil, nil, fmt.Errorf("the properties of LZMA are %d bytes, not 5", len(properties))
	}
	head := binary.LittleEndian.AppendUint64(bytes.Clone(properties), uint64(size))
	return openLZMA("LZMA", lzmaDictionary(properties, size), b, func(int) (io.Reader, error) {
		return lzma.NewReader(io.MultiReader(bytes.NewReader(head), r))
	})
}

// OpenLZMA2 is OpenLZMA for the form of 7z and xz, which has one byte of properties.
func OpenLZMA2(properties []byte, size int64, r io.Reader, b *bound.Budget) (io.Reader, func(), error) {
	if len(properties) != 1 {
		return nil, nil, fmt.Errorf("the properties of LZMA2 are %d bytes, not 1", len(properties))
	}
	dictionary := max(min(lzma2Dictionary(properties[0]), size), lzma.MinDictCap)
	return openLZMA("LZMA2", dictionary, b, func(dictionary int) (io.Reader, error) {
		return lzma.Reader2Config{DictCap: dictionary}.NewReader2(r)
	})
}

func openLZMA(what string, dictionary int64, b *bound.Budget, open func(dictionary int) (io.Reader, error)) (
	from io.Reader, release func(), err error) {
	release, err = Reserve(b, dictionary)
	if err != nil {
		return nil, nil, err
	}
	err = Guarded(what, func() error {
		from, err = open(int(dictionary))
		return err
	})
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("opening a stream of %s: %w", what, err)
	}
	return Safe{What: what, From: from}, release, nil
}
