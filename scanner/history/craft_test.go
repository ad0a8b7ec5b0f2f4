package history

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Packs as git does not write them, or only under conditions that are hard to bring about.

// packedEntry is an entry of a pack that is written by hand: an object, or a delta of another one.
type packedEntry struct {
	gitObject
	base  *gitObject // nil: whole
	delta []byte
}

var kindNumbers = map[string]byte{"commit": 1, "tree": 2, "blob": 3, "tag": 4}

const refDeltaNumber = 7

func unhex(id string) []byte {
	raw, err := hex.DecodeString(id)
	if err != nil {
		panic(err)
	}
	return raw
}

func newHash(id string) hash.Hash {
	if len(id) == 64 {
		return sha256.New()
	}
	return sha1.New()
}

// writePack writes a pack and its idx into an objects folder. Deltas name their base by its id, which may lie anywhere.
func writePack(t testing.TB, objects string, entries []packedEntry) {
	t.Helper()
	var pack bytes.Buffer
	pack.WriteString("PACK\x00\x00\x00\x02")
	binary.Write(&pack, binary.BigEndian, uint32(len(entries)))
	rows := make([]indexRow, len(entries))
	for i, e := range entries {
		start := pack.Len()
		content, number := []byte(e.content), kindNumbers[e.kind]
		if e.base != nil {
			content, number = e.delta, refDeltaNumber
		}
		pack.Write(entryHeader(number, len(content)))
		if e.base != nil {
			pack.Write(unhex(e.base.id))
		}
		z := zlib.NewWriter(&pack)
		z.Write(content)
		z.Close()
		rows[i] = indexRow{unhex(e.id), crc32.ChecksumIEEE(pack.Bytes()[start:]), uint64(start)}
	}
	h := newHash(entries[0].id)
	h.Write(pack.Bytes())
	sum := h.Sum(nil)
	pack.Write(sum)
	name := filepath.Join(objects, "pack", "pack-"+hex.EncodeToString(sum))
	writeFile(t, name+".pack", pack.Bytes())
	writeFile(t, name+".idx", indexOf(rows, sum, newHash(entries[0].id), false))
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	os.Remove(path) // git writes packs read-only
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// entryHeader is kind and size: four bits of the size in the first byte, seven in each further one.
func entryHeader(number byte, size int) (head []byte) {
	c := number<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		head = append(head, c|0x80)
		c = byte(size & 0x7f)
	}
	return append(head, c)
}

// indexRow is what an idx says of an entry.
type indexRow struct {
	id     []byte
	crc    uint32
	offset uint64
}

// firstEntry is where the first entry of a pack begins. Git refuses an idx that has its offset in the table of 64-bit
// ones.
const firstEntry = 12

// indexOf makes an idx of version 2. If wide is set, all offsets but that of the first entry go through the table of
// 64-bit ones, in reverse order so that none of them stands where a small one would.
func indexOf(rows []indexRow, packSum []byte, h hash.Hash, wide bool) []byte {
	slices.SortFunc(rows, func(a, b indexRow) int { return bytes.Compare(a.id, b.id) })
	var fanout [256]uint32
	for _, r := range rows {
		for i := int(r.id[0]); i < 256; i++ {
			fanout[i]++
		}
	}
	var names, crcs, large []byte
	offsets := make([]byte, 4*len(rows))
	for i := len(rows) - 1; i >= 0; i-- {
		offset := uint32(rows[i].offset)
		if wide && offset != firstEntry {
			offset = 1<<31 | uint32(len(large)/8)
			large = binary.BigEndian.AppendUint64(large, rows[i].offset)
		}
		binary.BigEndian.PutUint32(offsets[4*i:], offset)
	}
	for _, r := range rows {
		names = append(names, r.id...)
		crcs = binary.BigEndian.AppendUint32(crcs, r.crc)
	}
	index := []byte("\xfftOc\x00\x00\x00\x02")
	for _, n := range fanout {
		index = binary.BigEndian.AppendUint32(index, n)
	}
	index = slices.Concat(index, names, crcs, offsets, large, packSum)
	h.Write(index)
	return h.Sum(index)
}

