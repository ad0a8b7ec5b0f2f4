package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A SQLite file is a row of pages. Tables and indexes are trees of them; a leaf holds cells, each a record whose values
// stand one behind the other without anything between, and what does not fit into the page goes on in a chain of
// overflow pages. This reads every page that looks like a leaf, whether or not a tree still leads to it: pages on the
// freelist keep the rows that were deleted, and so does the free space of the others. A library would open the database
// and see none of that.
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
	walk             *walk
	place            Place
	pageSize, usable int
	first            int64 // offset of the first page
	stride           int64 // from one page to the next
	skip             int64 // in front of each page
	pages            int64 // that there are by the header, 0 where it does not say
	held             int64 // memory for records
	err              error // ends the reading

	page     []byte
	number   int64 // of the page, from 1
	kind     byte
	pointers int // where in the page those to its cells begin
	cell     int // the next one
	cells    int
	hasCells bool         // the page is one that does
	live     []extent     // where in the page they are
	isRead   bool         // with all its free space
	columns  int          // of the last row in the page
	out      bytes.Buffer // values that were not read yet
}

func walkSQLite(w *walk, p Place, c Content) error {
	var head [sqliteHeader]byte
	if n, _ := c.ReadAt(head[:], 0); n < len(head) {
		return errors.New("the SQLite file ends within its header")
	}
	db := &sqlite{Content: c, walk: w, place: p}
	if string(head[:3]) == sqliteWALMagic {
		db.pageSize = int(binary.BigEndian.Uint32(head[8:]))
		db.usable, db.first, db.skip = db.pageSize, sqliteWALHeader, sqliteFrameHeader
	} else {
		db.pageSize = int(binary.BigEndian.Uint16(head[16:]))
		if db.pageSize == 1 {
			db.pageSize = 1 << 16
		}
		db.usable = db.pageSize - int(head[20])
		if bytes.Equal(head[24:28], head[92:96]) { // else it was written by a program that does not count pages
			db.pages = int64(binary.BigEndian.Uint32(head[28:]))
		}
	}
	if db.pageSize < 512 || db.pageSize > 1<<16 || db.pageSize&(db.pageSize-1) != 0 || db.usable < 480 {
		return fmt.Errorf("the SQLite file has pages of %d bytes, which no database has", db.pageSize)
	}
	db.stride = int64(db.pageSize) + db.skip
	db.page, db.isRead = make([]byte, db.pageSize), true
	defer func() { w.budget.release(db.held) }()
	return w.member(p, "sqlite", "(rows)", db)
}

// Read reads the values of all records that are found, each on a line, one record at a time.
func (db *sqlite) Read(b []byte) (int, error) {
	for db.out.Len() == 0 {
		if db.cell < db.cells {
			db.record(db.cell)
			db.cell++
			if db.err != nil {
				return 0, db.err
			}
			continue
		}
		if !db.isRead {
			db.isRead = true
			db.freeSpace()
			continue
		}
		if err := db.nextPage(); err != nil {
			return 0, err
		}
	}
	return db.out.Read(b)
}

// nextPage reads the next page. One that is no leaf has no cells.
func (db *sqlite) nextPage() error {
	db.number++
	db.cell, db.cells, db.hasCells, db.live, db.isRead = 0, 0, false, db.live[:0], true
	db.columns = 0
	if err := db.walk.ctx.Err(); err != nil {
		return err
	}
	if s, ok := db.ReaderAt.(*solid); ok { // a page of a hole holds nothing
		at := db.offset(db.number)
		db.number += (s.next(at) - at) / db.stride
	}
	n, err := db.ReadAt(db.page, db.offset(db.number))
	if n == 0 {
		if err == io.EOF && db.Size < db.pages*int64(db.pageSize) {
			err = fmt.Errorf("the SQLite file is cut off: it should have %d pages", db.pages)
		}
		return cmp.Or(err, io.EOF)
	}
	clear(db.page[n:])
	if err != nil && err != io.EOF {
		return err
	}
	head := 0
	if db.number == 1 && db.skip == 0 {
		head = sqliteHeader
	}
	db.kind, db.isRead = db.page[head], false
	switch db.kind {
	case sqliteIndexInner: // whose cells are records, too
		db.pointers = head + 12
	case sqliteTableLeaf, sqliteIndexLeaf:
		db.pointers = head + 8
	default:
		return nil
	}
	db.hasCells = true
	db.cells = min(int(binary.BigEndian.Uint16(db.page[head+3:])), (len(db.page)-db.pointers)/2)
	return nil
}

func (db *sqlite) offset(number int64) int64 { return db.first + (number-1)*db.stride + db.skip }

// record reads the record of a cell.
func (db *sqlite) record(cell int) {
	page := db.page[:db.usable]
	pointer := db.pointers + 2*cell
	at := int(binary.BigEndian.Uint16(db.page[pointer:]))
	if at <= pointer || at >= len(page) {
		return
	}
	if db.kind == sqliteIndexInner {
		at += 4
	}
	wide, at := varint(page, at)
	if db.kind == sqliteTableLeaf {
		_, at = varint(page, at)
	}
	if at >= len(page) || wide == 0 || wide > uint64(db.Size) {
		return
	}
	size := int(wide)
	local := db.local(db.kind, size)
	if at+local > len(page) {
		return
	}
	record := page[at : at+local]
	end := at + local
	if local < size {
		end += 4
	}
	db.live = append(db.live, extent{int(binary.BigEndian.Uint16(db.page[pointer:])), end})
	if local < size {
		record = db.overflow(record, page, at+local, size)
	}
	db.values(record)
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
	if err := db.room(size); err != nil {
		db.walk.name(db.place.below("(rows)", "sqlite"), fmt.Errorf("a row of %d bytes: %w", size, err))
		return start
	}
	record := append(make([]byte, 0, size), start...)
	next := binary.BigEndian.Uint32(page[at:])
	more := make([]byte, db.usable)
	for next != 0 && len(record) < size { // a circle ends where the record does
		n, _ := db.ReadAt(more, db.offset(int64(next))) // of what cannot be read, the record keeps what there is
		if n < 4 {
			break
		}
		if err := db.walk.budget.charge(n); err != nil { // a chain may be that of many records
			db.err = err
			break
		}
		record = append(record, more[4:min(n, 4+size-len(record))]...)
		next = binary.BigEndian.Uint32(more)
	}
	return record
}

// room reserves memory for a record: as it lies in its pages, and once more for its values, in a buffer that grows.
func (db *sqlite) room(size int) error {
	need := 3*int64(size) - db.held
	if need <= 0 {
		return nil
	}
	err := db.walk.budget.reserve(need)
	if err == nil {
		db.held += need
	}
	return err
}

// values writes the texts and blobs of a record, each on a line: in the file nothing stands between them.
func (db *sqlite) values(record []byte) {
	wide, at := varint(record, 0)
	if wide > uint64(len(record)) {
		return
	}
	head := int(wide)
	body := head
	db.columns = 0
	for at < head {
		var kind uint64
		db.columns++
		kind, at = varint(record, at)
		n := valueLength(kind)
		if n < 0 || n > int64(len(record)) {
			n = int64(len(record))
		}
		end := min(body+int(n), len(record))
		if kind >= 12 && body < end {
			db.out.Write(record[body:end])
			db.out.WriteByte('\n')
		}
		body = end
	}
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
