package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/stangelandcl/ppmd"
	"github.com/ulikunitz/xz/lzma"
)

// Methods of coders, as Methods.txt of the LZMA SDK numbers them.
const (
	szCopy    = 0x00
	szDelta   = 0x03
	szLZMA2   = 0x21
	szLZMA    = 0x030101
	szBCJ2    = 0x0303011b
	szPPMd    = 0x030401
	szDeflate = 0x040108
	szBzip2   = 0x040202
	szZstd    = 0x04f71101
	szLZ4     = 0x04f71104
	szAES     = 0x06f10701
)

// szBranches are filters that turn addresses in machine code into others. They leave texts as they are, and so does
// not undoing them; the checksums, and containers within programs, suffer.
var szBranches = map[uint64]bool{
	0x04: true, 0x05: true, 0x06: true, 0x07: true, 0x08: true, 0x09: true, 0x0a: true, 0x0b: true,
	0x03030103: true, 0x03030205: true, 0x03030401: true, 0x03030501: true, 0x03030701: true, 0x03030805: true,
}

// szOpening is a block that is being opened: what has to be given back once it was read.
type szOpening struct {
	*szArchive
	block *szBlock
	depth int
	dones []func()
}

// openBlock unpacks a block, until done is called.
func (s *szArchive) openBlock(b *szBlock) (r io.Reader, done func(), err error) {
	o := &szOpening{szArchive: s, block: b}
	done = func() {
		for _, done := range o.dones {
			done()
		}
	}
	err = guarded("7z", func() (err error) {
		r, err = o.output(b.last())
		return err
	})
	if err != nil {
		done()
		return nil, nil, err
	}
	return r, done, nil
}

// output opens what a coder makes.
func (o *szOpening) output(number int) (io.Reader, error) {
	if o.depth++; number >= len(o.block.coders) || number >= len(o.block.sizes) || o.depth > maxSevenZipInputs {
		return nil, errListLies
	}
	c := o.block.coders[number]
	if c.method == szAES {
		return nil, notRead(Encrypted, "the member is encrypted")
	}
	inputs := make([]*bufio.Reader, c.inputs)
	for i := range inputs {
		var err error
		if inputs[i], err = o.input(c.first + i); err != nil {
			return nil, err
		}
	}
	if len(inputs) == 0 || c.method != szBCJ2 && len(inputs) != 1 {
		return nil, errListLies
	}
	r, err := o.decode(c, o.block.sizes[number], inputs)
	if err != nil {
		return nil, err
	}
	return &sized{from: reasoned{r, decoderReason}, left: o.block.sizes[number]}, nil
}

// input opens what a coder reads: the output of another, or a packed stream.
func (o *szOpening) input(number int) (*bufio.Reader, error) {
	for _, p := range o.block.pairs {
		if p.input == number {
			r, err := o.output(p.output)
			if err != nil {
				return nil, err
			}
			b, done := buffer(charged{r, o.budget})
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

// memory reserves what a decoder takes.
func (o *szOpening) memory(n int64) error {
	if n > maxDictionary {
		return notRead(TooLarge, "the decoder takes %d MB, more than %d", n>>20, maxDictionary>>20)
	}
	err := o.budget.reserve(n)
	if err == nil {
		o.dones = append(o.dones, func() { o.budget.release(n) })
	}
	return err
}

func (o *szOpening) decode(c szCoder, size int64, in []*bufio.Reader) (io.Reader, error) {
	from, p := in[0], c.properties
	switch c.method {
	case szCopy:
		return from, nil
	case szLZMA:
		return o.lzma(p, size, from)
	case szLZMA2:
		if len(p) != 1 {
			return nil, errListLies
		}
		dictionary := max(min(lzma2Dictionary(p[0]), size), lzma.MinDictCap)
		if err := o.memory(dictionary); err != nil {
			return nil, err
		}
		return lzma.Reader2Config{DictCap: int(dictionary)}.NewReader2(from)
	case szPPMd:
		if len(p) != 5 {
			return nil, errListLies
		}
		memory := int64(binary.LittleEndian.Uint32(p[1:]))
		if err := o.memory(memory); err != nil {
			return nil, err
		}
		r, err := ppmd.NewH7zReader(from, int(p[0]), int(memory), int(size))
		return &r, err
	case szDeflate:
		r, done := inflate(from)
		o.dones = append(o.dones, done)
		return r, nil
	case szBzip2, szZstd, szLZ4:
		r, done, err := o.decompress(map[uint64]Kind{szBzip2: bzip2, szZstd: zstd, szLZ4: lz4}[c.method], from)
		if err == nil {
			o.dones = append(o.dones, done)
		}
		return r, err
	case szDelta:
		if len(p) != 1 {
			return nil, errListLies
		}
		return &delta{from: from, before: make([]byte, int(p[0])+1)}, nil
	case szBCJ2:
		if len(in) != 4 {
			return nil, errListLies
		}
		return newBCJ2(in[0], in[1], in[2], in[3])
	}
	if szBranches[c.method] {
		o.block.dropSums()
		return from, nil
	}
	return nil, notRead(Unsupported, "members packed by method %x are not read", c.method)
}

func (o *szOpening) lzma(properties []byte, size int64, from io.Reader) (io.Reader, error) {
	if len(properties) != 5 {
		return nil, errListLies
	}
	if err := o.memory(lzmaDictionary(properties, size)); err != nil {
		return nil, err
	}
	return newLZMA(properties, size, from)
}

// newLZMA reads a stream of LZMA behind its properties.
func newLZMA(properties []byte, size int64, from io.Reader) (io.Reader, error) {
	head := binary.LittleEndian.AppendUint64(properties[:5:5], uint64(size))
	r, err := lzma.NewReader(io.MultiReader(bytes.NewReader(head), from))
	if err != nil {
		return nil, fmt.Errorf("opening a stream of LZMA: %w", err)
	}
	return r, nil
}

func (b *szBlock) dropSums() {
	for i := range b.files {
		b.files[i].crc = szSum{}
	}
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
