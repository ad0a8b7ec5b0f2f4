package index

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"

	"github.com/sourcegraph/conc"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// file is what one index file holds, before a shared index is joined to it.
type file struct {
	version int
	entries Entries // in a split index, those that replace others have no path
	noPath  int     // the first of those; −1 if there are none
	mixed   bool    // the entries are not in order
	sparse  bool
	tree    section // the data of the TREE extension
	link    *link   // nil if the index is not split
}

// section is a part of a file.
type section struct {
	start, size int
}

// parse reads one index file.
func parse(data []byte, f oid.Format) (*file, error) {
	if len(data) < headerSize+f.Size() {
		return nil, corrupt(len(data), "the file is cut off: it is shorter than an empty index")
	}
	if len(data) > sizeLimit {
		return nil, corrupt(sizeLimit, "the file is larger than any index")
	}
	if string(data[:4]) != "DIRC" {
		return nil, corrupt(0, "no index starts like this")
	}
	version := binary.BigEndian.Uint32(data[4:])
	if version < 2 || version > 4 {
		return nil, corrupt(4, "version %d is not known here; 2, 3 and 4 are", version)
	}
	body := data[:len(data)-f.Size()]
	var checking conc.WaitGroup // of a large index, checking takes as long as reading
	var sumErr error
	checking.Go(func() { sumErr = mapped.Guard(func() error { return checkSum(body, data[len(body):], f) }) })
	var p *file
	err := mapped.Guard(func() (err error) {
		p, err = parseBody(data, int(version), f)
		return err
	})
	if checking.Wait(); sumErr != nil {
		return nil, sumErr
	}
	return p, err
}

// parseBody reads what stands before the checksum.
func parseBody(data []byte, version int, f oid.Format) (*file, error) {
	body := data[:len(data)-f.Size()]
	r := entryReader{data: body, at: headerSize, version: version, found: Entries{format: f}}
	if err := r.entries(binary.BigEndian.Uint32(body[8:]), data); err != nil {
		return nil, err
	}
	p := &file{version: version, entries: r.found, noPath: r.noPath, mixed: r.mixed, sparse: r.sparse}
	return p, p.extensions(body, r.at, f)
}

// checkSum holds the end of the file against what it should be. index.skipHash leaves zeros there.
func checkSum(body, sum []byte, f oid.Format) error {
	if bytes.Count(sum, []byte{0}) == len(sum) {
		return nil
	}
	var ok bool
	if f == oid.SHA256 {
		ok = sha256.Sum256(body) == [sha256.Size]byte(sum)
	} else {
		ok = sha1.Sum(body) == [sha1.Size]byte(sum)
	}
	if !ok {
		return corrupt(len(body), "the checksum does not fit the content")
	}
	return nil
}

// extensions reads what follows the entries.
func (p *file) extensions(body []byte, at int, f oid.Format) error {
	for at < len(body) {
		if len(body)-at < 8 {
			return corrupt(at, "%d bytes follow the last extension", len(body)-at)
		}
		signature := string(body[at : at+4])
		size := int64(binary.BigEndian.Uint32(body[at+4:]))
		start := at + 8
		if size > int64(len(body)-start) {
			return corrupt(at, "extension %q is cut off: it should have %d bytes", signature, size)
		}
		at = start + int(size)
		if err := p.extension(signature, body[start:at], start, f); err != nil {
			return err
		}
	}
	return nil
}

// extension takes in one extension. Those that can be ignored have a capital letter first; among
// them are the untracked cache, resolved conflicts, and tables to read the index in parallel.
func (p *file) extension(signature string, data []byte, start int, f oid.Format) (err error) {
	switch {
	case signature == "TREE":
		p.tree = section{start, len(data)}
	case signature == "link":
		p.link, err = parseLink(data, start, f)
	case signature == "sdir":
		p.sparse = true
	case signature[0] < 'A' || signature[0] > 'Z':
		return corrupt(start-8, "extension %q is not known here and must not be ignored", signature)
	}
	return err
}
