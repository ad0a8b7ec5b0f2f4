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

	"skleak/cmd/internal/exit"
)

// Ctrl-C while providers are asked ends the asking at once, and the report has what is known by then.
func TestInterruptedWhileAsking(t *testing.T) {
	first, second := keyFor("{live:24:first}"), keyFor("{live:24:second}")
	asked := make(chan bool, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") == second {
			asked <- true
			<-r.Context().Done()
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, saysUnauthorized)
	}))
	defer server.Close()
	defer server.CloseClientConnections()
	// With one worker, what is known depends on which key comes first; with two, on who is faster.
	for _, jobs := range []string{"1", "2"} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-asked; cancel() }()
		var out, errw bytes.Buffer
		start := time.Now()
		err := execute(ctx, nil, strings.NewReader(first+"\n"+second+"\n"), &out, &errw,
			[]string{"verify", "--assume-provider", "laminr",
				"--endpoint", "laminr=" + server.URL, "--verify-jobs", jobs, "-f", "json"})
		if got := exit.StatusOf(err); got != exit.Interrupted {
			t.Errorf("status %d, want %d: %s", got, exit.Interrupted, errw.String())
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("stopped after %v", took)
		}
		checkInterrupted(t, out.Bytes())
		if said := errw.String(); !strings.Contains(said, "interrupted: ") || strings.Contains(out.String()+said, first) ||
			strings.Contains(out.String()+said, second) {
			t.Errorf("said %q", said)
		}
	}
}

// checkInterrupted wants a report of two keys, marked incomplete, in which each key is known or not
// asked about.
func checkInterrupted(t *testing.T, text []byte) {
	t.Helper()
	var r struct {
		Scan  struct{ Complete bool }
		Leaks []struct{ Status, StatusDetail string }
	}
	if err := json.Unmarshal(text, &r); err != nil || r.Scan.Complete || len(r.Leaks) != 2 {
		t.Fatalf("report %+v, error %v", r, err)
	}
	for _, l := range r.Leaks {
		if l.Status != "inactive" && (l.Status != "unchecked" || l.StatusDetail == "") {
			t.Errorf("%+v", l)
		}
	}
}
