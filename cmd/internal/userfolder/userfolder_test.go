package userfolder

import (
	"os"
	"runtime"
	"testing"
)

func TestState(t *testing.T) {
	home := t.TempDir() // absolute on every system
	sep := string(os.PathSeparator)
	usual := map[string]string{"windows": "", "darwin": home + sep + "Library" + sep + "Application Support" + sep +
		"skleak"}
	want, special := usual[runtime.GOOS]
	if !special {
		want = home + sep + ".local" + sep + "state" + sep + "skleak"
	}
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"XDG_STATE_HOME": home, "HOME": "/x"}, home + sep + "skleak"},
		{map[string]string{"XDG_STATE_HOME": "relative", "HOME": home}, want},
		{map[string]string{"HOME": home}, want},
		{map[string]string{"HOME": "relative"}, ""},
		{nil, ""},
	} {
		if got := State(tt.env); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.env, got, tt.want)
		}
	}
}
