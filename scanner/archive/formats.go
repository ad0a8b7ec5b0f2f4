package archive

import (
	"bufio"
	"fmt"
	"io"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/decode"
	"skleak/scanner/archive/internal/pdf"
	"skleak/scanner/archive/internal/sevenzip"
	"skleak/scanner/archive/internal/sqlite"
)

// The rooms below internal know their formats, and nothing of places and visitors: here the two meet.

// inside is a container whose members go to the visitor.
type inside struct {
	walk  *walk
	place Place
	kind  Kind
}

// Member implements sevenzip.Visitor.
func (in inside) Member(name string, r io.Reader) error {
	return in.walk.member(in.place, string(in.kind), name, r)
}

// Unread implements sevenzip.Visitor and pdf.Visitor.
func (in inside) Unread(name string, err error) error {
	if name == "" {
		return in.walk.unread(in.place, err)
	}
	return in.walk.unread(in.place.below(name, string(in.kind)), err)
}

// Stream implements pdf.Visitor: it looks at the bytes that a stream holds, and at the strings in them, joined.
func (in inside) Stream(name string, open func() (io.Reader, func(), error)) error {
	r, done, err := open()
	if err != nil {
		return in.Unread(name, err)
	}
	defer done()
	at, err := in.walk.enter(in.place, string(in.kind), name)
	if err != nil {
		return err
	}
	err = in.walk.both(at, r, func(text func(io.Reader) error) error {
		again, done, err := open()
		if err != nil {
			return err
		}
		defer done()
		strings, done := pdf.NewText(bound.Charged{From: again, Budget: in.walk.budget})
		defer done()
		return text(strings)
	})
	if err == nil || endsWalk(err) {
		return err
	}
	return in.Unread(name, err)
}

func walkSevenZip(w *walk, p Place, c Content) error {
	return sevenzip.Walk(c, w.budget, inside{w, p, sevenZip})
}

func walkPDF(w *walk, p Place, c Content) error {
	return pdf.Walk(c, &w.finder, w.budget, inside{w, p, pdfDocument})
}

func walkSQLite(w *walk, p Place, c Content) error {
	in := inside{w, p, sqliteDB}
	const rows = "(rows)"
	db, err := sqlite.New(w.finder.Context, c, w.budget, func(err error) { w.name(p.below(rows, string(sqliteDB)), err) })
	if err != nil {
		return err
	}
	defer db.Close()
	return in.Member(rows, db)
}

// walkCompressed looks into a compressed content. It has no members: what it holds is told at its own place.
func walkCompressed(w *walk, p Place, k Kind, r *bufio.Reader) error {
	from, done, err := decode.Open(decode.Method(k), r, w.budget)
	if err != nil {
		return fmt.Errorf("opening the %s file: %w", k, err)
	}
	defer done()
	if p.depth > 0 { // the header of an outer one is found in its bytes, which are searched
		if header := decode.GzipHeader(from); header != "" {
			if err := w.fatal(w.Name(p, header)); err != nil {
				return err
			}
		}
	}
	return w.content(Place{p.Path, string(k), p.depth + 1, p.layer}, from)
}
