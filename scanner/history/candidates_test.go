package history

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const (
	mark       = "?" // within what is no key because of it
	leftLetter = "Q" // before a key, which is none for it
)

// lookalike is something that is no key until its mark is taken away, which stands at some distance from what the
// search finds, or until the text begins with it.
func lookalike(r *rand.Rand, name string) string {
	key := keyNamed(name)
	switch cut := 10 + r.IntN(6); r.IntN(5) {
	case 0: // a letter before it
		return "\n" + leftLetter + key + "?\n"
	case 1: // shown in part only
		return "\n" + key[:10] + mark + key[10:] + "\n"
	case 2: // two pieces, and far between them what is no joint
		return fmt.Sprintf("\nkey = \"%s\" + // %s\n ? \"%s\"\n", key[:cut], strings.Repeat("so ", 30+r.IntN(30)), key[cut:])
	case 3: // a list of numbers
		var list []string
		for _, c := range []byte(key) {
			list = append(list, fmt.Sprintf("%#x", c))
		}
		list[9] = mark + list[9]
		return "\n{" + strings.Join(list, ", ") + "}\n"
	default: // base64 with a bad character somewhere behind the prefix
		text := base64.StdEncoding.EncodeToString([]byte("key = " + key + "\n"))
		at := 20 + r.IntN(8)
		return "\n" + text[:at] + mark + text[at:] + "\n"
	}
}

// editedVersion is a text built on another by taking out some of its marks and ranges, and adding others, as a delta.
func editedVersion(r *rand.Rand, base string) (target string, delta []byte) {
	var instructions []byte
	var text strings.Builder
	add := func(s string) { instructions = appendInsert(instructions, s); text.WriteString(s) }
	keep := func(from, to int) {
		instructions = appendCopy(instructions, from, to-from)
		text.WriteString(base[from:to])
	}
	at := 0
	if letter := strings.Index(base, leftLetter+"sk"); letter >= 0 && r.IntN(4) == 0 {
		at = letter + 1
	}
	for range 1 + r.IntN(3) {
		next := at + r.IntN(len(base)-at+1)
		if found := strings.Index(base[next:], mark); found >= 0 && r.IntN(3) > 0 {
			next += found
		}
		keep(at, next)
		at = min(len(base), next+[]int{0, 1, 1, 1, r.IntN(200)}[r.IntN(5)])
		if r.IntN(3) == 0 {
			add([]string{mark, "ab", prose(r.Uint64(), 1+r.IntN(20))}[r.IntN(3)])
		}
	}
	keep(at, len(base)-r.IntN(2)*r.IntN(min(500, len(base)-at+1)))
	target = text.String()
	return target, append(deltaHead(base, target), instructions...)
}

// TestLookalikes holds the search of what was changed against that of every whole version, where the versions are full
// of look-alikes that some edit turns into keys.
func TestLookalikes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	var entries []packedEntry
	for family := range 12 {
		var first strings.Builder
		for i := range 4 + r.IntN(8) {
			first.WriteString(prose(r.Uint64(), r.IntN(300)) + lookalike(r, fmt.Sprintf("lookalike %d %d", family, i)))
		}
		versions := []*gitObject{{blobID(first.String()), "blob", first.String()}}
		entries = append(entries, packedEntry{gitObject: *versions[0]})
		for range 40 {
			base := versions[r.IntN(len(versions))]
			if len(base.content) < 100 {
				continue
			}
			text, delta := editedVersion(r, base.content)
			next := &gitObject{blobID(text), "blob", text}
			versions = append(versions, next)
			entries = append(entries, packedEntry{*next, base, delta})
		}
	}
	writePack(t, objectsOf(dir), unique(entries))
	objects := allObjects(t, dir)
	want := plainKeys(objects)
	checkKeys(t, searchOnly(t, dir), want)
	if len(want) < 100 || len(want) > 4*len(objects) {
		t.Errorf("%d keys in %d objects do not show much", len(want), len(objects))
	}
}
