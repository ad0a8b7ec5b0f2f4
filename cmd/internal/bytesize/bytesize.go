// Package bytesize reads and writes numbers of bytes as people do.
package bytesize

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, as people write them: 512MB, 2GiB. It is the value of a flag. The units are powers of
// 1024, whichever way they are written: who bounds memory thinks of memory.
type Size int64

// String is how help shows a Size.
func (b *Size) String() string {
	for i, unit := range []string{"TB", "GB", "MB", "KB"} {
		if size := int64(1) << (40 - 10*i); *b != 0 && int64(*b)%size == 0 {
			return strconv.FormatInt(int64(*b)/size, 10) + unit
		}
	}
	return strconv.FormatInt(int64(*b), 10) + "B"
}

// Type names a Size where a value is wrong.
func (b *Size) Type() string { return "size" }

// Set reads a Size.
func (b *Size) Set(text string) error {
	digits := strings.TrimRight(strings.ToUpper(strings.TrimSpace(text)), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit := strings.ToUpper(strings.TrimSpace(text))[len(digits):]
	shift, known := map[string]uint{"": 0, "B": 0, "K": 10, "KB": 10, "KIB": 10, "M": 20, "MB": 20, "MIB": 20, "G": 30,
		"GB": 30, "GIB": 30, "T": 40, "TB": 40, "TIB": 40}[unit]
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if err != nil || !known || n < 0 || n > math.MaxInt64>>shift {
		return fmt.Errorf("%q is no size", text)
	}
	*b = Size(n << shift)
	return nil
}
