package sevenzip

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/stangelandcl/ppmd"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/decode"
)

// Methods of coders, as Methods.txt of the LZMA SDK numbers them.
const (
	methodCopy    = 0x00
	methodDelta   = 0x03
	methodLZMA2   = 0x21
	methodLZMA    = 0x030101
	methodBCJ2    = 0x0303011b
	methodPPMd    = 0x030401
	methodDeflate = 0x040108
	methodBzip2   = 0x040202
	methodZstd    = 0x04f71101
	methodLZ4     = 0x04f71104
	methodAES     = 0x06f10701
)

// branches are filters that turn addresses in machine code into others. They leave texts as they are, and so does not
// undoing them; the checksums, and containers within programs, suffer.
var branches = map[uint64]bool{
	0x04: true, 0x05: true, 0x06: true, 0x07: true, 0x08: true, 0x09: true, 0x0a: true, 0x0b: true,
	0x03030103: true, 0x03030205: true, 0x03030401: true, 0x03030501: true, 0x03030701: true, 0x03030805: true,
}

// opening is a block that is being opened: what has to be given back once it was read.
type opening struct {
	*archive
	block *block
	depth int
	dones []func()
}

// open unpacks a block, until done is called.
func (a *archive) open(b *block) (r io.Reader, done func(), err error) {
	o := &opening{archive: a, block: b}
	done = func() {
		for _, done := range o.dones {
			done()
		}
	}
	err = decode.Guarded("7z", func() (err error) {
		r, err = o.output(b.last())
		return err
	})
	if err != nil {
		done()
		return nil, nil, err
	}
	return r, done, nil
}

// later has something given back once the block was read.
func (o *opening) later(r io.Reader, done func(), err error) (io.Reader, error) {
	if err == nil {
		o.dones = append(o.dones, done)
	}
	return r, err
}

// output opens what a coder makes.
func (o *opening) output(number int) (io.Reader, error) {
	if o.depth++; number >= len(o.block.coders) || number >= len(o.block.sizes) || o.depth > maxInputs {
		return nil, errListLies
	}
	c := o.block.coders[number]
	if c.method == methodAES {
		return nil, bound.NotRead(bound.Encrypted, "the member is encrypted")
	}
	inputs := make([]*bufio.Reader, c.inputs)
	for i := range inputs {
		var err error
		if inputs[i], err = o.input(c.first + i); err != nil {
			return nil, err
		}
	}
	if len(inputs) == 0 || c.method != methodBCJ2 && len(inputs) != 1 {
		return nil, errListLies
	}
	r, err := o.decode(c, o.block.sizes[number], inputs)
	if err != nil {
		return nil, err
	}
	return decode.Exactly(decode.Safe{What: "7z", From: r, Reason: decode.Reason}, o.block.sizes[number]), nil
}

// input opens what a coder reads: the output of another, or a packed stream.
func (o *opening) input(number int) (*bufio.Reader, error) {
	for _, p := range o.block.pairs {
		if p.input == number {
			r, err := o.output(p.output)
			if err != nil {
				return nil, err
			}
			b, done := decode.Buffer(bound.Charged{From: r, Budget: o.budget})
			o.dones = append(o.dones, done)
			return b, nil
		}
	}
	for i, p := range o.block.packed {
		if p == number && i < len(o.block.streams) {
			r, done, err := o.packedPart(o.block.streams[i])
			if err == nil {
				o.dones = append(o.dones, done)
			}
			return r, err
		}
	}
	return nil, errors.New("a coder has no input")
}

func (o *opening) decode(c coder, size int64, in []*bufio.Reader) (io.Reader, error) {
	from, p := in[0], c.properties
	switch c.method {
	case methodCopy:
		return from, nil
	case methodLZMA:
		return o.later(decode.OpenLZMA(p, size, from, o.budget))
	case methodLZMA2:
		return o.later(decode.OpenLZMA2(p, size, from, o.budget))
	case methodPPMd:
		if len(p) != 5 {
			return nil, errListLies
		}
		memory := int64(binary.LittleEndian.Uint32(p[1:]))
		release, err := decode.Reserve(o.budget, memory)
		if err != nil {
			return nil, err
		}
		r, err := ppmd.NewH7zReader(from, int(p[0]), int(memory), int(size))
		o.dones = append(o.dones, release)
		return &r, err
	case methodDeflate:
		r, done := decode.Inflate(from)
		return o.later(r, done, nil)
	case methodBzip2:
		return o.later(decode.Open(decode.Bzip2, from, o.budget))
	case methodZstd:
		return o.later(decode.Open(decode.Zstd, from, o.budget))
	case methodLZ4:
		return o.later(decode.Open(decode.LZ4, from, o.budget))
	case methodDelta:
		if len(p) != 1 {
			return nil, errListLies
		}
		return &delta{from: from, before: make([]byte, int(p[0])+1)}, nil
	case methodBCJ2:
		if len(in) != 4 {
			return nil, errListLies
		}
		return newBCJ2(in[0], in[1], in[2], in[3])
	}
	if branches[c.method] {
		for i := range o.block.files {
			o.block.files[i].crc = sum{}
		}
		return from, nil
	}
	return nil, bound.NotRead(bound.Unsupported, "members packed by method %x are not read", c.method)
}

// delta undoes the filter that keeps of each byte how it differs from the one some bytes before.
type delta struct {
	from   io.Reader
	before []byte
	at     int
}

func (d *delta) Read(b []byte) (int, error) {
	n, err := d.from.Read(b)
	for i := range b[:n] {
		b[i] += d.before[d.at]
		d.before[d.at] = b[i]
		d.at = (d.at + 1) % len(d.before)
	}
	return n, err
}
