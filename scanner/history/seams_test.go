package history

import (
	"fmt"
	"slices"
	"testing"
)

// seam is an object built on another one, by chosen instructions.
type seam struct {
	name         string
	base, target string
	delta        []byte
}

// long is how many lines of prose make a blob that is looked at without being built, when nothing is built on it.
const long = 60

// seamsAt makes the ways in which a delta can bring a key into being where it is cut in two.
// Texts have a number of lines around them.
func seamsAt(cut, lines int) []seam {
	key := func(kind string) (head, tail, whole string) {
		k := keyNamed(fmt.Sprintf("seam %s %d %d", kind, cut, lines))
		return k[:cut], k[cut:], k
	}
	before, after, between := prose(10, lines), prose(11, lines), "\nbetween\n"
	var seams []seam
	add := func(kind, base, target string, build func(d []byte) []byte) {
		seams = append(seams, seam{fmt.Sprintf("%s at %d", kind, cut), base, target, build(deltaHead(base, target))})
	}

	head, tail, whole := key("deletion")
	base := before + head + between + tail + "\n" + after
	add("deletion", base, before+whole+"\n"+after, func(d []byte) []byte {
		d = appendCopy(d, 0, len(before)+cut)
		at := len(before) + cut + len(between)
		return appendCopy(d, at, len(base)-at)
	})

	head, tail, _ = key("swap")
	swapped := tail + "\n" + after + before + head
	add("swap", swapped, head+tail+"\n"+after, func(d []byte) []byte {
		d = appendCopy(d, len(swapped)-len(head), len(head))
		return appendCopy(d, 0, len(tail)+1+len(after))
	})

	head, tail, whole = key("insertion behind")
	base = before + head + "\n" + after
	add("insertion behind the head", base, before+whole+"\n"+after, func(d []byte) []byte {
		d = appendCopy(d, 0, len(before)+cut)
		d = appendInsert(d, tail)
		return appendCopy(d, len(before)+cut, len(base)-len(before)-cut)
	})

	head, tail, whole = key("insertion before")
	base = before + tail + "\n" + after
	add("insertion before the tail", base, before+whole+"\n"+after, func(d []byte) []byte {
		d = appendCopy(d, 0, len(before))
		d = appendInsert(d, head)
		return appendCopy(d, len(before), len(base)-len(before))
	})

	head, tail, whole = key("byte")
	base = before + head + tail[1:] + "\n" + after
	add("insertion of one byte", base, before+whole+"\n"+after, func(d []byte) []byte {
		d = appendCopy(d, 0, len(before)+cut)
		d = appendInsert(d, tail[:1])
		return appendCopy(d, len(before)+cut, len(base)-len(before)-cut)
	})

	// Each byte of the key by an instruction of its own, copies and insertions in turn.
	head, tail, whole = key("pieces")
	base = before + whole[len(whole)/2:] + "\n" + whole[:len(whole)/2] + after
	add("bytes", base, before+whole+after, func(d []byte) []byte {
		d = appendCopy(d, 0, len(before))
		for i := range len(whole) {
			from := len(before) + len(whole) - len(whole)/2 + 1 + i // the first half stands behind the second and a newline
			if i >= len(whole)/2 {
				from = len(before) + i - len(whole)/2
			}
			if (i+cut)%3 > 0 {
				d = appendCopy(d, from, 1)
			} else {
				d = appendInsert(d, whole[i:i+1])
			}
		}
		return appendCopy(d, len(base)-len(after), len(after))
	})

	head, tail, whole = key("edges")
	base = tail + head
	add("pieces at both ends", base, whole, func(d []byte) []byte {
		d = appendCopy(d, len(tail), len(head))
		return appendCopy(d, 0, len(tail))
	})
	return seams
}

// TestSeams builds every kind of seam at every place of a key, as the delta of a base and of a delta, in small texts
// and in large ones, with something built on them and without.
func TestSeams(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	var entries []packedEntry
	var want []string
	length := len(keyNamed("any"))
	for cut := 1; cut < length; cut++ {
		seams := slices.Concat(seamsAt(cut, 3), seamsAt(cut, long))
		for _, s := range seams {
			base := &gitObject{blobID(s.base), "blob", s.base}
			target := &gitObject{blobID(s.target), "blob", s.target}
			more := s.target + "\nand more\n"
			entries = append(entries, packedEntry{gitObject: *base}, packedEntry{*target, base, s.delta})
			if cut%2 == 0 {
				entries = append(entries, packedEntry{gitObject{blobID(more), "blob", more}, target, makeDelta(s.target, more)})
			}
			want = append(want, s.name)
		}
	}
	writePack(t, objectsOf(dir), unique(entries))
	git(t, dir, "fsck", "--full", "--no-dangling")

	objects := allObjects(t, dir)
	r := scan(t, dir, Options{})
	r.checkComplete(t, objects)
	r.checkPlaces(t, objects)
	checkKeys(t, searchOnly(t, dir), plainKeys(objects))
	if len(r.found) < len(want)*3/2 {
		t.Errorf("%d findings of %d seams, half of them in two objects", len(r.found), len(want))
	}
}

// unique drops entries whose object is there already.
func unique(entries []packedEntry) (kept []packedEntry) {
	have := map[string]bool{}
	for _, e := range entries {
		if !have[e.id] {
			have[e.id] = true
			kept = append(kept, e)
		}
	}
	return kept
}
