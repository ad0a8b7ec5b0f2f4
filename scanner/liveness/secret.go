package liveness

import "skleak/rules"

// reveal is the one place of this package where a key becomes text: to go into the header, the body
// or the standard input of what is sent to its provider, and to be scrubbed from what comes back.
func reveal(k rules.Key) string { return k.Reveal() }
