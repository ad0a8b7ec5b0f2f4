package placeholder

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"strings"
	"sync"
)

// documentedList names the keys that vendors print in their documentation by hashes: a text that held them would look
// like a leak to every scanner, this one included.
//
//go:embed documented.txt
var documentedList string

// A document says who prints a key or a body, and behind which prefix.
type document struct{ vendor, environment string }

// documented maps the hashes of documented.txt, of bodies and of whole keys.
var documented = sync.OnceValue(func() map[[sha256.Size]byte]document {
	all := map[[sha256.Size]byte]document{}
	for line := range strings.Lines(documentedList) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		if sum, err := hex.DecodeString(fields[2]); err == nil && len(sum) == sha256.Size {
			all[[sha256.Size]byte(sum)] = document{fields[0], fields[1]}
		}
	}
	return all
})

// isDocumented says whether the key or its body is printed somewhere.
func isDocumented(key, body string) bool {
	_, known := documented()[hash(body)]
	if !known {
		_, known = documented()[hash(key)]
	}
	return known
}

// DocumentedBy returns the vendor that prints the whole key in its documentation, or "". A body behind the other prefix
// is nobody's.
func DocumentedBy(key, body string) string {
	if d, known := documented()[hash(body)]; known && strings.HasSuffix(strings.TrimSuffix(key, body), d.environment+"_") {
		return d.vendor
	}
	return documented()[hash(key)].vendor
}

func hash(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }
