package pack

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/klauspost/compress/zlib"

	"skleak/scanner/git/oid"
)

// maker builds packs by hand, sound ones and others.
type maker struct {
	format  oid.Format
	entries []made
	end     uint64 // offset of the next entry
}

// made is an entry as it stands in the pack, with what the idx is to say of it.
type made struct {
	id     oid.ID
	bytes  []byte
	offset uint64
	crc    uint32
}

// raw adds an entry of any bytes and returns its number.
func (m *maker) raw(id oid.ID, entry []byte) int {
	m.end = max(m.end, packHeader)
	m.entries = append(m.entries, made{id, entry, m.end, crc32.ChecksumIEEE(entry)})
	m.end += uint64(len(entry))
	return len(m.entries) - 1
}

// object adds a whole object under its right id.
func (m *maker) object(k Kind, content []byte) int {
	return m.raw(m.id(k, content), slices.Concat(entryHead(k, uint64(len(content))), deflate(content)))
}

// ofs adds a delta on an entry of this pack.
func (m *maker) ofs(id oid.ID, base int, delta []byte) int {
	m.end = max(m.end, packHeader)
	back := m.end - m.entries[base].offset
	return m.raw(id, slices.Concat(entryHead(ofsDelta, uint64(len(delta))), distance(back), deflate(delta)))
}

// ref adds a delta on an object named by its id, here or elsewhere.
func (m *maker) ref(id, base oid.ID, delta []byte) int {
	return m.raw(id, slices.Concat(entryHead(refDelta, uint64(len(delta))), base[:m.format.Size()], deflate(delta)))
}

func (m *maker) id(k Kind, content []byte) (id oid.ID) {
	h := m.hash()
	fmt.Fprintf(h, "%s %d\x00", k, len(content))
	h.Write(content)
	h.Sum(id[:0])
	return id
}

func (m *maker) hash() hash.Hash {
	if m.format == oid.SHA256 {
		return sha256.New()
	}
	return sha1.New()
}

// pack is the pack file.
func (m *maker) pack() []byte {
	data := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(m.entries)))
	for _, e := range m.entries {
		data = append(data, e.bytes...)
	}
	h := m.hash()
	h.Write(data)
	return h.Sum(data)
}

// idx is the idx file of a pack, in version 1 or 2.
func (m *maker) idx(version int, pack []byte) []byte {
	sorted := slices.SortedFunc(slices.Values(m.entries), func(a, b made) int {
		return cmp.Or(a.id.Compare(b.id), cmp.Compare(a.offset, b.offset))
	})
	var fanout, names, crcs, offsets, large, both []byte
	for first := range 256 {
		n, _ := slices.BinarySearchFunc(sorted, first+1, func(e made, b int) int { return cmp.Compare(int(e.id[0]), b) })
		fanout = binary.BigEndian.AppendUint32(fanout, uint32(n))
	}
	for _, e := range sorted {
		name, offset := e.id[:m.format.Size()], uint32(e.offset)
		if version == 2 && e.offset >= idxLargeFlag {
			offset = idxLargeFlag | uint32(len(large)/8)
			large = binary.BigEndian.AppendUint64(large, e.offset)
		}
		both = append(binary.BigEndian.AppendUint32(both, offset), name...)
		names = append(names, name...)
		crcs = binary.BigEndian.AppendUint32(crcs, e.crc)
		offsets = binary.BigEndian.AppendUint32(offsets, offset)
	}
	data := slices.Concat(fanout, both)
	if version == 2 {
		data = slices.Concat([]byte(idxMagic+"\x00\x00\x00\x02"), fanout, names, crcs, offsets, large)
	}
	data = append(data, pack[len(pack)-m.format.Size():]...)
	return m.sealed(data)
}

// sealed appends the checksum of data.
func (m *maker) sealed(data []byte) []byte {
	h := m.hash()
	h.Write(data)
	return h.Sum(data)
}

// open writes pack and idx and opens them.
func (m *maker) open(t testing.TB, version int) *Pack {
	t.Helper()
	data := m.pack()
	p, err := openBytes(t, data, m.idx(version, data), m.format)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// openBytes opens a pack of which the two files hold these bytes.
func openBytes(t testing.TB, pack, idx []byte, f oid.Format) (*Pack, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pack-1.pack")
	write(t, path, pack)
	write(t, filepath.Join(filepath.Dir(path), "pack-1.idx"), idx)
	p, err := Open(path, f)
	if err == nil {
		t.Cleanup(func() { p.Close() })
	}
	return p, err
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// entryHead is the type and size at the head of an entry.
func entryHead(k Kind, size uint64) []byte {
	c := byte(k)<<4 | byte(size&15)
	head := []byte{}
	for size >>= 4; size > 0; size >>= 7 {
		head = append(head, c|0x80)
		c = byte(size & 0x7f)
	}
	return append(head, c)
}

// distance is the way back to the base of an OFS delta.
func distance(back uint64) []byte {
	d := []byte{byte(back & 0x7f)}
	for back >>= 7; back > 0; back >>= 7 {
		back--
		d = append(d, byte(back&0x7f)|0x80)
	}
	slices.Reverse(d)
	return d
}

var deflater = struct {
	sync.Mutex
	*zlib.Writer
}{Writer: zlib.NewWriter(nil)}

func deflate(content []byte) []byte {
	deflater.Lock()
	defer deflater.Unlock()
	var b bytes.Buffer
	deflater.Reset(&b)
	deflater.Write(content)
	deflater.Close()
	return b.Bytes()
}

// zeros is the zlib stream of many zero bytes: a thousandth of their number.
func zeros(size int64) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestCompression)
	io.CopyN(w, zeroReader{}, size)
	w.Close()
	return b.Bytes()
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// anyID makes ids that differ and are spread evenly.
func anyID(n int) (id oid.ID) {
	sum := sha1.Sum(binary.BigEndian.AppendUint64(nil, uint64(n)))
	copy(id[:], sum[:])
	return id
}

// record is what a walk did, by position in the idx.
type record struct {
	mu      sync.Mutex
	visits  map[int]int
	content map[int][]byte
	kinds   map[int]Kind
	failed  map[int][]error
	onVisit func(o *Object) Mark // called under mu; nil for no marks
	forget  bool                 // keep no content
}

// Visit implements Visitor.
func (r *record) Visit(o *Object) Mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.visits[o.Position]++
	r.kinds[o.Position] = o.Kind
	if !r.forget {
		r.content[o.Position] = bytes.Clone(o.Content)
	}
	if r.onVisit == nil {
		return 0
	}
	return r.onVisit(o)
}

// Stream implements Visitor.
func (r *record) Stream(o *Object, size uint64, content io.Reader) error {
	var data bytes.Buffer
	n, err := io.Copy(&data, content)
	if err == nil && uint64(n) != size {
		err = fmt.Errorf("streamed %d bytes of %d", n, size)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.visits[o.Position]++
		r.kinds[o.Position] = o.Kind
		r.content[o.Position] = data.Bytes()
	}
	return err
}

// Failed implements Visitor.
func (r *record) Failed(_ *Pack, position int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed[position] = append(r.failed[position], err)
}

func newRecord() *record {
	return &record{visits: map[int]int{}, content: map[int][]byte{}, kinds: map[int]Kind{}, failed: map[int][]error{}}
}

// walked lays a pack out and walks it with w; each object must be either visited or failed, once.
func walked(t testing.TB, p *Pack, w Walk) *record {
	t.Helper()
	r := newRecord()
	walkInto(t, p, w, r)
	for i := range p.Index.Len() {
		if got := r.visits[i] + len(r.failed[i]); got != 1 {
			t.Fatalf("object %x: %d visits, failures %v", p.Index.ID(i), r.visits[i], r.failed[i])
		}
	}
	return r
}

func walkInto(t testing.TB, p *Pack, w Walk, r *record) {
	t.Helper()
	var err error
	if w.Layout == nil {
		if w.Layout, err = NewLayout(p, 2); err != nil {
			t.Fatal(err)
		}
	}
	if w.Kinds == 0 {
		w.Kinds = AllKinds
	}
	if err := w.Run(context.Background(), func() Visitor { return r }); err != nil {
		t.Fatal(err)
	}
}

// find is the position of an id in the idx.
func find(t testing.TB, p *Pack, id oid.ID) int {
	t.Helper()
	position, ok := p.Index.Find(id[:p.format.Size()])
	if !ok {
		t.Fatalf("the idx does not find %s", id.Hex(p.format))
	}
	return position
}
