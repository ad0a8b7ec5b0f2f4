package liveness

import (
	"net/http"
	"slices"
	"testing"

	"skleak/rules/provider"
	"skleak/scanner"
)

// TestSent: each request that goes out is counted, repetitions, other paths, made-up keys and revocations included; what
// finds nobody to connect to is not.
func TestSent(t *testing.T) {
	a := newAPI(t, func(w http.ResponseWriter, _ *http.Request, before int) {
		answer(w, []int{503, 200}[min(before, 1)], jsonList(1))
	})
	c := a.client(t)
	if got := c.Sent(); got != nil {
		t.Errorf("before anything was sent: %v", got)
	}
	ask(t, c)
	if got, want := c.Sent(), []scanner.Requests{{Provider: "laminr", Sent: int64(len(a.asked()))}}; !slices.Equal(got, want) || want[0].Sent != 2 {
		t.Errorf("sent %v, and %v came", got, want)
	}
	p := laminrAt(t, a.URL)
	through := newTestClient(t, Options{Providers: []provider.Provider{p}, Endpoints: map[string]string{"laminr": a.URL}})
	before := int64(len(a.asked()))
	ask(t, through) // and a made-up key first
	if got := through.Sent(); len(got) != 1 || got[0].Sent != int64(len(a.asked()))-before || got[0].Sent < 2 {
		t.Errorf("sent %v to an endpoint, and %d came", got, int64(len(a.asked()))-before)
	}
	asker, _ := says(Inactive)
	r, _ := revoking(t, deleteAt(a.URL), asker)
	if _, err := r.Revoke(t.Context(), Question{testKey(2), "laminr"}); err != nil {
		t.Fatal(err)
	}
	if got := r.o.Client.Sent(); !slices.Equal(got, []scanner.Requests{{Provider: "laminr", Sent: 1}}) {
		t.Errorf("sent %v to revoke a key", got)
	}
	a.close()
	nobody := a.client(t)
	ask(t, nobody)
	if got := nobody.Sent(); got != nil {
		t.Errorf("sent %v to nobody", got)
	}
}
