package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"slices"
	"strings"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/content"
	"skleak/scanner/archive/internal/decode"
)

// mailHeaders begin messages as mail programs save them: only mail has them.
var mailHeaders = []string{
	"from ", "return-path: ", "received: ", "delivered-to: ", "mime-version: 1", "message-id: <", "x-mozilla-status: ",
	"dkim-signature: ",
}

// mimeHeaders are those of a message that has encoded parts, or is one. Any other header may come before them.
var mimeHeaders = []string{"mime-version: 1", "content-type: multipart/", "content-transfer-encoding: "}

// isMail tells whether a content begins like a message, or like a mailbox of them: with a header that only mail has or,
// among the headers at hand, one of a message with encoded parts; and nothing but headers in the lines at hand.
func isMail(head []byte) bool {
	if !beginsAsHeader(head) || !beginsWith(head, mailHeaders) && !hasMIMEHeader(head) {
		return false
	}
	lines := bytes.Split(head, []byte("\n"))
	for i, line := range lines[:len(lines)-1] {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			return i > 1
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		if i == 0 && bytes.HasPrefix(line, []byte("From ")) || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		if !ok || bytes.ContainsAny(name, " \t") {
			return false
		}
	}
	return len(lines) > 2
}

// beginsAsHeader tells whether a name with a colon stands in front, or the line that begins a message in a mailbox.
func beginsAsHeader(head []byte) bool {
	for i, c := range head {
		if c == ':' || c == ' ' && string(head[:i]) == "From" {
			return i > 0
		}
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if c != '-' && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return false
}

// hasMIMEHeader looks at the first word of each line.
func hasMIMEHeader(head []byte) bool {
	for rest := head; len(rest) > 0; {
		if beginsWith(rest, mimeHeaders) {
			return true
		}
		line := bytes.IndexByte(rest, '\n')
		if line <= 0 { // the empty line ends the headers
			return false
		}
		rest = rest[line+1:]
	}
	return false
}

func beginsWith(text []byte, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return len(text) >= len(w) && strings.EqualFold(string(text[:len(w)]), w)
	})
}

// maxMailHead bounds the headers of a message, in bytes.
const maxMailHead = 1 << 20

// maxMailDepth is how many messages and parts may lie in each other. Each time that a message is sent on, there are
// some more.
const maxMailDepth = 30

// walkMail hands on the messages of a mailbox, or the one that there is. The whole is searched as a text besides.
func walkMail(w *walk, p Place, r *bufio.Reader, searched bool) error {
	var cut error
	if !searched {
		held, err := content.Hold(r, w.budget)
		defer held.Drop(w.budget)
		if raw := w.fatal(w.Raw(p, held.Reader())); raw != nil || endsWalk(err) {
			return errors.Join(raw, err)
		}
		again, done := decode.Buffer(held.Reader())
		defer done()
		r, cut = again, err
	}
	box := &mailbox{from: r}
	for number := 1; box.next(); number++ {
		if err := w.message(p, fmt.Sprintf("(message %d)", number), box, 0); err != nil {
			return err
		}
		if err := w.canceled(); err != nil {
			return err
		}
	}
	return errors.Join(cut, box.err)
}

// message hands on what is in a message, or in one that lies in another.
func (w *walk) message(p Place, name string, r io.Reader, depth int) error {
	b := bufio.NewReader(r)
	head, err := textproto.NewReader(bufio.NewReader(&mailHead{from: b})).ReadMIMEHeader()
	if err != nil && err != io.EOF {
		w.name(p, fmt.Errorf("reading the headers of %s: %w", name, err))
	}
	return w.part(p, name, head, b, depth)
}

// mailbox reads one message of a mailbox at a time: each begins at a line with "From " in front. A file that does not
// begin so is one message.
type mailbox struct {
	from    *bufio.Reader
	many    bool
	started bool
	inLine  bool // the next byte is not the first of a line
	err     error
}

var mailStart = []byte("From ")

// next goes to the next message.
func (m *mailbox) next() bool {
	if _, err := io.Copy(io.Discard, m); err != nil {
		m.err = err
		return false
	}
	head, err := m.from.Peek(len(mailStart))
	if len(head) == 0 || m.started && !m.many {
		if err != nil && err != io.EOF {
			m.err = err
		}
		return false
	}
	m.started, m.many = true, bytes.Equal(head, mailStart)
	for m.many {
		_, err := m.from.ReadSlice('\n')
		if err != bufio.ErrBufferFull {
			break
		}
	}
	m.inLine = false
	return true
}

