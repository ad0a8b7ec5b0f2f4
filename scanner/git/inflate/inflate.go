// Package inflate decodes the zlib streams of git's packs and loose objects (RFC 1950, RFC 1951): whole compressed
// bytes in, whole content out, its size known beforehand. Decoder does that; NewReader is for content too large to
// hold.
//
// No input makes it panic, read outside src or write outside dst: it uses no unsafe, and every fault is an *Error that
// tells corrupt, cut off, too long and too short apart. It accepts what compress/flate accepts, and nothing else: held
// against it by fuzzing and by every stream of real packs. Preset dictionaries are refused.
//
// The decoder is ours because inflating is half of a scan, and what there is in Go works through readers and windows made for
// streams of unknown size. All 849,014 streams of git's own pack, 970 MB of content, on one core, in processor
// seconds of one run on a busy machine (BenchmarkPack; the two Go readers check the Adler-32 as well, which costs
// ours 0.2, and libdeflate's time includes reading the idx):
//
//	ours                  2.3
//	klauspost/compress    5.4
//	compress/zlib         6.5
//	libdeflate 1.14 in C  2.3
//
// Nothing is allocated between streams. To repeat it, name a bare repository in SKLEAK_BENCH_REPO and run the
// benchmarks.
//
// # How
//
// fastSymbols does nearly all of the work, and leaves the edges of src and dst to carefulSymbols. A Huffman code is one
// look-up, in a table that links to smaller ones for long codes (table.go); bits come from a word that is refilled with
// eight bytes at once (bits.go).
package inflate

// Decoder inflates streams one after another and keeps what they can share: the room for tables.
// The zero value is ready. One goroutine at a time.
type Decoder struct {
	// Scratch; nothing in it outlives a block.
	lengths lengthTable
	codes   [literalSymbols + distanceSymbols]symbolCode
	dynamic tables
}

// Zlib inflates the zlib stream at the start of src into dst, whose length is the exact size the content must have, and
// returns how many bytes of src the stream takes, header and Adler-32 included. What follows the stream in src is left
// alone, but it helps to have a few bytes there. verify checks the Adler-32; leave it off where a CRC-32 of the packed
// bytes has vouched for them. An error is an *Error, and dst then holds nothing of use.
func (d *Decoder) Zlib(dst, src []byte, verify bool) (n int, err error) {
	if err := checkHeader(src); err != nil {
		return 0, err
	}
	out, in, err := d.inflate(dst, src, false)
	if err != nil {
		return 0, err
	}
	if out < len(dst) {
		return 0, tooShort(in, out, len(dst))
	}
	return checkTrailer(dst, src, in, verify)
}

// ZlibRoom is Zlib for a dst and a src that lie in larger memory: it may write to what lies behind dst and read what
// lies behind src, both up to their capacity, and refuses what Zlib refuses all the same. Half of a pack's streams take
// some sixty bytes, and near the ends of dst and src symbols are decoded one at a time; with some room there are no
// such ends.
func (d *Decoder) ZlibRoom(dst, src []byte, verify bool) (n int, err error) {
	if err := checkHeader(src); err != nil {
		return 0, err
	}
	roomy := src[:min(cap(src), len(src)+sourceRoom)]
	out, in, err := d.inflate(dst[:min(cap(dst), len(dst)+contentRoom)], roomy, false)
	if err != nil || out != len(dst) || in+trailerSize > len(src) {
		return d.Zlib(dst, src, verify) // which knows what is wrong
	}
	return checkTrailer(dst, src, in, verify)
}

const (
	contentRoom = copySlack + fastRoom
	sourceRoom  = fastSource + word
)

// Within inflates the zlib stream at the start of src where only a bound is known of the content's size: dst may be
// longer. out is the size of the content, in how many bytes of src the stream takes. The Adler-32 is checked. An
// error is an *Error, of kind ErrLong where dst is too short, and dst then holds nothing of use.
func (d *Decoder) Within(dst, src []byte) (out, in int, err error) {
	if err := checkHeader(src); err != nil {
		return 0, 0, err
	}
	if out, in, err = d.inflate(dst, src, false); err != nil {
		return 0, 0, err
	}
	if in, err = checkTrailer(dst[:out], src, in, true); err != nil {
		return 0, 0, err
	}
	return out, in, nil
}

// Prefix inflates only the first len(dst) bytes of the stream at the start of src: delta headers, loose object
// headers. It does not look at the rest, and no checksum is checked. n is the number of bytes written: fewer than
// len(dst) without an error when the stream ends before; with one, the n bytes are what could be had. The rest of dst
// is undefined.
func (d *Decoder) Prefix(dst, src []byte) (n int, err error) {
	if err := checkHeader(src); err != nil {
		return 0, err
	}
	n, _, err = d.inflate(dst, src, true)
	return n, err
}
