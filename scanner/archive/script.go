package archive

import (
	"fmt"

	"skleak/scanner/archive/internal/decode"
	"skleak/scanner/archive/internal/sevenzip"
)

// A script that unpacks itself has something packed behind its last line, which only a look through all of it tells.
// That there is something shows at its end, which is no text.

const (
	script       Kind   = "script"
	scriptMagic  string = "#!"
	scriptMember string = "(behind the script)"
)

// behindScript are the beginnings of what is packed there, each behind the end of a line.
var behindScript = []string{
	"\n" + decode.GzipMagic, "\nBZh", "\n\xfd7zXZ\x00", "\n\x28\xb5\x2f\xfd", "\n\x04\x22\x4d\x18", "\n\x5d\x00\x00",
	"\n" + sevenzip.Magic,
}

// ScriptLength is how much of a content MayBeScript takes.
const ScriptLength = len(scriptMagic) + 1

// MayBeScript tells whether a content begins as scripts do: then both its ends tell what it is.
func MayBeScript(head []byte) bool {
	return len(head) >= ScriptLength && string(head[:len(scriptMagic)]) == scriptMagic
}

// isScript tells whether a text that begins so ends like no text.
func isScript(head, tail []byte) bool { return MayBeScript(head) && !isPlain(tail) }

// walkScript looks into what stands behind a script.
func walkScript(w *walk, p Place, c Content) error {
	first := int64(-1)
	for _, begins := range behindScript {
		upTo := c.Size
		if first >= 0 {
			upTo = min(upTo, first+int64(len(begins)))
		}
		at, err := w.finder.Find(c, begins, 0, upTo)
		if err != nil {
			return fmt.Errorf("looking for what is packed behind the script: %w", err)
		}
		if at >= 0 && (first < 0 || at+1 < first) {
			first = at + 1
		}
	}
	if first < 0 {
		return nil // its bytes were searched
	}
	return w.member(p, string(script), scriptMember, c.Section(first, c.Size))
}
