package inflate

import "encoding/binary"

const (
	headerSize  = 2 // RFC 1950, section 2.2: CMF and FLG
	trailerSize = 4 // Adler-32 of the content, big-endian
)

// checkHeader holds the first two bytes of a stream against RFC 1950, section 2.2.
// The window size is only held against its limit: git's own writers and compress/zlib's reader don't enforce it either.
func checkHeader(src []byte) error {
	if len(src) < headerSize {
		return truncated(len(src), "no zlib header")
	}
	const deflate, largestWindow, presetDictionary = 8, 7, 0x20
	cmf, flg := src[0], src[1]
	switch {
	case cmf&15 != deflate:
		return corrupt(0, "not compressed by deflate")
	case cmf>>4 > largestWindow:
		return corrupt(0, "window of more than 32 KiB")
	case (uint(cmf)<<8|uint(flg))%31 != 0:
		return corrupt(1, "header fails its check")
	case flg&presetDictionary != 0:
		return &Error{ErrDictionary, 1, "only whoever wrote it knows the dictionary"}
	}
	return nil
}

// checkTrailer reads the Adler-32 that stands at src[at:] and returns the offset behind it. The trailer must be there,
// looked at or not: n would lie otherwise.
func checkTrailer(content, src []byte, at int, verify bool) (n int, err error) {
	if len(src)-at < trailerSize {
		return at, truncated(len(src), "no whole checksum")
	}
	if verify && adler(content) != binary.BigEndian.Uint32(src[at:]) {
		return at, corrupt(at, "content fails its Adler-32")
	}
	return at + trailerSize, nil
}
