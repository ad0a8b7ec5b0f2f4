package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
)

// documented are the keys that vendors print in their documentation, by the SHA-256 of the whole
// key: a text that held them would look like a leak to every scanner, this one included.
var documented = sync.OnceValue(func() map[string]string {
	vendors := map[string]string{}
	file := builtinProviders()
	for _, p := range file.Provider {
		for _, hash := range p.DocumentationKeys {
			vendors[hash] = p.ID
		}
	}
	for _, d := range file.Documentation {
		for _, hash := range d.Keys {
			vendors[hash] = d.Vendor
		}
	}
	return vendors
})

func isDocumented(key string) bool { return documentedBy(key) != "" }

// documentedBy returns the vendor that prints the key in its documentation, or "".
func documentedBy(key string) string {
	sum := sha256.Sum256([]byte(key))
	return documented()[hex.EncodeToString(sum[:])]
}
