package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
)

// maxSums is what is read of a file of checksums. That of a release has some kilobytes.
const maxSums = 1 << 20

// Lines of a file of checksums, as sha256sum writes them, and as the systems that come from BSD do.
var (
	gnuSum = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\\?([0-9a-fA-F]{64}) [ *](.+)$`) })
	bsdSum = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^SHA256 \((.+)\) = ([0-9a-fA-F]{64})$`)
	})
)

// Check looks for the bytes of a program in a file of checksums, and returns the name that they have there. A program
// that somebody changed can say what it likes: this is against mistakes and bad downloads. For more, another program
// has to look.
func Check(program, sums string) (name string, err error) {
	own, err := digestOf(program)
	if err != nil {
		return "", err
	}
	f, err := os.Open(sums)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSums+1))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", sums, err)
	}
	if len(text) > maxSums {
		return "", fmt.Errorf("%s is too large for a file of checksums", sums)
	}
	known := 0
	for line := range strings.Lines(string(text)) {
		sum, name := parseSum(strings.TrimRight(line, "\r\n"))
		if sum == own {
			return name, nil
		}
		if sum != "" {
			known++
		}
	}
	if known == 0 {
		return "", fmt.Errorf("%s has no SHA-256 checksum in it", sums)
	}
	return "", fmt.Errorf("these bytes (%s, SHA-256 %s) are none of the %d in %s: that file is for another version "+
		"or system, or somebody changed this program",
		program, own, known, sums)
}

// parseSum returns the checksum, in lower case, and the name in a line; "" if there is none.
func parseSum(line string) (sum, name string) {
	if m := gnuSum().FindStringSubmatch(line); m != nil {
		return strings.ToLower(m[1]), m[2]
	}
	if m := bsdSum().FindStringSubmatch(line); m != nil {
		return strings.ToLower(m[2]), m[1]
	}
	return "", ""
}

// Program is where the bytes of the running program are. Linux leads to them even if another file is at its path by
// now.
func Program() (string, error) {
	const running = "/proc/self/exe"
	if runtime.GOOS == "linux" { // elsewhere, anybody's file could be there
		if _, err := os.Stat(running); err == nil {
			return running, nil
		}
	}
	return os.Executable()
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
