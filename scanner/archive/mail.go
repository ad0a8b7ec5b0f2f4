package archive

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"slices"
	"strings"
)

// mailHeaders begin messages as mail programs save them. A file that begins with another header is searched as a text.
var mailHeaders = []string{
	"from ", "return-path: ", "received: ", "delivered-to: ", "mime-version: 1", "message-id: <", "x-mozilla-status: ", "dkim-signature: ",
}

// isMail tells whether a content begins like a message, or like a mailbox of them: with a header that only mail has,
// and nothing but headers in the lines that are at hand.
func isMail(head []byte) bool {
	known := slices.ContainsFunc(mailHeaders, func(h string) bool {
		return len(head) >= len(h) && strings.EqualFold(string(head[:len(h)]), h)
	})
	if !known {
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

// walkMail hands on the messages of a mailbox, or the one that there is. The whole is searched as a text besides.
func walkMail(w *walk, p Place, r io.Reader) error {
	held, err := w.budget.hold(r)
	defer w.budget.release(held)
	if p.depth > 0 { // the outer content was searched by whoever began the walk
		if err := w.fatal(w.Raw(p, bytes.NewReader(held))); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	for number := 1; len(held) > 0; number++ {
		message := held
		if next := bytes.Index(held, []byte("\nFrom ")); next >= 0 && bytes.HasPrefix(held, []byte("From ")) {
			message = held[:next+1]
		}
		held = held[len(message):]
		if bytes.HasPrefix(message, []byte("From ")) {
			_, message, _ = bytes.Cut(message, []byte("\n"))
		}
		b := bufio.NewReader(bytes.NewReader(message))
		header, err := textproto.NewReader(b).ReadMIMEHeader()
		if err != nil && len(header) == 0 {
			w.name(p, fmt.Errorf("reading the headers of message %d: %w", number, err))
			continue
		}
		if err := w.part(p, fmt.Sprintf("(message %d)", number), header, b, 0); err != nil {
			return err
		}
	}
	return nil
}

// part hands on what is encoded in a message or a part of one: the rest was searched already.
func (w *walk) part(p Place, name string, header textproto.MIMEHeader, body io.Reader, depth int) error {
	kind, params, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if strings.HasPrefix(kind, "multipart/") && depth < MaxDepth {
		parts := multipart.NewReader(body, params["boundary"])
		for number := 1; ; number++ {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				w.name(p.below(name, "mail"), fmt.Errorf("reading part %d: %w", number, err))
				return w.ctx.Err()
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
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "base64":
		return w.member(p, "mail", name, base64.NewDecoder(base64.StdEncoding, &lettersOnly{bufio.NewReader(body)}))
	case "quoted-printable":
		return w.member(p, "mail", name, quotedprintable.NewReader(body))
	}
	return nil
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
