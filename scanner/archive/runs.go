package archive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/decode"
)

// Texts hold packed contents in base64: Helm keeps a release as base64 of gzip, which Kubernetes writes in base64 once
// more; tools put a compressed file into JSON, YAML or a script. Their keys are in no form that the rules could undo in
// place, since a packed content has no limit. Runs finds them while a text goes by.

// runMagics are the beginnings of such contents, and how many times they are in base64: of gzip without flags.
var runMagics = []struct {
	magic  string
	levels int
}{
	{"H4sI", 1}, {"SDRzS", 2}, {"U0RSelN", 3},
}

const (
	// runLength is how many letters of base64 stand in a row where something packed begins: lines have 60 and more,
	// and gzip makes nothing of interest that is smaller.
	runLength = 60
	// runMemory is about what a run takes besides its letters.
	runMemory = 128
	// RunHead is how far behind the beginning of a run the magic may stand: what follows says nothing more of it.
	RunHead = 256
)

// beginning returns where something packed begins in a run, and how many times it is in base64; 0: nowhere.
func beginning(run []byte) (at, levels int) {
	head := run[:min(len(run), RunHead)]
	for _, m := range runMagics {
		if i := bytes.Index(head, []byte(m.magic)); i >= 0 {
			return i, m.levels
		}
	}
	return 0, 0
}

// HasRuns tells whether a text that is at hand holds contents that Runs would find.
func HasRuns(text []byte) bool {
	for from, to := nextRun(text, 0); from >= 0; from, to = nextRun(text, to) {
		if _, levels := beginning(text[from:to]); levels > 0 {
			return true
		}
	}
	return false
}

// HasRunsNear tells whether a text holds what Runs would find, and there would be none but for what stands from one offset
// to another. It may tell of others that are near: letters are gone by word by word, up to one with a sign, since where
// exactly a run ends can be foreseen by no processor.
func HasRunsNear(text []byte, from, to int) bool {
	const word = 8
	first, last := max(0, from-RunHead), min(len(text), to+RunHead)
	for from > first {
		if from -= word; from <= first {
			from = first
		} else if hasSignInWord(text[from:]) {
			break
		}
	}
	for to < last {
		if to += word; to >= last {
			to = last
		} else if hasSignInWord(text[to-word:]) {
			break
		}
	}
	return HasRuns(text[from:to])
}

// Runs reads a text, and keeps the packed contents that it comes by. They are looked into once the text was read.
type Runs struct {
	from   io.Reader
	budget *bound.Budget
	lines  int
	begun  []byte // the end of what was read so far, as far as a run may have begun in it
	now    *run   // the one that is being kept
	found  []*run

	reserved int64 // memory for them
	full     bool  // there is none for more
}

// run is letters from the beginning of such a content on, as far as they can go on. It ends at a sign, so others may
// follow in it: a file can have one content a line.
type run struct {
	begins []packedAt // at least the first; in order
	text   []byte
	row    packedAt // where the letters began that stand in a row at the end of text
	cut    error
	escape bool // the last byte was a backslash: an n behind it ends a line in JSON
}

// packedAt is where a content begins in a run, or looks as if it did.
type packedAt struct{ at, levels, line int }

// NewRuns makes one for an outer text.
func NewRuns(from io.Reader, l *Limits) *Runs {
	return newRuns(from, l.Budget(streamSize))
}

func newRuns(from io.Reader, b *bound.Budget) *Runs { return &Runs{from: from, budget: b, lines: 1} }

func (r *Runs) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.feed(b[:n])
	return n, err
}

// feed looks at the next piece of the text.
func (r *Runs) feed(piece []byte) {
	at := 0
	for {
		if r.now != nil {
			at += r.keep(piece[at:])
			if r.now != nil {
				return
			}
		}
		if at >= len(piece) {
			return
		}
		n, more := r.look(piece[at:])
		r.lines += bytes.Count(piece[at:at+n], []byte("\n"))
		at += n
		if !more {
			return
		}
	}
}

