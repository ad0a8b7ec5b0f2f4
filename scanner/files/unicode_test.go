package files

import "testing"

func TestWithoutComposition(t *testing.T) {
	for _, same := range [][2]string{
		{"caf\u00e9/app.env", "cafe\u0301/app.env"}, {"\u00e9a", "e\u0301a"}, {"a\u00e9\u00e9", "ae\u0301e\u0301"},
		{"\u1ec7.env", "e\u0323\u0302.env"}, {"\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af"}, {"\u2260", "=\u0338"}, {"\xff", "\xfe"},
	} {
		if a, b := withoutComposition(same[0]), withoutComposition(same[1]); a != b {
			t.Errorf("%q and %q are %q and %q", same[0], same[1], a, b)
		}
	}
	for _, other := range [][2]string{{"caf\u00e9", "cafe"}, {"\u00e9/a", "\u00e9a"}, {"\u00e9a", "\u00e9b"}, {"a", "b"}, {"", "\u00e9"}} {
		if a, b := withoutComposition(other[0]), withoutComposition(other[1]); a == b {
			t.Errorf("%q and %q are both %q", other[0], other[1], a)
		}
	}
}
