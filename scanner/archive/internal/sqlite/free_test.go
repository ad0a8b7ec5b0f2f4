package sqlite

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/content"
)

// read returns the values in a database.
func read(t *testing.T, db []byte) string {
	t.Helper()
	c := content.Content{ReaderAt: bytes.NewReader(db), Size: int64(len(db))}
	r, err := New(t.Context(), c, new(bound.Limits).Budget(c.Size), func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// sqliteCell is a row of a table that has texts, and a column for its number.
func sqliteCell(number int, texts ...string) []byte {
	types, body := []byte{0}, ""
	for _, text := range texts {
		kind := 13 + 2*len(text)
		if kind > 0x7f {
			types = append(types, byte(kind>>7)|0x80)
		}
		types = append(types, byte(kind&0x7f))
		body += text
	}
	record := append(append([]byte{byte(len(types) + 1)}, types...), body...)
	var cell []byte
	if size := len(record); size > 0x7f {
		cell = append(cell, byte(size>>7)|0x80)
	}
	cell = append(cell, byte(len(record)&0x7f))
	if number > 0x7f {
		cell = append(cell, byte(number>>7)|0x80)
	}
	cell = append(cell, byte(number&0x7f))
	return append(cell, record...)
}

// sqlitePage is a database of one page. The cells fill it from its end. Those that are free are chained, as SQLite
// does it where the one with the higher offset was freed first; neighbours become one block.
func sqlitePage(cells [][]byte, free func(i int) bool) []byte {
	page := make([]byte, 1024)
	copy(page, Magic)
	binary.BigEndian.PutUint16(page[16:], uint16(len(page)))
	page[headerLength] = tableLeaf
	at, live, block := len(page), 0, 0 // block: offset of the lowest free one
	for i, cell := range cells {
		end := at
		at -= len(cell)
		copy(page[at:], cell)
		if !free(i) {
			binary.BigEndian.PutUint16(page[headerLength+8+2*live:], uint16(at))
			live++
			continue
		}
		next, size := block, len(cell)
		if block == end {
			next = int(binary.BigEndian.Uint16(page[block:]))
			size += int(binary.BigEndian.Uint16(page[block+2:]))
		}
		binary.BigEndian.PutUint16(page[at:], uint16(next))
		binary.BigEndian.PutUint16(page[at+2:], uint16(size))
		block = at
	}
	binary.BigEndian.PutUint16(page[headerLength+1:], uint16(block))
	binary.BigEndian.PutUint16(page[headerLength+3:], uint16(live))
	binary.BigEndian.PutUint16(page[headerLength+5:], uint16(at))
	return page
}

// TestSQLiteDeleted reads rows in the free space of a page: those that lost their first bytes, in blocks of one row and of
// several, with live rows beside that tell the number of columns and without.
func TestSQLiteDeleted(t *testing.T) {
	long := strings.Repeat("long ", 30) + "end"
	rows := [][]string{
		{"user1", "first secret value", "2026-01-01"}, {"user2", "second secret value", "2026-01-02"},
		{"u", "third", "x"}, {"user4", long, "2026-01-04"}, {"user5", "fifth secret value", "2026-01-05"},
	}
	for name, free := range map[string]func(i int) bool{
		"none": func(int) bool { return false }, "all": func(int) bool { return true },
		"first": func(i int) bool { return i == 0 }, "second": func(i int) bool { return i == 1 }, "long": func(i int) bool { return i == 3 },
		"two": func(i int) bool { return i == 1 || i == 2 }, "odd": func(i int) bool { return i%2 == 1 }, "even": func(i int) bool { return i%2 == 0 },
	} {
		var cells [][]byte
		for i, row := range rows {
			cells = append(cells, sqliteCell(i+1, row...))
		}
		all := read(t, sqlitePage(cells, free))
		lines := strings.Split(all, "\n")
		for _, row := range rows {
			for _, text := range row {
				if !slices.Contains(lines, text) {
					t.Errorf("%s deleted: no line %q in\n%s", name, text, all)
				}
			}
		}
	}
}

// TestSQLiteFreed reads the rows of a page that was freed and lost its beginning: one of those that list other free pages.
func TestSQLiteFreed(t *testing.T) {
	page := sqlitePage([][]byte{sqliteCell(1, "user1", "secret value"), sqliteCell(200, "user2", "other value")}, func(int) bool { return false })
	second := slices.Clone(page)
	copy(second, make([]byte, headerLength+20))
	binary.BigEndian.PutUint32(second[4:], 3)
	all := read(t, append(sqlitePage(nil, func(int) bool { return false }), second...))
	for _, row := range []string{"user1\nsecret value\n", "user2\nother value\n"} {
		if !strings.Contains(all, row) {
			t.Errorf("there is no %q in %q", row, all)
		}
	}
}
