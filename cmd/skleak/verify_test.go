package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Ctrl-C while providers are asked ends the asking at once, and the report has what is known by then.
func TestInterruptedWhileAsking(t *testing.T) {
	first, second := keyFor("{live:24:first}"), keyFor("{live:24:second}")
	var cancel context.CancelFunc
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != second {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, saysUnauthorized)
			return
		}
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	defer server.CloseClientConnections()
	// Keys are asked about in the order of their fingerprints, so that both orders are tried.
	for _, jobs := range []string{"1", "2"} {
		var ctx context.Context
		ctx, cancel = context.WithCancel(t.Context())
		var out, errw bytes.Buffer
		start := time.Now()
		err := run(ctx, nil, strings.NewReader(first+"\n"+second+"\n"), &out, &errw, []string{"verify", "--assume-provider", "laminr",
			"--endpoint", "laminr=" + server.URL, "--verify-jobs", jobs, "-f", "json"})
		if got := statusOf(err); got != statusInterrupted {
			t.Errorf("status %d, want %d: %s", got, statusInterrupted, errw.String())
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("stopped after %v", took)
		}
		var r struct {
			Scan  struct{ Complete bool }
			Leaks []struct{ Status, StatusDetail string }
		}
		if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.Scan.Complete || len(r.Leaks) != 2 {
			t.Fatalf("report %+v, error %v", r, err)
		}
		for _, l := range r.Leaks {
			if l.Status != "inactive" && (l.Status != "unchecked" || l.StatusDetail == "") {
				t.Errorf("%+v", l)
			}
		}
		if !strings.Contains(errw.String(), "interrupted: ") || strings.Contains(out.String()+errw.String(), first) {
			t.Errorf("said %q", errw.String())
		}
		cancel()
	}
}