func (m *mailbox) Read(b []byte) (int, error) {
	if !m.started {
		return 0, io.EOF
	}
	if m.many && !m.inLine {
		if head, _ := m.from.Peek(len(mailStart)); bytes.Equal(head, mailStart) {
			return 0, io.EOF
		}
	}
	piece, err := m.from.Peek(1)
	if len(piece) == 0 {
		return 0, err
	}
	piece, _ = m.from.Peek(min(m.from.Buffered(), len(b)))
	if end := bytes.IndexByte(piece, '\n'); m.many && end >= 0 {
		piece = piece[:end+1]
	}
	n := copy(b, piece)
	m.inLine = n > 0 && piece[n-1] != '\n'
	_, _ = m.from.Discard(n) // they were peeked at
	return n, nil
}

// mailHead reads the headers of a message, up to the empty line behind them, and not more than maxMailHead.
type mailHead struct {
	from *bufio.Reader
	n    int
	done bool
	part bool // the line at hand began earlier
	line []byte
}

func (h *mailHead) Read(b []byte) (int, error) {
	for len(h.line) == 0 {
		if h.done {
			return 0, io.EOF
		}
		line, err := h.from.ReadSlice('\n')
		if h.n += len(line); h.n > maxMailHead {
			return 0, bound.NotRead(bound.TooLarge, "the headers are longer than %d MB", maxMailHead>>20)
		}
		h.done = err != nil && err != bufio.ErrBufferFull || !h.part && len(bytes.TrimRight(line, "\r\n")) == 0
		h.part = err == bufio.ErrBufferFull
		h.line = line
		if len(line) == 0 {
			return 0, cmp.Or(err, io.EOF)
		}
	}
	n := copy(b, h.line)
	h.line = h.line[n:]
	return n, nil
}

// part hands on what is encoded in a message or a part of one, and what is a container or a message as it is: the rest
// was searched already.
func (w *walk) part(p Place, name string, header textproto.MIMEHeader, body io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if errors.Is(err, mime.ErrInvalidMediaParameter) {
		params = map[string]string{"boundary": boundaryIn(header.Get("Content-Type"))}
	}
	inOthers := strings.HasPrefix(kind, "multipart/")
	encoding, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))), " ")
	isPlain := encoding == "" || encoding == "7bit" || encoding == "8bit" || encoding == "binary"
	isMessage := kind == "message/rfc822" && isPlain
	switch {
	case (inOthers || isMessage) && depth >= maxMailDepth:
		return w.unread(p.below(name, "mail"),
			bound.NotRead(bound.TooLarge, "more than %d messages and parts lie in each other", maxMailDepth))
	case isMessage:
		return w.message(p, name, body, depth+1)
	case inOthers:
		return w.parts(p, name, multipart.NewReader(body, params["boundary"]), depth)
	case encoding == "base64" || encoding == "x-base64":
		return w.member(p, "mail", name, base64.NewDecoder(base64.StdEncoding, &lettersOnly{bufio.NewReader(body)}))
	case encoding == "quoted-printable":
		return w.member(p, "mail", name, quotedprintable.NewReader(body))
	case isPlain:
		plain, done := decode.Buffer(body)
		defer done()
		if head, _ := plain.Peek(sniffLength); sniff(head) == None { // an error comes again
			return nil
		}
		return w.member(p, "mail", name, plain)
	}
	return w.unread(p.below(name, "mail"),
		bound.NotRead(bound.Unsupported, "the part is encoded as %.20q, which is not read", encoding))
}

// parts goes through those of a message.
func (w *walk) parts(p Place, name string, parts *multipart.Reader, depth int) error {
	for number := 1; ; number++ {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return w.unread(p.below(name, "mail"), fmt.Errorf("reading part %d: %w", number, err))
		}
		inner := part.FileName()
		if inner == "" {
			inner = fmt.Sprintf("(part %d)", number)
		}
		if err := w.part(p, inner, part.Header, part, depth+1); err != nil {
			return err
		}
	}
}

// boundaryIn finds the boundary in a header that is not written as it should be.
func boundaryIn(header string) string {
	const name = "boundary="
	at := strings.Index(strings.ToLower(header), name)
	if at < 0 {
		return ""
	}
	value := header[at+len(name):]
	if rest, ok := strings.CutPrefix(value, `"`); ok {
		value, _, _ = strings.Cut(rest, `"`)
		return value
	}
	value, _, _ = strings.Cut(value, ";")
	return strings.TrimSpace(value)
}

// lettersOnly leaves out what is no letter of base64, as mail programs do.
type lettersOnly struct{ from *bufio.Reader }

func (l *lettersOnly) Read(b []byte) (int, error) {
	for n := 0; ; {
		c, err := l.from.ReadByte()
		if err != nil {
			return n, err
		}
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' {
			b[n] = c
			if n++; n == len(b) {
				return n, nil
			}
		}
	}
}
