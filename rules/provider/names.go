package provider

import (
	"bytes"
	"strings"

	"skleak/rules"
	"skleak/rules/internal/ascii"
)

// maxToken is how long a run of word characters may be and still be read: what is longer is data.
const maxToken = 128

// tokens calls found for each run of letters, digits, dots, hyphens and underscores.
func tokens(text []byte, found func(start, end int)) {
	for start := 0; start < len(text); {
		if !isToken(text[start]) {
			start++
			continue
		}
		end := start
		for end < len(text) && isToken(text[end]) {
			end++
		}
		if end-start <= maxToken {
			found(start, end)
		}
		start = end
	}
}

func isToken(c byte) bool { return ascii.IsBody(c) || c == '.' }

// read calls found for what the run at text[start:end] says of the provider of a key: nothing, a
// host, a header, or names.
func (r *registry) read(text []byte, start, end int, k rules.Key,
	found func(provider int, rank rank, evidence string)) {
	if isMail(text, start, end) {
		return
	}
	// In \nstripe_key the n is no part of the name.
	if start > 0 && text[start-1] == '\\' && strings.IndexByte("nrt", text[start]) >= 0 {
		start++
	}
	token := text[start:end]
	if provider, host := r.host(token); host != "" {
		found(provider, rankHost, KindHost.with(host))
		return
	}
	if provider, ok := r.header(token); ok {
		found(provider, rankHeader, KindHeader.with(string(token)))
		return
	}
	r.wordsOf(token, k, func(w word) {
		found(w.provider, rankName, KindName.with(display(string(token), w.text)))
	})
}

// isMail says whether the run is one side of a mail address. In a URL an @ may follow a user's name,
// or our key, and then a host does follow.
func isMail(text []byte, start, end int) bool {
	if end+1 < len(text) && text[end] == '@' && (ascii.IsLower(text[end+1]|0x20) || ascii.IsDigit(text[end+1])) {
		return true
	}
	if start < 2 || text[start-1] != '@' || !isToken(text[start-2]) && text[start-2] != '+' {
		return false
	}
	word := text[:start]
	if at := bytes.LastIndexAny(word, " \t\"'`<>(),;"); at >= 0 {
		word = word[at+1:]
	}
	return !bytes.Contains(word, []byte("://"))
}

// host returns the provider's domain that the token is, or is below.
func (r *registry) host(token []byte) (provider int, host string) {
	if bytes.IndexByte(token, '.') < 0 {
		return 0, ""
	}
	var buf [maxToken]byte
	for rest := bytes.Trim(lower(&buf, token), ".-_"); ; {
		if provider, ok := r.hosts[string(rest)]; ok {
			return provider, string(rest)
		}
		at := bytes.IndexByte(rest, '.')
		if at < 0 {
			return 0, ""
		}
		rest = rest[at+1:]
	}
}

// header reads the name of a header, also as servers hand it on: HTTP_X_NAME.
func (r *registry) header(token []byte) (provider int, ok bool) {
	var buf [maxToken]byte
	name := bytes.Trim(lower(&buf, token), ".-_")
	for i, c := range name {
		if c == '_' {
			name[i] = '-'
		}
	}
	provider, ok = r.headers[string(bytes.TrimPrefix(name, []byte("http-")))]
	return provider, ok
}

// lower copies what it makes lower case: a token is part of a text that is not ours to change.
func lower(buf *[maxToken]byte, token []byte) []byte {
	n := copy(buf[:], token)
	for i, c := range buf[:n] {
		if ascii.IsUpper(c) {
			buf[i] = c | 0x20
		}
	}
	return buf[:n]
}

// wordsOf calls found for the words of providers that a token holds.
func (r *registry) wordsOf(token []byte, k rules.Key, found func(word)) {
	var buf [maxToken]byte
	name := lower(&buf, token)
	for start, end := nextPart(token, 0); start >= 0; {
		after, afterEnd := nextPart(token, end)
		if after >= 0 && isJoint(token[end:after]) && r.split(name[start:end], name[after:afterEnd], k, found) {
			start, end = nextPart(token, afterEnd)
			continue
		}
		r.lookup(name[start:end], k, found)
		start, end = after, afterEnd
	}
}

