package scanner

import (
	"math/bits"
	"strconv"

	"skleak/rules"
)

// KeyShare is the share of all keys that is kept where there are more than memory has room for: it is halved so many
// times. The fingerprint of a key decides, so that the same ones are kept whatever comes first.
type KeyShare int

// Has tells whether a key is in the share.
func (s KeyShare) Has(k rules.Key) bool {
	if s == 0 {
		return true
	}
	print, _ := strconv.ParseUint(k.Fingerprint()[:16], 16, 64)
	return bits.LeadingZeros64(print) >= int(s)
}

const (
	// keyBytes is what a key may take from where it is found to the report.
	keyBytes = 4096
	// fewKeys are kept whatever the memory.
	fewKeys = 10_000
)

// MostKeys is how many different keys some memory has room for.
func MostKeys(memory int64) int { return int(max(memory/keyBytes, fewKeys)) }
