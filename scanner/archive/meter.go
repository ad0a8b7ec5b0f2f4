package archive

import "io"

// meter charges what is read of an unpacked content, and remembers why it ended.
type meter struct {
	from  io.Reader
	walk  *walk
	outer *meter
	err   error // other than io.EOF
}

func (m *meter) Read(b []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.from.Read(b)
	if charged := m.walk.budget.Charge(n); charged != nil {
		err = charged
	} else if ended := m.walk.canceled(); ended != nil {
		err = ended
	}
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// failed tells whether this content or one around it could not be read to its end.
func (m *meter) failed() bool {
	for ; m != nil; m = m.outer {
		if m.err != nil {
			return true
		}
	}
	return false
}
