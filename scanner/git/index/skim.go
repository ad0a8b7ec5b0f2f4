package index

import (
	"encoding/binary"
	"math/bits"
)

// skim reads entries of versions 2 and 3 as long as they are like most: plain files without flags, in order, each in the
// folder of the one before. It checks all that entry checks, by eight bytes at a time; to go entry by entry takes more
// than twice as long. The first of which not all is certain is left to entry, with its mistakes. It returns how many it has
// read, count at most.
//
// Paths are compared by eight bytes from where their names begin, which may go on into what follows them: a NUL ends
// each, and behind the last one is the checksum.
func (r *entryReader) skim(count int) (read int) {
	if r.version == 4 || len(r.last.path) == 0 {
		return 0
	}
	file, name, flagsAt := r.found.data, r.last.name, idAt+r.found.format.Size()
	last, lastLength := file[r.last.at:], len(r.last.path)
	for read < count && len(r.data)-r.at > flagsAt+2 {
		raw := file[r.at:]
		length := int(binary.BigEndian.Uint16(raw[flagsAt:])) // or more, with flags
		size := (flagsAt + 2 + length + 8) &^ 7
		if binary.BigEndian.Uint32(raw[modeAt:])&ModeType != ModeFile || length >= lengthMask || size > len(r.data)-r.at {
			break
		}
		path := raw[flagsAt+2:]
		if path[length] != 0 || length <= name || path[name] == '.' || string(path[:name]) != string(last[:name]) ||
			!isNext(path[name:length+8], last[name:lastLength+8]) {
			break
		}
		r.found.starts = append(r.found.starts, uint32(r.at))
		r.last.at = r.at + flagsAt + 2
		last, lastLength = path, length
		r.at += size
		read++
	}
	r.last.path, r.last.stage = last[:lastLength], 0
	return read
}

// isNext is true if a name comes after another and has neither a slash nor a NUL in it. Both go on for eight bytes
// behind their ends, with a NUL first.
func isNext(name, last []byte) bool {
	var word, before uint64
	for word == before {
		if len(name) < 8 || len(last) < 8 {
			return false
		}
		word, before = binary.LittleEndian.Uint64(name), binary.LittleEndian.Uint64(last)
		if word == before {
			name, last = name[8:], last[8:]
		}
	}
	first := bits.TrailingZeros64(word^before) &^ 7
	if first/8 > len(last)-8 || byte(word>>first) < byte(before>>first) {
		return false
	}
	for len(name) >= 16 {
		if word := binary.LittleEndian.Uint64(name); hasZero(word)|hasZero(word^eachByte*'/') != 0 {
			return false
		}
		name = name[8:]
	}
	word = binary.LittleEndian.Uint64(name) | ^uint64(0)<<(8*(len(name)-8))
	return hasZero(word)|hasZero(word^eachByte*'/') == 0
}

const eachByte = 0x0101010101010101

// hasZero is not 0 if a byte of word is.
func hasZero(word uint64) uint64 { return (word - eachByte) &^ word & (0x80 * eachByte) }
