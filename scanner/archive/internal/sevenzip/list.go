package sevenzip

import (
	"encoding/binary"
	"errors"
	"slices"

	"skleak/scanner/archive/internal/bound"
)

// Bounds of a block, far beyond what any program makes.
const (
	maxCoders = 32
	maxInputs = 64
)

var (
	errListEnds  = errors.New("the list ends too early")
	errListLies  = errors.New("the list's numbers make no sense")
	errListOrder = errors.New("the list has what is not known in a place where nothing can be passed over")
)

// reader reads the list. After an error it reads zeros: who is done asks for err once. No number is believed: what
// is allocated for it is bounded by the bytes that are left, or reserved.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err, r.rest = err, nil
	}
}

func (r *reader) bytes(n int64) []byte {
	if n < 0 || n > int64(len(r.rest)) {
		r.fail(errListEnds)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// number reads one of 1 to 9 bytes: the leading ones of the first say how many follow.
func (r *reader) number() int64 {
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
func (r *reader) count() int {
	n := r.number()
	if n > 8*int64(len(r.rest)) {
		r.fail(errListEnds)
		return 0
	}
	return int(n)
}

// flags reads n bits, or that all are set.
func (r *reader) flags(n int) []bool {
	flags := make([]bool, n)
	if r.byte() != 0 {
		for i := range flags {
			flags[i] = true
		}
		return flags
	}
	return r.bits(n)
}

func (r *reader) bits(n int) []bool {
	set := make([]bool, n)
	packed := r.bytes(int64(n+7) / 8)
	for i := range set {
		set[i] = packed != nil && packed[i/8]&(0x80>>(i%8)) != 0
	}
	return set
}

func (r *reader) sums(n int) []sum {
	sums := make([]sum, n)
	for i, known := range r.flags(n) {
		if known {
			sums[i] = sum{true, r.uint32()}
		}
	}
	return sums
}

func (r *reader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// head reads what stands in the list before the files.
func (r *reader) head(a *archive) error {
	for len(r.rest) > 0 && r.rest[0] != idFiles && r.rest[0] != idEnd {
		switch r.byte() {
		case idArchiveProperties:
			for r.byte() != idEnd && r.err == nil {
				r.bytes(r.number())
			}
		case idAdditionalStreams:
			r.streams(a)
		case idMainStreams:
			a.blocks = r.streams(a)
		default:
			r.fail(errListOrder)
		}
	}
	return r.err
}

// streams reads what the list says of packed streams and blocks.
func (r *reader) streams(a *archive) (blocks []*block) {
	var parts []part
	parted := false
	for r.err == nil {
		switch r.byte() {
		case idPackInfo:
			parts = r.parts(a)
		case idUnpackInfo:
			blocks = r.blocks(a, parts)
		case idSubStreams:
			r.subStreams(a, blocks)
			parted = true
		case idEnd:
			if !parted {
				for _, b := range blocks {
					b.files = []file{{b.size(), b.crc}}
				}
			}
			return blocks
		default:
			r.fail(errListOrder)
		}
	}
	return nil
}

func (r *reader) parts(a *archive) []part {
	at := r.number()
	n := r.count()
	if err := a.take(32 * int64(n)); err != nil {
		r.fail(err)
		return nil
	}
	parts := make([]part, n)
	for r.err == nil {
		switch r.byte() {
		case idSize:
			for i := range parts {
				parts[i] = part{at, r.number()}
				if at += parts[i].size; at < 0 || at > 1<<62 {
					r.fail(errListLies)
				}
			}
		case idCRC:
			r.sums(n)
		case idEnd:
			return parts
		default:
			r.fail(errListOrder)
		}
	}
	return nil
}

// blockMemory is about what a block takes in memory.
const blockMemory = 512

func (r *reader) blocks(a *archive, parts []part) []*block {
	if r.byte() != idFolder {
		r.fail(errListOrder)
	}
	n := r.count()
	if r.byte() != 0 { // they would stand elsewhere, which no program does
		r.fail(errListOrder)
	}
	if err := a.take(blockMemory * int64(n)); err != nil {
		r.fail(err)
	}
	var blocks []*block
	for len(blocks) < n && r.err == nil {
		b := r.block()
		if len(b.packed) > len(parts) {
			r.fail(errListLies)
			break
		}
		b.streams, parts = parts[:len(b.packed)], parts[len(b.packed):]
		blocks = append(blocks, b)
	}
	if r.byte() != idCodersUnpackSize {
		r.fail(errListOrder)
	}
	for _, b := range blocks {
		for range b.coders {
			b.sizes = append(b.sizes, r.number())
		}
	}
	id := r.byte()
	if id == idCRC {
		for i, sum := range r.sums(len(blocks)) {
			blocks[i].crc = sum
		}
		id = r.byte()
	}
	if id != idEnd {
		r.fail(errListOrder)
	}
	return blocks
}

// block reads how a block is unpacked.
func (r *reader) block() *block {
	b := &block{}
	inputs := 0
	n := r.number()
	if n < 1 || n > maxCoders {
		r.fail(errListLies)
		return b
	}
	for range n {
		c := coder{inputs: 1, first: inputs}
		flags := r.byte()
		for _, part := range r.bytes(int64(flags & 15)) {
			c.method = c.method<<8 | uint64(part)
		}
		outputs := int64(1)
		if flags&0x10 != 0 {
			c.inputs, outputs = int(min(r.number(), maxInputs)), r.number()
		}
		if flags&0x20 != 0 {
			c.properties = r.bytes(r.number())
		}
		if inputs += c.inputs; outputs != 1 || inputs > maxInputs || flags&0x80 != 0 {
			r.fail(errListLies)
			return b
		}
		b.coders = append(b.coders, c)
	}
	for range n - 1 {
		pair := pair{int(r.number()), int(r.number())}
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
			if !slices.ContainsFunc(b.pairs, func(p pair) bool { return p.input == i }) {
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
func (b *block) size() int64 {
	if out := b.last(); out < len(b.sizes) {
		return b.sizes[out]
	}
	return 0
}

// last is the coder that makes what no other coder reads.
func (b *block) last() int {
	for out := range b.coders {
		if !slices.ContainsFunc(b.pairs, func(p pair) bool { return p.output == out }) {
			return out
		}
	}
	return len(b.coders)
}

// subStreams reads which files each block holds.
func (r *reader) subStreams(a *archive, blocks []*block) {
	counts := make([]int, len(blocks))
	for i := range counts {
		counts[i] = 1
	}
	id := r.byte()
	if id == idNumUnpackStream {
		for i := range counts {
			counts[i] = r.count()
		}
		id = r.byte()
	}
	for i, b := range blocks {
		if err := a.take(32 * int64(counts[i])); err != nil {
			r.fail(err)
		}
		if r.err != nil {
			return
		}
		b.files = make([]file, counts[i])
		left := b.size()
		for j := range b.files {
			size := left
			if j < counts[i]-1 && id == idSize {
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
	if id == idSize {
		id = r.byte()
	}
	for ; id != idEnd && r.err == nil; id = r.byte() {
		if id != idCRC {
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
func (r *reader) fileSums(blocks []*block) {
	var of []*sum
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
			*of[i] = sum{true, r.uint32()}
		}
	}
}

// files reads the names of the files, and which of them are empty.
func (r *reader) files(a *archive) (names nameList, empty []bool, err error) {
	if r.byte() != idFiles {
		return names, nil, r.err
	}
	n := r.number()
	inBlocks := int64(0)
	for _, b := range a.blocks {
		inBlocks += int64(len(b.files))
	}
	if n > bound.MaxEntries || n > inBlocks+8*int64(len(r.rest)) {
		return names, nil, errListLies
	}
	if err := a.take(5 * n); err != nil {
		return names, nil, err
	}
	empty = make([]bool, n)
	for r.err == nil {
		id := r.byte()
		if id == idEnd {
			break
		}
		body := &reader{rest: r.bytes(r.number())}
		switch id {
		case idEmptyStream:
			empty = body.bits(int(n))
		case idNames:
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

func (r *reader) names(n int) nameList {
	names := nameList{text: r.rest, starts: make([]int32, 0, n)}
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
