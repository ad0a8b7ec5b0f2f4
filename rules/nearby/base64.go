package nearby

import (
	"bytes"
	"encoding/base64"
	"strings"

	"skleak/rules"
	"skleak/rules/internal/ascii"
)

// Inside returns what stands around a key within the base64 that it is written in: whole files of
// settings lie in the data of a Kubernetes secret or a CI variable. written is how the key is
// written. It is not ok where there is no base64 around it. Only one layer is undone: what is wrapped
// twice is one value, as far as was seen, and has no names in it.
func (w *Window) Inside(m rules.Match, written []byte) (inner Window, ok bool) {
	if !strings.HasPrefix(m.Form, "base64") {
		return inner, false
	}
	first := bytes.LastIndexFunc(w.Before, isNotBase64) + 1
	last := bytes.IndexFunc(w.Behind, isNotBase64)
	if last < 0 {
		last = len(w.Behind)
	}
	if padded := len(written); padded > 0 && written[padded-1] == '=' {
		written, last = bytes.TrimRight(written, "="), 0 // what follows is another text
	}
	run := bytes.Join([][]byte{w.Before[first:], written, w.Behind[:last]}, nil)
	run = bytes.Map(standardBase64, run)
	key := []byte(m.Key.Reveal())
	// The window may begin anywhere in a group of four. The right start is the one that gives the key.
	for skip := 0; skip < 4 && skip < len(run); skip++ {
		group := run[skip:]
		if len(group)%4 == 1 {
			group = group[:len(group)-1]
		}
		decoded := make([]byte, base64.RawStdEncoding.DecodedLen(len(group)))
		n, err := base64.RawStdEncoding.Decode(decoded, group)
		if err != nil {
			continue
		}
		if at := bytes.Index(decoded[:n], key); at >= 0 {
			return Window{
				Before: decoded[:at], CutBefore: skip > 0 || first == 0 && w.CutBefore,
				Behind: decoded[at+len(key) : n], CutBehind: last > 0 && last == len(w.Behind) && w.CutBehind,
			}, true
		}
	}
	return inner, false
}

func isNotBase64(r rune) bool {
	return r >= 0x80 || !ascii.IsAlnum(byte(r)) && !strings.ContainsRune("+/-_\r\n", r)
}

// standardBase64 maps the URL alphabet to the standard one, and drops what breaks lines and indents
// them.
func standardBase64(r rune) rune {
	switch r {
	case '-':
		return '+'
	case '_':
		return '/'
	case '\r', '\n', ' ', '\t':
		return -1
	}
	return r
}
