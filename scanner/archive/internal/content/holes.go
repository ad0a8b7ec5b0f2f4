package content

import "skleak/scanner/archive/internal/bound"

// Sparse is what the reader of a Content may offer besides: Data returns where the next bytes that are stored begin,
// from an offset on, and where they end. What lies between is a hole, and reads as zeros.
type Sparse interface {
	Data(from, size int64) (start, end int64)
}

// maxHoles is how many bytes of holes are read of one content. A file of a few bytes can have a hole of exabytes.
const maxHoles = 128 << 20

// solid reads an outer content, and of its holes not more than maxHoles.
type solid struct {
	Content
	sparse     Sparse
	start, end int64 // the stored bytes that were asked for last; what lies before start is a hole, from asked on
	asked      int64
	holes      int64
}

// Solid bounds how much of a content's holes is read, and tells how many bytes of it are none.
func Solid(c Content) (_ Content, stored int64) {
	sparse, ok := c.ReaderAt.(Sparse)
	if !ok {
		return c, c.Size
	}
	const maxExtents = 1000 // how many stored parts are counted
	at := int64(0)
	for range maxExtents {
		start, end := sparse.Data(at, c.Size)
		if start >= c.Size || end <= at {
			break
		}
		stored += end - start
		at = end
	}
	return Content{&solid{Content: c, sparse: sparse, asked: -1}, c.Size}, stored
}

// Stored is the first byte from an offset on that lies in no hole.
func Stored(c Content, at int64) int64 {
	s, ok := c.ReaderAt.(*solid)
	if !ok || at >= s.Size {
		return at
	}
	if s.asked < 0 || at < s.asked || at >= s.end {
		s.start, s.end = s.sparse.Data(at, s.Size)
		s.asked = at
	}
	return max(at, s.start)
}

func (s *solid) ReadAt(b []byte, at int64) (int, error) {
	if hole := min(Stored(Content{s, s.Size}, at)-at, int64(len(b))); hole > 0 {
		if s.holes += hole; s.holes > maxHoles {
			return 0, bound.NotRead(bound.TooLarge, "the file has holes of more than %d MB, which stand for zeros; what comes "+
				"behind them was not read", maxHoles>>20)
		}
	}
	return s.Content.ReadAt(b, at)
}
