package process

import (
	"fmt"
	"io"
	"path"
	"runtime"
	"strings"
)

// maxDump bounds, in bytes, the stacks that are taken down.
const maxDump = 4 << 20

// dumpStacks writes where each goroutine stands: functions and lines, without the arguments that Go's
// own dump has, since these can be bytes of a key.
func dumpStacks(w io.Writer) {
	text := make([]byte, maxDump)
	text = text[:runtime.Stack(text, true)]
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if file, ok := strings.CutPrefix(line, "\t"); ok {
			file, _, _ = strings.Cut(file, " ")
			fmt.Fprintf(w, "    %s\n", path.Base(file))
			continue
		}
		fmt.Fprintln(w, withoutArguments(line))
	}
}

// withoutArguments cuts "pkg.(*T).method(0x1, 0x2)" before its last opening parenthesis. The heading
// of a goroutine has none.
func withoutArguments(line string) string {
	if !strings.HasSuffix(line, ")") {
		return line
	}
	return line[:strings.LastIndexByte(line, '(')]
}