// rowsOf reads an idx of version 2 whose offsets are small.
func rowsOf(index []byte, size int) (rows []indexRow, packSum []byte) {
	n := int(binary.BigEndian.Uint32(index[8+255*4:]))
	body := index[8+1024:]
	for i := range n {
		rows = append(rows, indexRow{
			body[i*size : (i+1)*size],
			binary.BigEndian.Uint32(body[n*size+i*4:]),
			uint64(binary.BigEndian.Uint32(body[n*size+n*4+i*4:])),
		})
	}
	return rows, body[n*(size+8) : n*(size+8)+size]
}

// widenOffsets rewrites an idx so that all offsets go through the table of 64-bit ones.
func widenOffsets(index []byte, size int) []byte {
	rows, packSum := rowsOf(index, size)
	return indexOf(rows, packSum, newHash(strings.Repeat("0", 2*size)), true)
}

func rewriteIndexes(t testing.TB, dir string, rewrite func(index []byte, size int) []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(objectsOf(dir), "pack", "*.idx"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		index, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		hashSize := len(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "pack-"), ".idx")) / 2
		writeFile(t, file, rewrite(index, hashSize))
	}
}

// makeDelta makes a delta that keeps the common head and tail of its base and inserts the rest.
func makeDelta(base, target string) []byte {
	head := 0
	for head < len(base) && head < len(target) && base[head] == target[head] {
		head++
	}
	tail := 0
	for tail < len(base)-head && tail < len(target)-head && base[len(base)-1-tail] == target[len(target)-1-tail] {
		tail++
	}
	d := deltaHead(base, target)
	d = appendCopy(d, 0, head)
	d = appendInsert(d, target[head:len(target)-tail])
	return appendCopy(d, len(base)-tail, tail)
}

func deltaHead(base, target string) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(base))), uint64(len(target)))
}

// appendCopy appends instructions that copy n bytes of the base from at on, at most 60000 at a time.
func appendCopy(d []byte, at, n int) []byte {
	for ; n > 0; at, n = at+60000, n-60000 {
		size := min(n, 60000)
		d = append(d, 0x80|0x0f|0x30, byte(at), byte(at>>8), byte(at>>16), byte(at>>24), byte(size), byte(size>>8))
	}
	return d
}

func appendInsert(d []byte, text string) []byte {
	for text != "" {
		n := min(len(text), 127)
		d = append(append(d, byte(n)), text[:n]...)
		text = text[n:]
	}
	return d
}

// splitThin deals the objects out to n packs, such that most objects of each pack but the first are deltas of an object
// of the same kind in the pack before, as in a thin pack that was never completed.
func splitThin(t testing.TB, dir string, n int) {
	t.Helper()
	objects := allObjects(t, dir)
	// By kind and length, so that neighbours are alike: they go to different packs.
	slices.SortStableFunc(objects, func(a, b gitObject) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(len(a.content), len(b.content)))
	})
	packs := make([][]packedEntry, n)
	for i, o := range objects {
		e := packedEntry{gitObject: o}
		if at := i % n; at > 0 && objects[i-1].kind == o.kind {
			e.base = &objects[i-1]
			e.delta = makeDelta(e.base.content, o.content)
		}
		packs[i%n] = append(packs[i%n], e)
	}
	for _, entries := range packs {
		writePack(t, objectsOf(dir), entries)
	}
}

// writeLoose stores an object as it is, well-formed or not, and returns its id.
func writeLoose(t testing.TB, dir, format, kind, content string) string {
	t.Helper()
	raw := fmt.Sprintf("%s %d\x00%s", kind, len(content), content)
	h := newHash(strings.Repeat("0", map[string]int{"sha1": 40, "sha256": 64}[format]))
	h.Write([]byte(raw))
	id := hex.EncodeToString(h.Sum(nil))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write([]byte(raw))
	z.Close()
	write(t, objectsOf(dir), id[:2]+"/"+id[2:], packed.String())
	return id
}

// blobID is the SHA-1 id of a blob.
func blobID(content string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content))
	return hex.EncodeToString(sum[:])
}
