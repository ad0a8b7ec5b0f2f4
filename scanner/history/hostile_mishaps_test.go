package history

import (
	"bytes"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"skleak/scanner/scantest"
)

// mishaps are what befalls more than one file, or is no damage at all.
var mishaps = map[string]func(t *testing.T, v *victim, d *damages){
	"two idx files swapped": func(t *testing.T, v *victim, d *damages) {
		files := v.files(t, "objects/pack/*.idx")
		for i, one := range files {
			for _, two := range files[:i] {
				first, second := readFile(t, one), readFile(t, two)
				with(t, one, second, func() {
					with(t, two, first, func() {
						v.assess(t, rel(v, one)+" and "+rel(v, two)+" swapped", nil, strings.TrimSuffix(filepath.Base(one), ".idx"), d)
					})
				})
			}
		}
	},
	"all idx files deleted": func(t *testing.T, v *victim, d *damages) {
		without(t, v.files(t, "objects/pack/*.idx"), func() { v.assess(t, "all idx files deleted", nil, "its idx is not there", d) })
	},
	"a pack twice, under two names": func(t *testing.T, v *victim, d *damages) {
		for _, file := range v.files(t, "objects/pack/*.pack") {
			writeFile(t, strings.Replace(file, "pack-", "pack-f", 1), readFile(t, file))
			idx := strings.TrimSuffix(file, ".pack") + ".idx"
			writeFile(t, strings.Replace(idx, "pack-", "pack-f", 1), readFile(t, idx))
		}
		v.assess(t, "each pack twice", nil, "", d)
		scan(t, v.dir, Options{}).checkComplete(t, v.objects)
	},
	"a pack that is being written": func(t *testing.T, v *victim, d *damages) {
		file := v.files(t, "objects/pack/*.pack")[0]
		data := readFile(t, file)
		writeFile(t, filepath.Join(filepath.Dir(file), "tmp_pack_Ab3dEf"), data[:len(data)/2])
		writeFile(t, filepath.Join(filepath.Dir(file), ".tmp-123-pack-0123.pack"), data[:len(data)/2])
		v.assess(t, "tmp_pack", nil, "", d)
		scan(t, v.dir, Options{}).checkComplete(t, v.objects)
		without(t, []string{strings.TrimSuffix(file, ".pack") + ".idx"}, func() {
			r := rand.New(rand.NewPCG(33, 34))
			for range scantest.Sample(3, 200) {
				at := r.IntN(len(data))
				with(t, file, data[:at:at], func() {
					v.assess(t, "a pack of which not all is there", v.hit(file, at, len(data)), filepath.Base(file), d)
				})
			}
		})
	},
	"a pack without its idx, a byte flipped": func(t *testing.T, v *victim, d *damages) {
		r := rand.New(rand.NewPCG(35, 36))
		for _, file := range v.files(t, "objects/pack/*.pack") {
			data := readFile(t, file)
			without(t, []string{strings.TrimSuffix(file, ".pack") + ".idx"}, func() {
				for range scantest.Sample(3, 500) {
					at := r.IntN(len(data))
					changed := bytes.Clone(data)
					changed[at] ^= byte(1 + r.IntN(255))
					with(t, file, changed, func() { v.assess(t, "a byte of a pack without idx", v.hit(file, at, at+1), filepath.Base(file), d) })
				}
			})
		}
	},
	"locks left behind": func(t *testing.T, v *victim, d *damages) {
		for _, name := range []string{
			"HEAD.lock", "index.lock", "packed-refs.lock", "config.lock", "shallow.lock", "refs/heads/main.lock", "gc.pid",
			"objects/info/commit-graph.lock", "objects/pack/multi-pack-index.lock", "objects/maintenance.lock",
		} {
			write(t, v.dir, name, "")
		}
		v.assess(t, "locks", nil, "", d)
		scan(t, v.dir, Options{}).checkComplete(t, v.objects)
	},
}

// remove calls f while some files are not there.
func without(t *testing.T, files []string, f func()) {
	t.Helper()
	if len(files) == 0 {
		f()
		return
	}
	with(t, files[0], nil, func() { without(t, files[1:], f) })
}

// looseIsSound tells whether a loose object can be inflated to its end, by the standard library.
func looseIsSound(data []byte) bool {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r)
	return err == nil
}
