package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// A row that was deleted stays in the free space of its page until another takes its room. Of most, the first four bytes
// are gone: SQLite keeps there where the next free block is, and how large this one (section 1.6 of the format). They
// held the numbers in front of a cell, and perhaps the types of its first columns. The types that are left tell how
// long the other columns are, and those end where the cell does. What was moved, or freed with its whole page, is
// complete. Free space next to free space becomes one block, in which stale numbers of the blocks before may stand.

// extent is a part of a page.
type extent struct{ from, to int }

// freeSpace reads the rows in what the live cells of the page leave free.
func (db *sqlite) freeSpace() {
	page := db.page[:db.usable]
	head := db.pointers - 8
	if db.kind == sqliteIndexInner {
		head -= 4
	}
	if !db.hasCells {
		db.carve(page) // of a page that was freed, the beginning may be gone
		return
	}
	blocks := map[int]int{} // sizes by offset
	for at := int(binary.BigEndian.Uint16(page[head+1:])); at > 0 && at+4 <= len(page) && blocks[at] == 0; {
		blocks[at] = max(4, min(int(binary.BigEndian.Uint16(page[at+2:])), len(page)-at))
		at = int(binary.BigEndian.Uint16(page[at:]))
	}
	slices.SortFunc(db.live, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	at := db.pointers + 2*db.cells
	for _, cell := range append(db.live, extent{len(page), len(page)}) {
		for at < cell.from {
			if size := blocks[at]; size > 0 {
				size = min(size, cell.from-at)
				db.freed(page[at : at+size])
				at += size
				continue
			}
			next := at + 1
			for next < cell.from && blocks[next] == 0 {
				next++
			}
			db.carve(page[at:next])
			at = next
		}
		at = max(at, cell.to)
	}
}

// carve reads the rows that are complete in a free part of a page.
func (db *sqlite) carve(part []byte) {
	for at := 0; at < len(part); {
		n := db.complete(part[at:])
		at += max(n, 1)
	}
}

// complete reads the row that a part of a page begins with, if all of it is there, and returns its length or 0.
func (db *sqlite) complete(b []byte) int {
	size, at := varint(b, 0)
	for range 2 { // a row of a table has its number next, an entry of an index has not
		if head, begin := varint(b, at); size >= 2 && uint64(at)+size <= uint64(len(b)) && head >= 2 && head < size {
			row := rowOf(b[at:], begin-at, int(head))
			if row != nil && row.size() == int(size) && row.isText() {
				row.write(&db.out)
				return at + int(size)
			}
		}
		_, at = varint(b, at)
	}
	return 0
}

// freed reads the rows of a free block. Where a block was freed in front of it, the two became one; the numbers of the old
// one are still there, and its size still ends where this block does.
func (db *sqlite) freed(block []byte) {
	from := 0
	for at := freeNumbers; at+freeNumbers <= len(block); at++ {
		if int(binary.BigEndian.Uint16(block[at+2:])) == len(block)-at {
			db.damaged(block[from:at])
			from = at
		}
	}
	db.damaged(block[from:])
}

// freeNumbers is how many bytes of a free block are not those of the row.
const freeNumbers = 4

// damaged reads the row that has lost its first bytes, and the complete ones that may follow it: blocks that were freed
// behind another one became part of it as they were.
func (db *sqlite) damaged(block []byte) {
	end := freeNumbers
	for end < len(block) && !startsComplete(block[end:]) {
		end++
	}
	if end <= freeNumbers+1 || end > len(block) {
		return
	}
	row := lastColumns(block[:end])
	if db.columns > 0 {
		row = db.rowWithColumns(block[:end])
	}
	if row != nil {
		row.write(&db.out)
	} else { // at least it is known where the columns may begin, perhaps behind half of a type, and where they end
		for _, begin := range []int{freeNumbers, freeNumbers + 1} {
			db.out.Write(block[begin:end])
			db.out.WriteByte('\n')
		}
	}
	db.carve(block[end:])
}

// mostColumns is how many columns of a row without its beginning are looked for.
const mostColumns = 64

// mostLeft is how many bytes at the end of a free block may be those that were too few to be a block of their own.
const mostLeft = 3

// rowWithColumns finds the row that a block holds, where the number of columns is known.
func (db *sqlite) rowWithColumns(block []byte) *sqliteRow {
	least, most := 1, 9 // bytes of the row's number
	if db.kind != sqliteTableLeaf {
		least, most = 0, 0
	}
	for left := range mostLeft + 1 {
		for _, mayLose := range []bool{false, true} {
			for numbers := least; numbers <= most; numbers++ {
				for sizeLength := 1; sizeLength <= 2; sizeLength++ {
					row := db.rowBehind(block[:max(len(block)-left, freeNumbers)], sizeLength, numbers)
					if row != nil && (mayLose || row.lost() == 0) {
						return row
					}
				}
			}
		}
	}
	return nil
}

// rowBehind finds the row that a block holds behind its size and its number, of so many bytes. They and the size of the
// types stand in front of the types, so they tell how many of these are gone.
func (db *sqlite) rowBehind(block []byte, sizeLength, numbers int) *sqliteRow {
	types := sizeLength + numbers + 1
	gone := max(0, freeNumbers-types)
	if gone >= db.columns || varintLength(len(block)-sizeLength-numbers) != sizeLength {
		return nil
	}
	row := rowOf(block, max(types, freeNumbers), 0).columns(db.columns - gone)
	if row == nil {
		return nil
	}
	if at := types - 1; at >= freeNumbers && int(block[at]) != row.typesEnd-at {
		return nil // the size of the types is not gone, and is another
	}
	row.begin += len(block) - row.size()
	if gone == 0 && row.lost() > 0 || !row.isText() {
		return nil
	}
	return row
}

func varintLength(n int) int {
	length := 1
	for ; n > 0x7f; n >>= 7 {
		length++
	}
	return length
}

// lastColumns takes a block for one row, and finds the columns of it whose types are left: those that end where the block
// does. Where several numbers of columns fit, the one is taken that explains most of the block.
func lastColumns(block []byte) (best *sqliteRow) {
	for n := 1; n <= mostColumns; n++ {
		row := rowOf(block, freeNumbers, 0).columns(n)
		if row == nil || row.size() > len(block) {
			break
		}
		row.begin = len(block) - row.width()
		if row.isText() && (best == nil || row.lost() < best.lost()) {
			best = row
		}
	}
	return best
}

func startsComplete(b []byte) bool {
	var ignored sqlite
	return ignored.complete(b) > 0
}

// sqliteRow is a row in memory: where the types of its columns stand, and where the columns.
type sqliteRow struct {
	bytes     []byte
	types     []uint64
	typesFrom int
	typesEnd  int
	begin     int // of the first column
}

// rowOf reads the types that stand from an offset on up to another; up to 0: none yet. It is nil if they do not end there.
func rowOf(b []byte, from, to int) *sqliteRow {
	r := &sqliteRow{bytes: b, typesFrom: from, typesEnd: from, begin: to}
	for r.typesEnd < to {
		if r.next() == nil {
			return nil
		}
	}
	if to > 0 && r.typesEnd != to {
		return nil
	}
	return r
}

// columns reads n types, nil if there are none such.
func (r *sqliteRow) columns(n int) *sqliteRow {
	for range n {
		if r.next() == nil {
			return nil
		}
	}
	r.begin = r.typesEnd
	return r
}

// next reads one more type, nil if it is none.
func (r *sqliteRow) next() *sqliteRow {
	kind, at := varint(r.bytes, r.typesEnd)
	if at >= len(r.bytes) || kind == 10 || kind == 11 || valueLength(kind) > int64(len(r.bytes)) {
		return nil
	}
	r.types, r.typesEnd = append(r.types, kind), at
	return r
}

// width is how many bytes the columns take, and size how many the row up to its end.
func (r *sqliteRow) width() (n int) {
	for _, kind := range r.types {
		n += int(valueLength(kind))
	}
	return n
}

func (r *sqliteRow) size() int { return r.begin + r.width() }

// lost is how many bytes stand between the types and the columns: those of columns without a type.
func (r *sqliteRow) lost() int { return r.begin - r.typesEnd }

// isText tells whether any column is a text, and all that are such are readable.
func (r *sqliteRow) isText() (any bool) {
	if r.begin < r.typesEnd || r.size() > len(r.bytes) {
		return false
	}
	at := r.begin
	for _, kind := range r.types {
		column := r.bytes[at : at+int(valueLength(kind))]
		at += len(column)
		if kind < 13 || kind%2 == 0 {
			continue
		}
		if !utf8.Valid(column) || bytes.ContainsFunc(column, isControl) {
			return false
		}
		any = any || len(column) > 0
	}
	return any
}

func isControl(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }

// write writes the texts and blobs, each on a line, and what is left of columns whose types are gone.
func (r *sqliteRow) write(out *bytes.Buffer) {
	at := r.begin
	if r.lost() > 0 {
		out.Write(r.bytes[r.typesEnd:at])
		out.WriteByte('\n')
	}
	for _, kind := range r.types {
		column := r.bytes[at : at+int(valueLength(kind))]
		at += len(column)
		if kind >= 12 && len(column) > 0 {
			out.Write(column)
			out.WriteByte('\n')
		}
	}
}