// look searches a piece for the next content, and tells where it begins. Without one, the run at the end of the piece
// is remembered: it may go on.
func (r *Runs) look(piece []byte) (n int, more bool) {
	at := 0
	if len(r.begun) > 0 {
		before := len(r.begun)
		joined := append(r.begun, piece[:min(len(piece), RunHead)]...)
		if from, to := nextRun(joined, 0); from >= 0 && from < before {
			if at, levels := beginning(joined[from:to]); levels > 0 {
				r.begin(levels)
				r.begun = r.begun[:0]
				r.keep(joined[from+at : max(before, from+at)])
				return max(from+at-before, 0), true
			}
		}
		for at < len(piece) && isLetter[piece[at]] { // the rest of that run
			at++
		}
	}
	for from, to := nextRun(piece, at); from >= 0; from, to = nextRun(piece, to) {
		if at, levels := beginning(piece[from:to]); levels > 0 {
			r.begin(levels)
			r.begun = r.begun[:0]
			r.now.begins[0].line += bytes.Count(piece[:from], []byte("\n"))
			return from + at, true
		}
	}
	r.remember(piece)
	return len(piece), false
}

// remember keeps the letters at the end of a piece. Of a run that is longer than RunHead, and has no magic, the first
// ones are enough.
func (r *Runs) remember(piece []byte) {
	start := len(piece)
	for start > 0 && isLetter[piece[start-1]] {
		start--
	}
	if start > 0 {
		r.begun = r.begun[:0]
	}
	letters := piece[start:]
	r.begun = append(r.begun, letters[:min(len(letters), RunHead-len(r.begun))]...)
}

func (r *Runs) begin(levels int) {
	r.now = &run{begins: []packedAt{{0, levels, r.lines}}}
	if r.full {
		r.now.cut = errRunsFull // which the last one that was kept tells
		return
	}
	r.now.cut = r.take(runMemory)
	r.full = r.now.cut != nil
	r.found = append(r.found, r.now)
}

var errRunsFull = errors.New("there is no more memory for what is packed here")

// take reserves memory until Drop is called.
func (r *Runs) take(n int64) error {
	err := r.budget.Reserve(n)
	if err == nil {
		r.reserved += n
	}
	return err
}

// keep takes letters of the content at hand, and tells how many bytes it went over. It ends at what is neither a letter
// nor the end of a line.
func (r *Runs) keep(piece []byte) int {
	for i, c := range piece {
		isText := isLetter[c] && (!r.now.escape || c != 'n' && c != 'r')
		if !isText {
			r.endRow()
		}
		switch {
		case isText, c == '=':
			if r.now.cut == nil {
				r.now.cut = r.add(c)
			}
		case c == '\n':
			r.lines++
		case c > ' ' && c != '\\' && !r.now.escape:
			r.now = nil
			return i
		}
		if r.now.escape = c == '\\'; !isText {
			r.now.row = packedAt{at: len(r.now.text), line: r.lines}
		}
	}
	return len(piece)
}

// endRow notes whether a content may begin in the letters that stood in a row. In the first row one does, and if that
// is none, it may be one behind it.
func (r *Runs) endRow() {
	now := r.now
	row := now.text[now.row.at:]
	if now.cut != nil || len(row) < runLength {
		return
	}
	b := now.row
	if b.at == 0 {
		b.at, b.line = 1, now.begins[0].line
	}
	at, levels := beginning(now.text[b.at:])
	if levels == 0 {
		return
	}
	b.at, b.levels = b.at+at, levels
	if now.cut = r.take(runMemory); now.cut == nil {
		now.begins = append(now.begins, b)
	}
}

// add keeps a letter.
func (r *Runs) add(c byte) error {
	text := r.now.text
	if had := cap(text); len(text) == had {
		room := max(2*had, 256)
		if err := r.take(int64(room)); err != nil {
			return err
		}
		text = append(make([]byte, 0, room), text...)
		r.budget.Release(int64(had))
		r.reserved -= int64(had)
	}
	r.now.text = append(text, c)
	return nil
}

