// Package deltatest makes deltas for tests.
package deltatest

import (
	"encoding/binary"
	"slices"
)

// Make puts a delta together of its two sizes and its instructions.
func Make(base, result uint64, instructions ...[]byte) []byte {
	return slices.Concat(binary.AppendUvarint(binary.AppendUvarint(nil, base), result), slices.Concat(instructions...))
}

// Insert is the instruction that inserts 1 to 127 bytes.
func Insert(text string) []byte { return append([]byte{byte(len(text))}, text...) }

// CopyOf is the instruction that copies a part of the base.
func CopyOf[T int | int64](offset T, size int) []byte {
	op := []byte{0x80}
	for bit := range 4 {
		if b := byte(offset >> (8 * bit)); b != 0 {
			op[0] |= 1 << bit
			op = append(op, b)
		}
	}
	if size == 0x10000 {
		return op
	}
	for bit := range 3 {
		if b := byte(size >> (8 * bit)); b != 0 {
			op[0] |= 0x10 << bit
			op = append(op, b)
		}
	}
	return op
}