// isJoint says whether what stands between two parts of a name may stand inside a word.
func isJoint(between []byte) bool {
	return len(between) == 0 || len(between) == 1 && (between[0] == '_' || between[0] == '-')
}

// split tries two parts of a name as the two of a word, such as work_os.
func (r *registry) split(first, second []byte, k rules.Key, found func(word)) bool {
	if !r.begins(first) || len(first)+len(second) >= maxToken {
		return false
	}
	var buf [maxToken]byte
	both := append(append(append(buf[:0], first...), '-'), second...)
	return r.accept(both, k, found)
}

// companions are what names join to a provider's word without parting the two: stripekey.
var companions = []string{
	"key", "keys", "api", "secret", "token", "live", "test", "prod", "dev", "sandbox", "client", "sdk", "config", "url",
	"account", "sk",
}

// lookup tries a part of a name as a word, with up to three companions behind it.
func (r *registry) lookup(part []byte, k rules.Key, found func(word)) {
	if !r.begins(part) {
		return
	}
	for range 4 {
		if r.accept(part, k, found) {
			return
		}
		shorter, ok := withoutCompanion(part)
		if !ok {
			return
		}
		part = shorter
	}
}

// withoutCompanion is a part of a name without the companion at its end, if there is one.
func withoutCompanion(part []byte) (shorter []byte, ok bool) {
	for _, c := range companions {
		if shorter, ok := bytes.CutSuffix(part, []byte(c)); ok && len(shorter) > 0 {
			return shorter, true
		}
	}
	return part, false
}

// begins says whether a word of a provider may begin as part does. Nearly no part of a name gets
// past this.
func (r *registry) begins(part []byte) bool {
	return len(part) >= 2 && r.beginnings[part[0]-'a'][part[1]-'a']
}

// accept calls found for the providers whose word the text is, and says whether there are any.
func (r *registry) accept(text []byte, k rules.Key, found func(word)) (any bool) {
	for _, w := range r.words[string(text)] {
		if w.weak {
			if _, ok := r.hasShape(w.provider, k, false); !ok {
				continue
			}
		}
		found(w)
		any = true
	}
	return any
}

// nextPart returns the next run of letters of a name, as parted by anything else and by changes of
// case as in camelCase and HTTPServer; start is -1 at the end.
func nextPart(name []byte, from int) (start, end int) {
	for from < len(name) && !ascii.IsLower(name[from]|0x20) {
		from++
	}
	if from == len(name) {
		return -1, -1
	}
	end = from + 1
	for end < len(name) && ascii.IsLower(name[end]|0x20) && !startsPart(name, end) {
		end++
	}
	return from, end
}

// startsPart says whether the letter at name[at], with another before it, begins a new word.
func startsPart(name []byte, at int) bool {
	if !ascii.IsUpper(name[at]) {
		return false
	}
	return ascii.IsLower(name[at-1]) || at+1 < len(name) && ascii.IsLower(name[at+1])
}

// display is how evidence tells of a name: as it is written if it is plainly a name, else only the
// word in it. A name has few digits; what has many may be a secret that was put behind a name.
func display(name, word string) string {
	name = strings.Trim(name, ".-_")
	digits := 0
	for i := range len(name) {
		if ascii.IsDigit(name[i]) {
			digits++
		}
	}
	if len(name) > 48 || digits > 3 {
		return word
	}
	return name
}

const longestPath = 8 << 10

// readPath names the provider that the path does: the last part of it that names any. Parts end at a slash, or at a
// backslash as Windows writes them; elsewhere hardly a name has one. It is asked for each key of a file, so that of a
// path that is longer than any of a file system only the end counts.
func (s *Set) readPath(path string, k rules.Key) (provider, evidence string) {
	path = path[max(0, len(path)-longestPath):]
	for part := path; part != ""; {
		at := strings.LastIndexAny(part, `/\`)
		provider := ""
		tokens([]byte(part[at+1:]), func(start, end int) {
			s.registry().wordsOf([]byte(part[at+1+start:at+1+end]), k, func(w word) {
				id := s.registry().providers[w.provider].ID
				if provider != "" && provider != id {
					id = Unknown
				}
				provider = id
			})
		})
		if provider == Unknown {
			return provider, ""
		}
		if provider != "" {
			return provider, KindPath.with(s.Redact(path))
		}
		part = part[:max(at, 0)]
	}
	return "", ""
}
