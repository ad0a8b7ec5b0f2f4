package provider

import (
	"slices"
	"testing"
)

func TestNothingRevokesUnlessConfigured(t *testing.T) {
	for _, p := range Builtin() {
		if p.Revoke != nil {
			t.Errorf("%s has a built-in way to revoke", p.ID)
		}
	}
	if _, err := parse([]byte("[[provider]]\nid = \"a\"\nname = \"A\"\n[provider.revoke]\ncommand = [\"x\"]\n")); err == nil {
		t.Error("the built-in file may hold a way to revoke")
	}
}

func TestRevocationAccepts(t *testing.T) {
	usual, own := Revocation{}, Revocation{Accept: []int{404}}
	for status, want := range map[int][2]bool{199: {}, 200: {true, false}, 299: {true, false}, 302: {}, 404: {false, true}, 500: {}} {
		if got := [2]bool{usual.Accepts(status), own.Accepts(status)}; got != want {
			t.Errorf("%d: %v, want %v", status, got, want)
		}
	}
}

func TestRevocationEnvNames(t *testing.T) {
	r := Revocation{URL: "https://{env:B}/{env:A}", Headers: map[string]string{"X": "{env:C}"}, Body: "{env:A}{fingerprint}"}
	if got := r.EnvNames(); !slices.Equal(got, []string{"A", "B", "C"}) {
		t.Errorf("%q", got)
	}
}
