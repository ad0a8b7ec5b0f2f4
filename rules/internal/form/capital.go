package form

import (
	"bytes"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/keys"
)

// decodeCapital reads a prefix that a phone, a spreadsheet or a writer of titles made Sk_live_ or SK_LIVE_. Variables
// are called so as well: a body has to be as long as keys are and random, and nothing touches the prefix.
func decodeCapital(d *Decoding) {
	text := d.src.Text
	body := d.Start + keys.PrefixLen
	prefix := bytes.ToLower(text[d.Start:min(len(text), body)])
	if !ascii.HasPrefix(prefix, keys.Live, keys.Test) || d.Start > 0 && ascii.IsBody(text[d.Start-1]) ||
		!keys.IsUsual(text[body:]) {
		d.stop(d.Start)
		return
	}
	for i := d.first; i < d.last; i++ {
		if i >= d.Start && i < body {
			d.put(prefix[i-d.Start], i, i+1)
		} else {
			d.put(text[i], i, i+1)
		}
	}
	d.stop(d.last)
}
