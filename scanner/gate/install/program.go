package install

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// builtForOnce matches the path of what "go run" builds: in a folder that goes when it ends, or, since Go 1.24, in
// the build cache, which is emptied from time to time.
var builtForOnce = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`/go-build[0-9]*/|/[0-9a-f]{2}/[0-9a-f]{64}-d/`)
})

// checkProgram refuses a program that a hook cannot name.
func checkProgram(path string) error {
	if builtForOnce().MatchString(filepath.ToSlash(path)) {
		return fmt.Errorf("\"go run\" built this skleak, %s, and deletes it soon; run \"go install ./cmd/skleak\", then "+
			"the skleak that it installs", path)
	}
	if strings.ContainsAny(path, "\n\r") {
		return fmt.Errorf("this skleak lies in %q: a hook cannot name a path with a line end; move it", path)
	}
	return nil
}

// shellQuoted is a path as one word of a shell's command line. Shells on Windows take forward slashes.
func shellQuoted(path string) string {
	return "'" + strings.ReplaceAll(filepath.ToSlash(path), "'", `'\''`) + "'"
}
