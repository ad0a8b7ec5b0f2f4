package rulestest

import "math/rand/v2"

// Alnum are the letters and digits.
const Alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// A Random makes the same text in every run.
type Random struct{ *rand.Rand }

func NewRandom(seed uint64) Random { return Random{rand.New(rand.NewPCG(seed, 0))} }

// Text is n characters of alphabet.
func (r Random) Text(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// Bytes are n bytes of any value.
func (r Random) Bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
