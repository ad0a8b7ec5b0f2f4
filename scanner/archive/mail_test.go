package archive

import (
	stdzip "archive/zip"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// attached makes the part of a message that has an archive attached.
func attached(t *testing.T, encoding string) string {
	t.Helper()
	content := zipOf(t, stdzip.Deflate, file{"m", "hidden text"})
	body := string(content)
	if strings.Contains(encoding, "64") {
		body = base64.StdEncoding.EncodeToString(content)
	}
	return fmt.Sprintf("Content-Type: application/zip\r\nContent-Disposition: attachment; filename=\"a.zip\"\r\n"+
		"Content-Transfer-Encoding: %s\r\n\r\n%s\r\n", encoding, body)
}

func multipartOf(boundary, part string) string {
	return fmt.Sprintf("Content-Type: multipart/mixed; boundary=%q\r\n\r\n--%s\r\n%s--%s--\r\n", boundary, boundary, part, boundary)
}

// TestMailAttachments has an archive attached in many ways.
func TestMailAttachments(t *testing.T) {
	const head = "MIME-Version: 1.0\r\nFrom: a@example.com\r\nSubject: hello\r\n"
	plain := multipartOf("b", attached(t, "base64"))
	deep := plain
	for i := range 8 {
		deep = multipartOf(fmt.Sprint("b", i), deep)
	}
	for name, message := range map[string]string{
		"base64":               head + plain,
		"a comment":            head + multipartOf("b", attached(t, "base64 (of a zip)")),
		"as it is":             head + multipartOf("b", attached(t, "binary")),
		"the only part":        head + attached(t, "BASE64"),
		"other headers first":  "Subject: hello\r\nFrom: a@example.com\r\nX-Mailer: x\r\nMIME-Version: 1.0\r\n" + plain,
		"saved by a program":   strings.Replace(plain, "\r\n", "\r\nMIME-Version: 1.0\r\n", 1),
		"sent on":              head + multipartOf("c", "Content-Type: message/rfc822\r\n\r\nSubject: first\r\n"+plain),
		"sent on twice":        head + multipartOf("d", "Content-Type: message/rfc822\r\n\r\n"+multipartOf("c", "Content-Type: message/rfc822\r\n\r\nSubject: first\r\n"+plain)),
		"many parts":           head + deep,
		"a wrong parameter":    head + strings.Replace(plain, `boundary="b"`, `boundary="b"; other`, 1),
		"another, without end": head + strings.Replace(plain, `boundary="b"`, `boundary=b; other`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			s := look(t, []byte(message))
			if len(s.texts) != 1 || !strings.Contains(s.textBelow("outer!"), "hidden text") || len(s.unread) > 0 {
				t.Errorf("texts %q, not read %q", s.texts, s.unread)
			}
		})
	}
}

// TestMailUnread has messages that are not read whole.
func TestMailUnread(t *testing.T) {
	const head = "MIME-Version: 1.0\r\nFrom: a@example.com\r\nSubject: hello\r\n"
	deep := attached(t, "base64")
	for i := range maxMailDepth + 1 {
		deep = multipartOf(fmt.Sprint("b", i), deep)
	}
	look(t, []byte(head+deep)).wantUnread(t, "outer!(part 1): too-large")
	look(t, []byte(head+multipartOf("b", attached(t, "x-uuencode")))).wantUnread(t, "outer!a.zip: unsupported")
}

// TestMailThatIsNone has texts that begin like headers.
func TestMailThatIsNone(t *testing.T) {
	for _, text := range []string{
		"name: something\nversion: 1\ncontent: x\n", "Content-Type: text/html\nX: y\n\ntext\n", "From: a\nTo: b\nsome text\nMIME-Version: 1.0\n",
		"key: value\n\nMIME-Version: 1.0\nX: y\n", ":", "From", "a", "MIME-Version: 1.0 is a header\nof mail\n",
	} {
		if k := DetectBytes([]byte(text)); k != None {
			t.Errorf("%q is taken for %s", text, k)
		}
	}
}
