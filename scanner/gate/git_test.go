package gate

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestObjectFolders(t *testing.T) {
	if filepath.ListSeparator != ':' {
		t.Skip("the lists below are separated by colons")
	}
	for _, c := range []struct {
		env  map[string]string
		want []string
	}{
		{nil, nil},
		{map[string]string{"GIT_QUARANTINE_PATH": "/q", "GIT_OBJECT_DIRECTORY": "/q", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/o"}, []string{"/q", "/o"}},
		{map[string]string{"GIT_ALTERNATE_OBJECT_DIRECTORIES": "/a:/b::/a"}, []string{"/a", "/b"}},
		{map[string]string{"GIT_ALTERNATE_OBJECT_DIRECTORIES": `"/with:colon":/b:"/with \"quote\""`}, []string{"/with:colon", "/b", `/with "quote"`}},
	} {
		if got := Git(c.env).objectFolders(); !slices.Equal(got, c.want) {
			t.Errorf("%v: got %q, want %q", c.env, got, c.want)
		}
	}
}
