package liveness

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// secondRun opens the journal of a first run as another one would.
func secondRun(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func TestLock(t *testing.T) {
	first, path := journalAt(t)
	second := secondRun(t, path)
	if err := first.Lock(t.Context(), func() { t.Error("waits for nobody") }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	waited := 0
	if err := second.Lock(ctx, func() { waited++; cancel() }); !errors.Is(err, context.Canceled) || waited != 1 {
		t.Errorf("error %v, waited %d times", err, waited)
	}
	if err := first.add("print", "laminr", stateRevoked, ""); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- second.Lock(t.Context(), func() { first.Close() }) }()
	if err := <-done; err != nil || second.others["print"].IsZero() || len(second.others) != 1 {
		t.Errorf("error %v, others %v", err, second.others)
	}
}

// TestRevokedByAnother: what a run learned of a key before another run dealt with it is past.
func TestRevokedByAnother(t *testing.T) {
	q := Question{testKey(1), "laminr"}
	for _, tt := range []struct {
		name    string
		asked   time.Duration // when the keys were asked about, after the other run wrote
		then    []Status
		revoked bool
		detail  string
		deletes int
	}{
		{"inactive now", -time.Hour, []Status{Inactive}, true, "", 0},
		{"still active", -time.Hour, []Status{Active, Inactive}, true, "", 1},
		{"not to be learned", -time.Hour, []Status{Unknown}, false, "another run asked for it", 0},
		{"before it was asked about", time.Hour, []Status{Inactive}, true, "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			deletes := 0
			a := newAPI(t, func(http.ResponseWriter, *http.Request, int) { deletes++ })
			asker, _ := says(tt.then...)
			r, path := revoking(t, deleteAt(a.URL), asker)
			other := secondRun(t, path)
			if err := other.add(q.Key.Fingerprint(), "laminr", stateRevoked, ""); err != nil {
				t.Fatal(err)
			}
			r.o.Asked = time.Now().Add(tt.asked)
			if err := r.o.Journal.Lock(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			out, err := r.Revoke(t.Context(), q)
			if err != nil || out.Revoked != tt.revoked || deletes != tt.deletes || !strings.HasPrefix(out.Detail, tt.detail) {
				t.Errorf("%+v, error %v, %d requests", out, err, deletes)
			}
		})
	}
}
