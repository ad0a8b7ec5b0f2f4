package index

import "bytes"

// before is what is known of the entry before the one that is read.
type before struct {
	path  []byte
	at    int // where that is in the file, of versions 2 and 3
	name  int // where the last name in path begins
	stage uint8
}

// follows takes in the path and stage of an entry, and holds them against those of the one before. It returns false for
// a path that does not stay below the root of the working tree.
func (r *entryReader) follows(path []byte, at int, stage uint8, isFolder bool) bool {
	d := bytes.Compare(r.last.path, path)
	r.mixed = r.mixed || d > 0 || d == 0 && r.last.stage > stage
	if len(path) == 0 && r.noPath < 0 {
		r.noPath = len(r.found.starts) - 1
	}
	r.last = before{path, at, bytes.LastIndexByte(path, '/') + 1, stage}
	if isFolder {
		path = bytes.TrimSuffix(path, []byte{'/'})
	}
	return len(path) == 0 || isLocal(path)
}

// isLocal is true for a path, not empty, whose parts all go down. The parts are looked at only where one of them
// can be bad: most paths have neither a double slash nor a leading dot anywhere.
func isLocal(path []byte) bool {
	if path[0] == '/' || path[len(path)-1] == '/' {
		return false
	}
	if path[0] != '.' && !bytes.Contains(path, []byte("/.")) && !bytes.Contains(path, []byte("//")) {
		return true
	}
	for part := range bytes.SplitSeq(path, []byte{'/'}) {
		if len(part) == 0 || len(part) <= 2 && part[0] == '.' && part[len(part)-1] == '.' {
			return false
		}
	}
	return true
}
