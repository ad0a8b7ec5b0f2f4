package pack

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"skleak/scanner/git/inflate"
)

// What an idx says can be had from its pack, for the price of inflating all of it: entries follow one another without
// a gap, so each begins where the zlib stream before it ends. Where an entry is damaged, nothing tells where the next
// one begins; it is the first place at which an entry can be read whole. By chance that happens nowhere else: the
// head of the entry, that of its stream, its size and its Adler-32 would all have to fit.

// piece is an entry as it was found in the pack.
type piece struct {
	from, to uint64 // its packed bytes
	crc      uint32
}

// gap is a part of the pack in which no entry can be read. From inclusive, to exclusive.
type gap struct{ from, to uint64 }

func (g gap) String() string {
	return fmt.Sprintf("bytes %d to %d of the pack hold nothing that can be read", g.from, g.to)
}

// salvage finds the entries of a pack without an idx.
type salvage struct {
	pack    *Pack
	inflate inflate.Decoder
	scratch []byte
	cost    int64 // bytes that the last read has inflated, at most
	tries   int64 // how many of them may still be for nothing
	allowed *allowance

	known  *readAhead
	pieces pieces // in the order of the pack
	gaps   []gap
}

const (
	// triesBytes bounds what is inflated at places where no entry turns out to be; each counts for triesLeast at least.
	// The bound is generous: few places in random bytes look like the head of an entry and of a stream, and nearly all of
	// those fail within bytes.
	triesBytes = 4 << 30
	triesLeast = 256

	// pieceMemory is what an entry takes until its pack has an idx again: its place, its id, its links, and two idx.
	pieceMemory = 128
)

var errManyEntries = errors.New("the pack has more entries than there is memory to make a new idx of: " +
	"try `git index-pack`, or a larger --memory")

var errNoStream = errors.New("no zlib stream follows the head of the entry")

// find fills pieces and gaps. The pack must have no more entries than most.
func (s *salvage) find(ctx context.Context, most int) error {
	data := s.pack.data
	trailer := uint64(s.pack.format.Size())
	at := uint64(packHeader)
	for at < uint64(len(data)) && ctx.Err() == nil {
		one, err := s.at(at)
		if err == nil {
			if len(s.pieces.from) >= most {
				return errManyEntries
			}
			s.pieces.add(one)
			at = one.to
			continue
		}
		if uint64(len(data))-at == trailer {
			break
		}
		next := s.next(at + 1)
		s.gaps = append(s.gaps, gap{at, next})
		at = next
	}
	s.pack.end = min(at, uint64(len(data)))
	return ctx.Err()
}

// at is read for an entry that may have been read ahead.
func (s *salvage) at(at uint64) (piece, error) {
	if one, ok := s.known.at(at); ok {
		return one, nil
	}
	return s.read(at)
}

// next is the first place from at on where an entry can be read, or the end of the pack.
func (s *salvage) next(at uint64) uint64 {
	return s.nextBefore(at, uint64(len(s.pack.data)))
}

// nextBefore is next for the places before end; end where there is none.
func (s *salvage) nextBefore(at, end uint64) uint64 {
	for ; at < end && s.tries > 0; at++ {
		s.cost = 0
		if _, err := s.read(at); err == nil {
			return at
		}
		s.tries -= s.cost
	}
	return end
}

// read reads the entry at an offset, to the end of its stream.
func (s *salvage) read(at uint64) (one piece, err error) {
	e, err := s.pack.entryAt(at)
	if err != nil {
		return one, err
	}
	data := s.pack.data
	packed := data[e.stream:]
	if len(packed) < 2 || packed[0]&15 != 8 || (uint(packed[0])<<8|uint(packed[1]))%31 != 0 {
		return one, errNoStream // the usual end of a try, which makes no error of its own
	}
	if err := plausible(e.size, uint64(len(packed))); err != nil {
		return one, err
	}
	n, err := s.skim(e.size, packed)
	if err != nil {
		return one, err
	}
	if err := s.allowed.charge(e.size, int(n)); err != nil {
		s.tries = 0 // a pack that goes on like this is not read any further
		return one, err
	}
	end := e.stream + n
	return piece{from: at, to: end, crc: crc32.ChecksumIEEE(data[at:end])}, nil
}

// skim inflates a stream of a declared size for nothing but its length.
func (s *salvage) skim(size uint64, packed []byte) (length uint64, err error) {
	if size < streamObject {
		if uint64(cap(s.scratch)) < size {
			s.scratch = make([]byte, size+size/4)
		}
		n, err := s.inflate.Zlib(s.scratch[:size], packed, true)
		s.cost = min(int64(size), faultAt(err)*maxInflation) + triesLeast
		return uint64(n), err
	}
	return inflateExactly(packed, size, func(content io.Reader) error {
		n, err := io.Copy(io.Discard, content)
		s.cost = n + triesLeast
		return err
	})
}

// faultAt is how far into a stream its fault lies.
func faultAt(err error) int64 {
	if fault := (*inflate.Error)(nil); errors.As(err, &fault) {
		return fault.Offset
	}
	return 0
}
