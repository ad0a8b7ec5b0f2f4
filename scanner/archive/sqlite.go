package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A SQLite file is a row of pages. Tables and indexes are trees of them; a leaf holds cells, each a record whose values
// stand one behind the other without anything between, and what does not fit into the page goes on in a chain of
// overflow pages. This reads every page that looks like a leaf, whether or not a tree still leads to it: pages on the
// freelist keep the rows that were deleted. What remains of a row in the free space of a page is found in the raw
// bytes, which are searched besides. A library would open the database and see none of that.
// The format is that of https://www.sqlite.org/fileformat2.html, sections 1.2 to 2.1.

const (
	sqliteMagic       = "SQLite format 3\x00"
	sqliteWALMagic    = "\x37\x7f\x06"
	sqliteTableLeaf   = 13
	sqliteIndexLeaf   = 10
	sqliteIndexInner  = 2
	sqliteHeader      = 100
	sqliteWALHeader   = 32
	sqliteFrameHeader = 24
)

type sqlite struct {
	Content
	pageSize, usable int
	first            int64 // offset of the first page
	stride           int64 // from one page to the next
	skip             int64 // in front of each page
	out              io.Writer
}

func walkSQLite(w *walk, p Place, c Content) error {
	var head [sqliteHeader]byte
	if n, _ := c.ReadAt(head[:], 0); n < len(head) {
		return errors.New("the SQLite file ends within its header")
	}
	db := &sqlite{Content: c}
	if string(head[:3]) == sqliteWALMagic {
		db.pageSize = int(binary.BigEndian.Uint32(head[8:]))
		db.usable, db.first, db.skip = db.pageSize, sqliteWALHeader, sqliteFrameHeader
	} else {
		db.pageSize = int(binary.BigEndian.Uint16(head[16:]))
		if db.pageSize == 1 {
			db.pageSize = 1 << 16
		}
		db.usable = db.pageSize - int(head[20])
	}
	if db.pageSize < 512 || db.pageSize > 1<<16 || db.pageSize&(db.pageSize-1) != 0 || db.usable < 480 {
		return fmt.Errorf("the SQLite file has pages of %d bytes, which no database has", db.pageSize)
	}
	db.stride = int64(db.pageSize) + db.skip
	r, out := io.Pipe()
	db.out = out
	done := make(chan struct{})
	go func() {
		defer close(done)
		out.CloseWithError(db.records())
	}()
	err := w.member(p, "sqlite", "(rows)", r)
	_ = r.Close() // which ends the goroutine
	<-done
	return err
}

// records writes the values of all records that are found, each on a line.
func (db *sqlite) records() error {
	page := make([]byte, db.pageSize)
	for number := int64(1); ; number++ {
		n, err := db.ReadAt(page, db.offset(number))
		if n == 0 {
			return nil
		}
		if n < len(page) {
			clear(page[n:])
		}
		if err != nil && err != io.EOF {
			return err
		}
		if err := db.leaf(number, page); err != nil {
			return err
		}
	}
}

func (db *sqlite) offset(number int64) int64 { return db.first + (number-1)*db.stride + db.skip }

// leaf writes the records of a page, if it is a leaf, or an inner page of an index, whose cells are records too.
func (db *sqlite) leaf(number int64, page []byte) error {
	head := 0
	if number == 1 && db.skip == 0 {
		head = sqliteHeader
	}
	kind := page[head]
	at := head + 8
	if kind == sqliteIndexInner {
		at = head + 12
	} else if kind != sqliteTableLeaf && kind != sqliteIndexLeaf {
		return nil
	}
	cells := int(binary.BigEndian.Uint16(page[head+3:]))
	for i := range cells {
		if at+2*i+2 > len(page) {
			break
		}
		cell := int(binary.BigEndian.Uint16(page[at+2*i:]))
		if cell < at || cell >= len(page) {
			continue
		}
		if err := db.cell(kind, page[:db.usable], cell); err != nil {
			return err
		}
	}
	return nil
}

// cell writes one record.
func (db *sqlite) cell(kind byte, page []byte, at int) error {
	if kind == sqliteIndexInner {
		at += 4
	}
	size, at := varint(page, at)
	if kind == sqliteTableLeaf {
		_, at = varint(page, at)
	}
	if at >= len(page) || size == 0 || int64(size) < 0 || int64(size) > db.Size {
		return nil
	}
	local := db.local(kind, int(size))
	if at+local > len(page) {
		return nil
	}
	record := page[at : at+local]
	if local < int(size) {
		record = db.overflow(record, page, at+local, int(size))
	}
	return db.values(record)
}

// local is how many bytes of a record stay in the page.
func (db *sqlite) local(kind byte, size int) int {
	u := db.usable
	most := u - 35
	if kind != sqliteTableLeaf {
		most = (u-12)*64/255 - 23
	}
	if size <= most {
		return size
	}
	least := (u-12)*32/255 - 23
	if k := least + (size-least)%(u-4); k <= most {
		return k
	}
	return least
}

// overflow follows the chain of pages that a record goes on in. In a log of changes the numbers of pages say nothing of
// where they stand, so only what the page itself holds is read there.
func (db *sqlite) overflow(start, page []byte, at, size int) []byte {
	if at+4 > len(page) || db.skip > 0 {
		return start
	}
	record := bytes.Clone(start)
	next := binary.BigEndian.Uint32(page[at:])
	more := make([]byte, db.usable)
	for next != 0 && len(record) < size { // a circle ends where the record does
		n, _ := db.ReadAt(more, db.offset(int64(next)))
		if n < 4 {
			break
		}
		record = append(record, more[4:min(n, 4+size-len(record))]...)
		next = binary.BigEndian.Uint32(more)
	}
	return record
}

// values writes the texts and blobs of a record, each on a line: in the file nothing stands between them.
func (db *sqlite) values(record []byte) error {
	size, at := varint(record, 0)
	if int64(size) < 0 || size > uint64(len(record)) {
		return nil
	}
	body := int(size)
	for at < int(size) {
		var kind uint64
		kind, at = varint(record, at)
		n := valueLength(kind)
		if n < 0 || n > int64(len(record)) {
			n = int64(len(record))
		}
		end := min(body+int(n), len(record))
		if kind >= 12 && body < end {
			if _, err := db.out.Write(append(record[body:end:end], '\n')); err != nil {
				return err
			}
		}
		body = end
	}
	return nil
}

// valueLength is how many bytes a value of a serial type takes.
func valueLength(kind uint64) int64 {
	switch {
	case kind >= 12:
		return int64((kind - 12) / 2)
	case kind <= 4:
		return int64(kind)
	case kind == 5:
		return 6
	case kind <= 7:
		return 8
	default:
		return 0
	}
}

// varint reads SQLite's variable-length integer, of 1 to 9 bytes with the high ones first.
func varint(b []byte, at int) (value uint64, next int) {
	for i := range 9 {
		if at >= len(b) {
			return value, at
		}
		c := b[at]
		at++
		if i == 8 {
			return value<<8 | uint64(c), at
		}
		value = value<<7 | uint64(c&0x7f)
		if c < 0x80 {
			break
		}
	}
	return value, at
}
