// Package oid holds the names git gives to objects, in both of its formats.
package oid

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
)

// Format is the object format of a repository: which hash names its objects.
type Format uint8

const (
	SHA1 Format = iota
	SHA256
)

// Size is the length of an id in bytes.
func (f Format) Size() int {
	if f == SHA256 {
		return 32
	}
	return 20
}

// Hash starts a hash of this format: what ends packs and their idx files.
func (f Format) Hash() hash.Hash {
	if f == SHA256 {
		return sha256.New()
	}
	return sha1.New()
}

// HashObject starts the hash that names an object of a kind ("blob", "tree", …) and size; its content is to be
// written to it.
func (f Format) HashObject(kind string, size uint64) hash.Hash {
	h := f.Hash()
	fmt.Fprintf(h, "%s %d\x00", kind, size)
	return h
}

// Sum returns what a hash comes to as an id.
func Sum(h hash.Hash) (id ID) {
	h.Sum(id[:0])
	return id
}

// ID is an object id. A SHA-1 id fills the first 20 bytes, and the rest are zero.
type ID [32]byte

// FromBytes makes an id of the 20 or 32 bytes of raw.
func FromBytes(raw []byte) (id ID) {
	copy(id[:], raw)
	return id
}

// Parse reads an id in hex: 40 digits for SHA-1, 64 for SHA-256.
func Parse(text string) (id ID, err error) {
	if len(text) != 40 && len(text) != 64 {
		return id, fmt.Errorf("%.80q is no object id: it has %d characters, not 40 or 64", text, len(text))
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, fmt.Errorf("%.80q is no object id: %w", text, err)
	}
	return id, nil
}

// Hex writes the id as git does.
func (id ID) Hex(f Format) string { return hex.EncodeToString(id[:f.Size()]) }

// IsZero is true for git's null id.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders ids as git sorts them.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }
