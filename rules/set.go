package rules

// Set is a compiled collection of rules. It never changes once made, and many goroutines may use it
// at once.
type Set struct {
	literals [][]byte
}

const (
	prefixLive = "sk" + "_live_"
	prefixTest = "sk" + "_test_"
)

// Default returns the built-in rules.
func Default() *Set {
	return &Set{literals: [][]byte{[]byte(prefixLive), []byte(prefixTest)}}
}

// Match is one key at one place of the text it was found in.
type Match struct {
	Start, End  int    // the bytes of the text that hold it as written; End is one past the last
	Key         Key    // what it decodes to
	Form        string // how it is written: "plain", "base64", …
	Placeholder bool   // a documentation or dummy value in the shape of a key
	LongPrefix  bool   // a longer vendor prefix stands before it: reported, never checked
}
