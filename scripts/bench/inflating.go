package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"skleak/scanner/git/inflate"
	"skleak/scanner/git/mapped"
)

// plainInflate is the argument that has this program inflate packs and do nothing with them, for comparison, in a
// process of its own.
const plainInflate = "inflate-packs"

// inflating compares the processor time of a scan, on one core, with that of inflating the same streams by the same
// package, which is the least that any scan of them could take.
func (b *bench) inflating(repo string) (string, bool, error) {
	const target = 1.6
	names, err := packs(repo)
	if err != nil {
		return "", false, err
	}
	ours := b.scan("git", repo, "--jobs", "1")
	plain := command{args: append([]string{b.self, plainInflate}, names...)}
	ours.env, plain.env = []string{"GOMAXPROCS=1"}, []string{"GOMAXPROCS=1"}
	best, err := least(b.runs, ours, plain)
	if err != nil {
		return "", false, err
	}
	ratio := best[0].least.Seconds() / best[1].least.Seconds()
	return fmt.Sprintf("%.2f times (%s against %s)", ratio, short(best[0].least), short(best[1].least)), ratio <= target, nil
}

// inflatePacks inflates every stream of some packs, one behind the other.
func inflatePacks(names []string) error {
	var d inflate.Decoder
	for _, name := range names {
		pack, unmap, err := mapped.File(name)
		if err != nil {
			return err
		}
		if err := errors.Join(inflatePack(&d, pack), unmap()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

const (
	packHeader = 12
	ofsDelta   = 6
	refDelta   = 7
	sha1Size   = 20
)

func inflatePack(d *inflate.Decoder, pack []byte) error {
	var content []byte
	at := packHeader
	for left := binary.BigEndian.Uint32(pack[8:]); left > 0; left-- {
		kind, size := pack[at]>>4&7, int(pack[at]&15)
		for shift := 4; pack[at]&0x80 != 0; shift += 7 {
			at++
			size |= int(pack[at]&0x7f) << shift
		}
		at++
		switch kind {
		case ofsDelta:
			for pack[at]&0x80 != 0 {
				at++
			}
			at++
		case refDelta:
			at += sha1Size
		}
		if size > cap(content) {
			content = make([]byte, 2*size)
		}
		n, err := d.ZlibRoom(content[:size], pack[at:], false)
		if err != nil {
			return fmt.Errorf("inflating at %d: %w", at, err)
		}
		at += n
	}
	return nil
}