// walkText looks into what an outer text holds. Its own bytes were searched.
func walkText(w *walk, p Place, r io.Reader) error {
	runs := newRuns(r, w.budget)
	if _, err := io.Copy(io.Discard, runs); err != nil {
		return err
	}
	return w.runs(p, runs)
}

// Any tells whether anything was found.
func (r *Runs) Any() bool { return len(r.found) > 0 }

// Walk looks into what was found in an outer text. The error is ctx's or the visitor's own.
func (r *Runs) Walk(ctx context.Context, path string, v Visitor) error {
	defer r.Drop()
	w := newWalk(ctx, r.budget, v)
	return w.ended(Place{Path: path}, w.runs(Place{Path: path}, r))
}

// Drop gives back the memory of what was found.
func (r *Runs) Drop() {
	r.budget.Release(r.reserved)
	r.reserved, r.found, r.now = 0, nil, nil
}

// runs looks into the contents that were found in a text.
func (w *walk) runs(p Place, r *Runs) error {
	defer r.Drop()
	if r.now != nil {
		r.endRow()
	}
	for _, one := range r.found {
		if err := w.run(p, one); err != nil {
			return err
		}
	}
	return nil
}

const (
	// runAgain is how many times its length may be gone through of a run, to look for contents behind the first.
	runAgain = 64
	// runAhead is how much of one of these is unpacked from base64 at a time: there may be many, and small ones.
	runAhead = 512
)

// run looks into what begins in a run, but for what is a part of a content that was read to its end: there, letters may
// look like the beginning of one.
func (w *walk) run(p Place, one *run) error {
	behind, left := 0, runAgain*len(one.text)
	for i, b := range one.begins {
		if b.at < behind {
			continue
		}
		at := p.below(fmt.Sprintf("(base64 in line %d)", b.line), "base64")
		switch {
		case p.depth >= MaxDepth:
			return w.unread(at, errTooDeep)
		case left < 0:
			return w.unread(at, errRunAgain)
		case i == 0 && one.cut != nil:
			w.name(at, one.cut)
		}
		letters := &counted{from: bytes.NewReader(one.text[b.at:])}
		taken, err := w.inBase64(p, letters, b)
		if err != nil {
			return err
		}
		behind = b.at + taken
		left -= letters.n
	}
	return nil
}

var errRunAgain = bound.NotRead(bound.TooLarge, "too much looks like something packed here: what comes behind was not read")

// inBase64 looks into a content, and tells how many letters it took; 0 if it is none, or damaged, or has no end.
func (w *walk) inBase64(p Place, from io.Reader, b packedAt) (letters int, err error) {
	for range b.levels {
		from = base64.NewDecoder(base64.RawStdEncoding, &unpadded{from: from})
	}
	packed := &counted{from: from}
	buffered, done := bufio.NewReaderSize(packed, runAhead), func() {}
	if b.at == 0 {
		buffered, done = decode.Buffer(packed)
	}
	defer done()
	unpacked, done, err := decode.FirstGzips(buffered) // words may follow that are letters too
	if err != nil {
		return 0, nil // letters that happen to look like one
	}
	defer done()
	whole := &counted{from: unpacked}
	text, done := decode.Buffer(whole)
	defer done()
	if head, _ := text.Peek(1); len(head) == 0 {
		return 0, nil // the same
	}
	err = w.member(p, "base64", fmt.Sprintf("(base64 in line %d)", b.line), text)
	if whole.ended {
		letters = packed.n - buffered.Buffered()
		for range b.levels {
			letters = (letters*4 + 2) / 3
		}
	}
	return letters, err
}

// counted counts bytes, and tells whether the end was seen.
type counted struct {
	from  io.Reader
	n     int
	ended bool
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	c.n += n
	c.ended = err == io.EOF
	return n, err
}

// unpadded reads the letters of base64 up to the padding.
type unpadded struct {
	from io.Reader
	done bool
}

func (u *unpadded) Read(b []byte) (int, error) {
	if u.done {
		return 0, io.EOF
	}
	n, err := u.from.Read(b)
	for i, c := range b[:n] {
		if !isLetter[c] {
			u.done = true
			return i, io.EOF
		}
	}
	return n, err
}
