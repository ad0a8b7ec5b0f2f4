package scanner

import "bytes"

// LFSLimit is the size, in bytes, that a pointer of Git LFS stays below.
const LFSLimit = 1024

var lfsPointer = []byte("version https://git-lfs.github.com/spec/v1")

// IsLFSPointer is true for a whole text that stands for a large file which is not here.
func IsLFSPointer(text []byte) bool { return len(text) < LFSLimit && bytes.HasPrefix(text, lfsPointer) }
