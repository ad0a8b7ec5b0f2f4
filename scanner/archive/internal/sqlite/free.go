package sqlite

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// A row that was deleted stays in the free space of its page until another takes its room. Of most, the first four
// bytes are gone: SQLite keeps there where the next free block is, and how large this one (section 1.6 of the format).
// They held the numbers in front of a cell, and perhaps the types of its first columns. The types that are left tell
// how long the other columns are, and those end where the cell does. What was moved, or freed with its whole page, is
// complete. Free space next to free space becomes one block, in which stale numbers of the blocks before may stand.

// extent is a part of a page.
type extent struct{ from, to int }

// freeSpace reads the rows in what the live cells of the page leave free.
func (db *Reader) freeSpace() {
	page := db.page[:db.usable]
	head := db.pointers - 8
	if db.kind == indexInner {
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
func (db *Reader) carve(part []byte) {
	for at := 0; at < len(part); {
		n := db.complete(part[at:])
		at += max(n, 1)
	}
}

// complete reads the row that a part of a page begins with, if all of it is there, and returns its length or 0.
func (db *Reader) complete(b []byte) int {
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

// freed reads the rows of a free block. Where a block was freed in front of it, the two became one; the numbers of the
// old one are still there, and its size still ends where this block does.
func (db *Reader) freed(block []byte) {
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
func (db *Reader) damaged(block []byte) {
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
func (db *Reader) rowWithColumns(block []byte) *row {
	least, most := 1, 9 // bytes of the row's number
	if db.kind != tableLeaf {
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
func (db *Reader) rowBehind(block []byte, sizeLength, numbers int) *row {
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

// lastColumns takes a block for one row, and finds the columns of it whose types are left: those that end where the
// block does. Where several numbers of columns fit, the one is taken that explains most of the block.
func lastColumns(block []byte) (best *row) {
	for n := 1; n <= mostColumns; n++ {
		row := rowOf(block, freeNumbers, 0).columns(n)
		if row == nil || row.size() > len(block) {
			break
		}
		row.begin = len(block) - row.width
		if row.isText() && (best == nil || row.lost() < best.lost()) {
			best = row
		}
	}
	return best
}

func startsComplete(b []byte) bool {
	var ignored Reader
	return ignored.complete(b) > 0
}
