package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/ulikunitz/xz/lzma"

	"skleak/scanner/archive/internal/bound"
)

// xzHead is how many bytes of an xz file are looked at: its header, and the one of the first block.
const xzHead = 12 + 1024

// xzDictionary reads how far back the first block of an xz file looks, 0 where nothing tells. The layout is that of
// the .xz file format 1.2, sections 2.1.1 and 3.1.
func xzDictionary(head []byte) int64 {
	if len(head) < 14 || head[12] == 0 {
		return 0
	}
	filters, flags := head[14:], head[13]
	for _, present := range []bool{flags&0x40 != 0, flags&0x80 != 0} {
		if present {
			_, n := binary.Uvarint(filters)
			filters = filters[max(n, 0):]
		}
	}
	for range flags&3 + 1 {
		id, n := binary.Uvarint(filters)
		size, m := binary.Uvarint(filters[max(n, 0):])
		if n <= 0 || m <= 0 || uint64(len(filters)-n-m) < size {
			return 0
		}
		properties := filters[n+m:][:size]
		filters = filters[n+m+int(size):]
		if id == 0x21 && size == 1 {
			return lzma2Dictionary(properties[0])
		}
	}
	return 0
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
