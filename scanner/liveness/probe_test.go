package liveness

import (
	"net/http"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/rules/provider"
)

func knowsOnly(keys ...rules.Key) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, _ int) {
		for _, k := range keys {
			if r.Header.Get("X-Api-Key") == k.Reveal() {
				answer(w, 200, `{}`)
				return
			}
		}
		answer(w, 401, unauthorized)
	}
}

func TestEndpointIsProbed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		handle func(http.ResponseWriter, *http.Request, int)
		first  Status // of key 1
		second Status // of key 2
		detail string
		asked  int // in all: the probe with its retries, and the keys
	}{
		{"knows key 1", knowsOnly(testKey(1)), Active, Inactive, "", 3},
		{"says yes to everything", always(200, `{}`), Unknown, Unknown, "made-up key active", 1},
		{"forbids everything", always(403, forbidden), Unknown, Unknown, "made-up key active", 1},
		{"is a page", always(200, "<html>"), Unknown, Unknown, "made-up key first, the endpoint proved nothing: status 200 with a web page", 1},
		{"is broken", always(500, ""), Unknown, Unknown, "status 500", 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAPI(t, tt.handle)
			c := newTestClient(t, Options{Providers: provider.Builtin(), Endpoints: map[string]string{"laminr": a.URL}})
			results := Run(t.Context(), c, []Question{{testKey(1), "laminr"}, {testKey(2), "laminr"}}, 2, nil)
			first, second := results[testKey(1)], results[testKey(2)]
			if first.Status != tt.first || second.Status != tt.second || !strings.Contains(second.Detail, tt.detail) {
				t.Errorf("%+v and %+v, want %s and %s: …%s…", first, second, tt.first, tt.second, tt.detail)
			}
			if n := len(a.asked()); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
		})
	}
}

func TestMadeUpKeys(t *testing.T) {
	for _, p := range provider.Builtin() {
		a, b := newProbe(p).key, newProbe(p).key
		if a == b || !p.Issues(a.Environment()) || len(reveal(a)) < 24 {
			t.Errorf("%s: %s and %s", p.ID, a, b)
		}
	}
}
