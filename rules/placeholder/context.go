package placeholder

import (
	"regexp"
	"strings"
	"sync"

	"skleak/rules/internal/ascii"
)

// JudgeIn judges the body of a key by what stands around the key as well.
func JudgeIn(before []byte, key, body string, after []byte) Judgment {
	judged := Judge(key, body)
	switch {
	case judged == Name && isSecretsValue(before):
		return Dummy
	case judged == Secret && (isChunk(body, after) || isAccount(body, after)):
		return Name
	}
	return judged
}

// secretName matches the name of a secret and what stands between it and its value.
var secretName = sync.OnceValue(func() *regexp.Regexp {
	const name, between = `(?:key|secret|token|auth|pass|cred)\w*["'\]]*`, `(?:\s*[=:(]+\s*|\s+)(?:bearer\s+)?`
	return regexp.MustCompile(`(?i)` + name + between + `["'\x60]?$`)
})

// isSecretsValue says whether what stands before a key names a secret, as in api_key = "…". A name of a program that
// stands where a secret does is a placeholder.
func isSecretsValue(before []byte) bool { return secretName().Match(before) }

// chunkEndings are those of files that bundlers write.
var chunkEndings = []string{".js", ".mjs", ".cjs", ".css", ".map", ".html", ".json", ".wasm", ".woff", ".png",
	".svg", ".chunk", ".bundle"}

// isChunk says whether a body and what follows is the name of a file that a bundler wrote: words, a hash, an ending.
func isChunk(body string, after []byte) bool {
	at := strings.LastIndexAny(body, "-_")
	if at < 0 || !ascii.HasPrefix(after, chunkEndings...) {
		return false
	}
	hash := body[at+1:]
	if len(hash) < 6 || len(hash) > 20 || alphabetOf(hash) > 16 {
		return false
	}
	for _, t := range strings.FieldsFunc(body[:at], func(r rune) bool { return isSeparator(byte(r)) }) {
		if !isPronounceable(t) && !isCount(t) {
			return false
		}
	}
	return true
}

// isAccount says whether a body is the end of the account of a machine, as Windows writes it: a host's name and $.
func isAccount(body string, after []byte) bool {
	return len(body) < 16 && ascii.HasPrefix(after, "$") && !ascii.HasPrefix(after, "${", "$(")
}
