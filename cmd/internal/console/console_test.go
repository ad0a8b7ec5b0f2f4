package console

import (
	"bytes"
	"testing"
)

func TestColorOfTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{}, false}, // no terminal
		{map[string]string{"CLICOLOR": "1"}, false},
		{map[string]string{"CLICOLOR_FORCE": "1"}, true},
		{map[string]string{"CLICOLOR_FORCE": "0"}, false},
		{map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false},
		{map[string]string{"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, true},
	} {
		w := &Console{Env: c.env, Out: &bytes.Buffer{}}
		if got := w.WantsColor(); got != c.want {
			t.Errorf("%v: %v", c.env, got)
		}
	}
}
