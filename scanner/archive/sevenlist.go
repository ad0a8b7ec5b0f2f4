package archive

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Bounds of a block, far beyond what any program makes.
const (
	maxSevenZipCoders = 32
	maxSevenZipInputs = 64
)

var (
	errListEnds  = errors.New("the list ends too early")
	errListLies  = errors.New("the list's numbers make no sense")
	errListOrder = errors.New("the list has what is not known in a place where nothing can be passed over")
)

// szReader reads the list. After an error it reads zeros: who is done asks for err once. No number is believed: what
// is allocated for it is bounded by the bytes that are left, or reserved.
type szReader struct {
	rest []byte
	err  error
}

func (r *szReader) fail(err error) {
	if r.err == nil {
		r.err, r.rest = err, nil
	}
}

func (r *szReader) bytes(n int64) []byte {
	if n < 0 || n > int64(len(r.rest)) {
		r.fail(errListEnds)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *szReader) byte() byte {
	if b := r.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// number reads one of 1 to 9 bytes: the leading ones of the first say how many follow.
func (r *szReader) number() int64 {
	first := r.byte()
	value := uint64(0)
	mask := byte(0x80)
	for i := range 8 {
		if first&mask == 0 {
			value |= uint64(first&(mask-1)) << (8 * i)
			break
		}
		value |= uint64(r.byte()) << (8 * i)
		mask >>= 1
	}
	if value >= 1<<62 {
		r.fail(errListLies)
		return 0
	}
	return int64(value)
}

// count reads how many there are of something that takes at least one byte of the list each, or one bit.
func (r *szReader) count() int {
	n := r.number()
	if n > 8*int64(len(r.rest)) {
		r.fail(errListEnds)
		return 0
	}
	return int(n)
}

// flags reads n bits, or that all are set.
func (r *szReader) flags(n int) []bool {
	flags := make([]bool, n)
	if r.byte() != 0 {
		for i := range flags {
			flags[i] = true
		}
		return flags
	}
	return r.bits(n)
}

func (r *szReader) bits(n int) []bool {
	set := make([]bool, n)
	packed := r.bytes(int64(n+7) / 8)
	for i := range set {
		set[i] = packed != nil && packed[i/8]&(0x80>>(i%8)) != 0
	}
	return set
}

func (r *szReader) sums(n int) []szSum {
	sums := make([]szSum, n)
	for i, known := range r.flags(n) {
		if known {
			sums[i] = szSum{true, r.uint32()}
		}
	}
	return sums
}

func (r *szReader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// head reads what stands in the list before the files.
func (r *szReader) head(s *szArchive) error {
	for len(r.rest) > 0 && r.rest[0] != szFiles && r.rest[0] != szEnd {
		switch r.byte() {
		case szArchiveProperties:
			for r.byte() != szEnd && r.err == nil {
				r.bytes(r.number())
			}
		case szAdditionalStreams:
			r.streams(s)
		case szMainStreams:
			s.streams = r.streams(s)
		default:
			r.fail(errListOrder)
		}
	}
	return r.err
}

// streams reads what the list says of packed streams and blocks.
func (r *szReader) streams(s *szArchive) (all szStreams) {
	parted := false
	for r.err == nil {
		switch r.byte() {
		case szPackInfo:
			all.parts = r.parts(s)
		case szUnpackInfo:
			all.blocks = r.blocks(s, all.parts)
		case szSubStreams:
			r.subStreams(s, all.blocks)
			parted = true
		case szEnd:
			if !parted {
				for _, b := range all.blocks {
					b.files = []szFile{{b.size(), b.crc}}
				}
			}
			return all
		default:
			r.fail(errListOrder)
		}
	}
	return szStreams{}
}

func (r *szReader) parts(s *szArchive) []szPart {
	at := r.number()
	n := r.count()
	if err := s.take(32 * int64(n)); err != nil {
		r.fail(err)
		return nil
	}
	parts := make([]szPart, n)
	for r.err == nil {
		switch r.byte() {
		case szSize:
			for i := range parts {
				parts[i] = szPart{at, r.number()}
				if at += parts[i].size; at < 0 || at > 1<<62 {
					r.fail(errListLies)
				}
			}
		case szCRC:
			r.sums(n)
		case szEnd:
			return parts
		default:
			r.fail(errListOrder)
		}
	}
	return nil
}

// blockMemory is about what a block takes in memory.
const blockMemory = 512

func (r *szReader) blocks(s *szArchive, parts []szPart) []*szBlock {
	if r.byte() != szFolder {
		r.fail(errListOrder)
	}
	n := r.count()
	if r.byte() != 0 { // they would stand elsewhere, which no program does
		r.fail(errListOrder)
	}
	if err := s.take(blockMemory * int64(n)); err != nil {
		r.fail(err)
	}
	var blocks []*szBlock
	for len(blocks) < n && r.err == nil {
		b := r.block()
		if len(b.packed) > len(parts) {
			r.fail(errListLies)
			break
		}
		b.streams, parts = parts[:len(b.packed)], parts[len(b.packed):]
		blocks = append(blocks, b)
	}
	if r.byte() != szCodersUnpackSize {
		r.fail(errListOrder)
	}
	for _, b := range blocks {
		for range b.coders {
			b.sizes = append(b.sizes, r.number())
		}
	}
	switch r.byte() {
	case szCRC:
		for i, sum := range r.sums(len(blocks)) {
			blocks[i].crc = sum
		}
		if r.byte() != szEnd {
			r.fail(errListOrder)
		}
	case szEnd:
	default:
		r.fail(errListOrder)
	}
	return blocks
}

// block reads how a block is unpacked.
func (r *szReader) block() *szBlock {
	b := &szBlock{}
	inputs := 0
	n := r.number()
	if n < 1 || n > maxSevenZipCoders {
		r.fail(errListLies)
		return b
	}
	for range n {
		c := szCoder{inputs: 1, first: inputs}
		flags := r.byte()
		for _, part := range r.bytes(int64(flags & 15)) {
			c.method = c.method<<8 | uint64(part)
		}
		outputs := int64(1)
		if flags&0x10 != 0 {
			c.inputs, outputs = int(min(r.number(), maxSevenZipInputs)), r.number()
		}
		if flags&0x20 != 0 {
			c.properties = r.bytes(r.number())
		}
		if inputs += c.inputs; outputs != 1 || inputs > maxSevenZipInputs || flags&0x80 != 0 {
			r.fail(errListLies)
			return b
		}
		b.coders = append(b.coders, c)
	}
	for range n - 1 {
		pair := szPair{int(r.number()), int(r.number())}
		if pair.input < 0 || pair.input >= inputs || pair.output < 0 || pair.output >= int(n) {
			r.fail(errListLies)
			return b
		}
		b.pairs = append(b.pairs, pair)
	}
	switch n := inputs - len(b.pairs); {
	case n < 1:
		r.fail(errListLies)
	case n == 1:
		for i := range inputs {
			if !slices.ContainsFunc(b.pairs, func(p szPair) bool { return p.input == i }) {
				b.packed = []int{i}
			}
		}
	default:
		for range n {
			b.packed = append(b.packed, int(r.number()))
		}
	}
	return b
}

// size is how many bytes a block unpacks to.
func (b *szBlock) size() int64 {
	if out := b.last(); out < len(b.sizes) {
		return b.sizes[out]
	}
	return 0
}

// last is the coder that makes what no other coder reads.
func (b *szBlock) last() int {
	for out := range b.coders {
		if !slices.ContainsFunc(b.pairs, func(p szPair) bool { return p.output == out }) {
			return out
		}
	}
	return len(b.coders)
}

// subStreams reads which files each block holds.
func (r *szReader) subStreams(s *szArchive, blocks []*szBlock) {
	counts := make([]int, len(blocks))
	for i := range counts {
		counts[i] = 1
	}
	id := r.byte()
	if id == szNumUnpackStream {
		for i := range counts {
			counts[i] = r.count()
		}
		id = r.byte()
	}
	for i, b := range blocks {
		if err := s.take(32 * int64(counts[i])); err != nil {
			r.fail(err)
		}
		if r.err != nil {
			return
		}
		b.files = make([]szFile, counts[i])
		left := b.size()
		for j := range b.files {
			size := left
			if j < counts[i]-1 && id == szSize {
				size = r.number()
			}
			if size > left {
				r.fail(errListLies)
				return
			}
			b.files[j].size = size
			left -= size
		}
	}
	if id == szSize {
		id = r.byte()
	}
	for ; id != szEnd && r.err == nil; id = r.byte() {
		if id != szCRC {
			r.fail(errListOrder)
			return
		}
		r.fileSums(blocks)
	}
	for _, b := range blocks {
		if len(b.files) == 1 && b.crc.known {
			b.files[0].crc = b.crc
		}
	}
}

// fileSums reads the checksums of the files, but for those that the blocks' own stand for.
func (r *szReader) fileSums(blocks []*szBlock) {
	var of []*szSum
	for _, b := range blocks {
		if len(b.files) == 1 && b.crc.known {
			continue
		}
		for i := range b.files {
			of = append(of, &b.files[i].crc)
		}
	}
	for i, known := range r.flags(len(of)) {
		if known {
			*of[i] = szSum{true, r.uint32()}
		}
	}
}

// files reads the names of the files, and which of them are empty.
func (r *szReader) files(s *szArchive) (names szNameList, empty []bool, err error) {
	if r.byte() != szFiles {
		return names, nil, r.err
	}
	n := r.number()
	inBlocks := int64(0)
	for _, b := range s.streams.blocks {
		inBlocks += int64(len(b.files))
	}
	if n > maxEntries || n > inBlocks+8*int64(len(r.rest)) {
		return names, nil, errListLies
	}
	if err := s.take(5 * n); err != nil {
		return names, nil, err
	}
	empty = make([]bool, n)
	for r.err == nil {
		id := r.byte()
		if id == szEnd {
			break
		}
		body := &szReader{rest: r.bytes(r.number())}
		switch id {
		case szEmptyStream:
			empty = body.bits(int(n))
		case szNames:
			if body.byte() == 0 {
				names = body.names(int(n))
			}
		}
		if body.err != nil {
			r.fail(body.err)
		}
	}
	return names, empty, r.err
}

func (r *szReader) names(n int) szNameList {
	names := szNameList{text: r.rest, starts: make([]int32, 0, n)}
	start := 0
	for at := 0; at+1 < len(r.rest) && len(names.starts) < n; at += 2 {
		if r.rest[at] == 0 && r.rest[at+1] == 0 {
			names.starts = append(names.starts, int32(start))
			start = at + 2
		}
	}
	if len(names.starts) < n {
		r.fail(errListEnds)
	}
	return names
}
