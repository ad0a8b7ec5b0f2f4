package archive

import (
	stdzip "archive/zip"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestUnread has a beginning of each kind that is not read: it is named, outside and in an archive, and its bytes are
// searched all the same.
func TestUnread(t *testing.T) {
	for _, k := range unreadKinds {
		content := k.magic + "\x00\x01 some text"
		look(t, []byte(content)).wantUnread(t, "outer: unsupported: "+k.what)
		s := look(t, zipOf(t, stdzip.Deflate, file{"m", content}))
		s.wantUnread(t, "outer!m: unsupported: "+k.what)
		if !s.raw["outer!m"] {
			t.Errorf("%s: its bytes are not searched", k.kind)
		}
		if strings.IndexByte(unreadFirst, k.magic[0]) < 0 {
			t.Errorf("unreadFirst has no %q", k.magic[0])
		}
		if text := k.magic + " as a text has it"; k.kind != Bundle && isPlain([]byte(text)) && DetectBytes([]byte(text)) != None {
			t.Errorf("%q is taken for %s", text, k.kind)
		}
	}
	wide := strings.Join(strings.Split("__substg1.0_10090102", ""), "\x00")
	look(t, []byte(oleMagic+strings.Repeat("\x00", 1000)+wide)).wantUnread(t, "outer: unsupported")
	look(t, []byte(oleMagic+strings.Repeat("\x00", 1000)+strings.Join(strings.Split("EncryptedPackage", ""), "\x00"))).wantUnread(t, "outer: encrypted")
	look(t, []byte(oleMagic+strings.Repeat("\x00", 1000))).want(t)
	s := look(t, zipOf(t, stdzip.Deflate, file{"a.js.br", "\x1b\x00\xf8"}, file{"pt.br", "text of Brazil"}))
	s.wantUnread(t, "outer!a.js.br: unsupported")
	if len(s.unread) != 1 {
		t.Error(s.unread)
	}
}

// Each byte at each place of a word, and among others: isPlain looks at eight at once.
func TestIsPlainSeesEveryControl(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for c := range 256 {
		for size := range 40 {
			for at := range size {
				text := make([]byte, size)
				for i := range text {
					text[i] = "\t\n\r\x1b az\x80\xff"[r.IntN(9)]
				}
				text[at] = byte(c)
				if got := isPlain(text); got == isControl(byte(c)) {
					t.Fatalf("%q: plain is %v", text, got)
				}
			}
		}
	}
}
