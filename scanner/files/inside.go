package files

import (
	"io"
	"strings"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/files/disk"
)

// inside looks into a file that is a container, once its own bytes have been searched: the hits from first on are those
// that were found in these.
func (s *searcher) inside(f disk.File, size int64, b *branch, name string, first int) {
	if s.options.IsGitDir && strings.HasPrefix(b.show(name), "objects/pack/") {
		return
	}
	s.whole = offsets{f}
	content := archive.Content{ReaderAt: &s.whole, Size: size}
	k := s.detect(content)
	if k == archive.None {
		if reason, err := archive.Unnamed(name, content); err != nil && !s.leaveOut() {
			s.coverage.Unreadable(reason, s.rules.Redact(s.options.Prefix+b.show(name)), err.Error())
		}
		return
	}
	if s.leaveOut() {
		return
	}
	if k == archive.Bundle && s.options.Bundle != nil {
		s.options.Bundle(b.show(name))
		return
	}
	path := s.options.Prefix + b.show(name)
	v := &members{searcher: s, outer: path, first: first, raw: len(s.hits)}
	// The error is that of a context that has ended, which the walk of the folders tells.
	_ = archive.Walk(s.ctx, path, k, content, &s.archives, v)
	v.dropSecondSights()
}

// detect tells what the file is that was just searched; most of them are still in the window as a whole.
func (s *searcher) detect(c archive.Content) (k archive.Kind) {
	if s.window.base == 0 && s.window.eof {
		text := s.window.buf[:s.window.n]
		k = archive.DetectEnds(text[:min(archive.HeadLength, len(text))], text[max(0, len(text)-archive.TailLength):])
	} else {
		k = archive.Detect(c)
	}
	if k == archive.None && s.packed {
		k = archive.Text
	}
	return k
}

// leaveOut tells whether containers are not wanted, and counts one then.
func (s *searcher) leaveOut() bool {
	if s.options.NoArchives {
		s.coverage.Skip(scanner.SkippedArchive, 1)
	}
	return s.options.NoArchives
}

// offsets reads a file as the standard library's interface has it. It implements archive.Sparse.
type offsets struct{ file disk.File }

func (o offsets) Data(from, size int64) (start, end int64) { return o.file.Data(from, size) }

func (o offsets) ReadAt(b []byte, at int64) (int, error) {
	n := 0
	for n < len(b) {
		m, err := o.file.ReadAt(b[n:], at+int64(n))
		n += m
		if err != nil {
			return n, err
		}
		if m == 0 {
			return n, io.EOF
		}
	}
	return n, nil
}

// members searches what lies in a container. It implements archive.Visitor.
type members struct {
	*searcher
	outer  string
	first  int   // where in hits those of the container begin
	raw    int   // and where those from its members do: what is before them was found in its own bytes
	second []int // indexes of those found in the bytes of containers within it

	searched bool // the container's own bytes are searched by another
}

func (m *members) Name(p archive.Place, name string) error {
	text, from := []byte(name), len(m.hits)
	complete := m.rules.Scan(text, func(found rules.Match) {
		m.hits = m.appendHit(m.hits, p.Path, int64(found.Start-len(text)), found,
			scanner.SurroundingsOf(m.rules, text, found), scanner.Place{})
	})
	if !complete {
		m.Unread(p, scanner.UnreadableTooLarge, scanner.ErrDense)
	}
	m.contained(from, p)
	return nil
}

func (m *members) Text(p archive.Place, r io.Reader) error {
	if m.options.Ignore != nil && m.options.Ignore(p.Path, false) {
		m.coverage.Skip(scanner.SkippedConfigured, 1)
		return nil
	}
	from, outer := len(m.hits), m.dense
	m.dense = false
	// An error is the archive's, which tells it itself.
	if err := m.stream(r); err != nil && m.ctx.Err() != nil {
		return m.ctx.Err()
	}
	if m.dense {
		m.Unread(p, scanner.UnreadableTooLarge, scanner.ErrDense)
	}
	m.dense = outer
	m.keep(p.Path)
	m.contained(from, p)
	return nil
}

// contained says of the hits from one on in which kind of container they lie.
func (m *members) contained(from int, p archive.Place) {
	inside := m.rules.Redact(strings.TrimPrefix(p.Path, m.outer))
	for i := range m.hits[from:] {
		f := &m.hits[from+i].finding
		f.Container, f.Inside = p.Container, inside
	}
}

func (m *members) Raw(p archive.Place, r io.Reader) error {
	if m.searched && p.Container == "" {
		return nil
	}
	from := len(m.hits)
	err := m.Text(p, r)
	for i := from; i < len(m.hits); i++ {
		m.second = append(m.second, i)
	}
	return err
}

func (m *members) Unread(p archive.Place, reason string, err error) {
	m.coverage.Unreadable(reason, m.rules.Redact(p.Path), err.Error())
}

// dropSecondSights leaves out what was found in the bytes of a container, where the same key was found in one of its
// members: a member that is stored as it is.
func (m *members) dropSecondSights() {
	raw := make([]bool, len(m.hits))
	for i := m.first; i < m.raw; i++ {
		raw[i] = true
	}
	for _, i := range m.second {
		raw[i] = true
	}
	inside := scanner.Readings{}
	for i := m.raw; i < len(m.hits); i++ {
		if !raw[i] {
			one := m.hits[i]
			inside.AddBelow(one.finding.Key, m.outer, one.path, archive.Separator, archive.MaxDepth+1)
		}
	}
	kept := m.hits[:m.first]
	for i := m.first; i < len(m.hits); i++ {
		if one := m.hits[i]; !raw[i] || !inside.Has(one.finding.Key, one.path) {
			kept = append(kept, one)
		}
	}
	m.hits = kept
}
