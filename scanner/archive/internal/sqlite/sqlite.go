// Package sqlite reads the rows of SQLite's files, those that were deleted among them.
//
// A file is a row of pages. Tables and indexes are trees of them; a leaf holds cells, each a record whose values stand
// one behind the other without anything between, and what does not fit into the page goes on in a chain of overflow
// pages. This reads every page that looks like a leaf, whether or not a tree still leads to it: pages on the freelist
// keep the rows that were deleted, and so does the free space of the others. A library would open the database and see
// none of that. The format is that of https://www.sqlite.org/fileformat2.html, sections 1.2 to 2.1.
package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/content"
)

// Magic begins a database, and LogMagic the log of one.
const (
	Magic    = "SQLite format 3\x00"
	LogMagic = "\x37\x7f\x06"
)

const (
	tableLeaf      = 13
	indexLeaf      = 10
	indexInner     = 2
	headerLength   = 100
	logHeader      = 32
	logFrameHeader = 24
)

// Reader reads the values of all records, each on a line.
type Reader struct {
	content.Content
	ctx              context.Context
	budget           *bound.Budget
	unread           func(error)
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

// New makes a reader of a file. Rows that are not read are told to unread.
func New(ctx context.Context, c content.Content, b *bound.Budget, unread func(error)) (*Reader, error) {
	var head [headerLength]byte
	if c.Full(head[:], 0) != nil {
		return nil, errors.New("the SQLite file ends within its header")
	}
	db := &Reader{Content: c, ctx: ctx, budget: b, unread: unread, isRead: true}
	if string(head[:3]) == LogMagic {
		db.pageSize = int(binary.BigEndian.Uint32(head[8:]))
		db.usable, db.first, db.skip = db.pageSize, logHeader, logFrameHeader
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
		return nil, fmt.Errorf("the SQLite file has pages of %d bytes, which no database has", db.pageSize)
	}
	db.stride = int64(db.pageSize) + db.skip
	db.page = make([]byte, db.pageSize)
	return db, nil
}

// Close gives the memory back.
func (db *Reader) Close() { db.budget.Release(db.held) }

// Read reads one record at a time.
func (db *Reader) Read(b []byte) (int, error) {
	for db.out.Len() == 0 {
		switch {
		case db.err != nil:
			return 0, db.err
		case db.cell < db.cells:
			db.record(db.cell)
			db.cell++
		case !db.isRead:
			db.isRead = true
			db.freeSpace()
		default:
			db.err = db.nextPage()
		}
	}
	return db.out.Read(b)
}

// nextPage reads the next page. One that is no leaf has no cells.
func (db *Reader) nextPage() error {
	db.number++
	db.cell, db.cells, db.hasCells, db.live, db.isRead = 0, 0, false, db.live[:0], true
	db.columns = 0
	if err := db.ctx.Err(); err != nil {
		return err
	}
	at := db.offset(db.number)
	db.number += (content.Stored(db.Content, at) - at) / db.stride // a page of a hole holds nothing
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
		head = headerLength
	}
	db.kind, db.isRead = db.page[head], false
	switch db.kind {
	case indexInner: // whose cells are records, too
		db.pointers = head + 12
	case tableLeaf, indexLeaf:
		db.pointers = head + 8
	default:
		return nil
	}
	db.hasCells = true
	db.cells = min(int(binary.BigEndian.Uint16(db.page[head+3:])), (len(db.page)-db.pointers)/2)
	return nil
}

func (db *Reader) offset(number int64) int64 { return db.first + (number-1)*db.stride + db.skip }

// record reads the record of a cell.
func (db *Reader) record(cell int) {
	page := db.page[:db.usable]
	pointer := db.pointers + 2*cell
	begin := int(binary.BigEndian.Uint16(db.page[pointer:]))
	if begin <= pointer || begin >= len(page) {
		return
	}
	at := begin
	if db.kind == indexInner {
		at += 4
	}
	wide, at := varint(page, at)
	if db.kind == tableLeaf {
		_, at = varint(page, at)
	}
	if at >= len(page) || wide == 0 || wide > uint64(db.Size) {
		return
	}
	size := int(wide)
	local := db.local(size)
	if at+local > len(page) {
		return
	}
	record := page[at : at+local]
	end := at + local
	if local < size {
		end += 4
		record = db.overflow(record, page, at+local, size)
	}
	db.live = append(db.live, extent{begin, end})
	db.values(record)
}

// local is how many bytes of a record stay in the page.
func (db *Reader) local(size int) int {
	u := db.usable
	most := u - 35
	if db.kind != tableLeaf {
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
func (db *Reader) overflow(start, page []byte, at, size int) []byte {
	if at+4 > len(page) || db.skip > 0 {
		return start
	}
	if err := db.room(size); err != nil {
		db.unread(fmt.Errorf("a row of %d bytes: %w", size, err))
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
		if db.err = db.budget.Charge(n); db.err != nil { // a chain may be that of many records
			break
		}
		record = append(record, more[4:min(n, 4+size-len(record))]...)
		next = binary.BigEndian.Uint32(more)
	}
	return record
}

// room reserves memory for a record: as it lies in its pages, and once more for its values, in a buffer that grows.
func (db *Reader) room(size int) error {
	need := 3*int64(size) - db.held
	if need <= 0 {
		return nil
	}
	err := db.budget.Reserve(need)
	if err == nil {
		db.held += need
	}
	return err
}

// values writes the values of a record.
func (db *Reader) values(record []byte) {
	wide, at := varint(record, 0)
	if wide > uint64(len(record)) {
		return
	}
	head := int(wide)
	live := row{bytes: record, typesFrom: at, typesEnd: head, begin: head}
	db.columns = live.write(&db.out)
}
