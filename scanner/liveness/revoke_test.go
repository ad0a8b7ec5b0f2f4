package liveness

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"skleak/rules"
	"skleak/rules/provider"
)

// revoking is a Revoker of one provider, whose keys are what the asker says.
func revoking(t *testing.T, way provider.Revocation, asker Asker) (*Revoker, string) {
	t.Helper()
	j, path := journalAt(t)
	p := builtin(t, "laminr")
	p.Revoke = &way
	env := map[string]string{"TOKEN": "t0ken-of-the-admin"}
	return NewRevoker(RevokerOptions{Asker: asker, Client: newTestClient(t, Options{}), Providers: []provider.Provider{p},
		Env: func(name string) string { return env[name] }, Journal: j, Pauses: []time.Duration{1, 2, 3, 4, 5}}), path
}

// says answers with the statuses, one after the other, and then with the last.
func says(statuses ...Status) (Asker, *int) {
	n := new(int)
	return memory(func(context.Context, Question) Result {
		*n++
		return Result{statuses[min(*n, len(statuses))-1], "reason", time.Now()}
	}), n
}

func deleteAt(url string) provider.Revocation {
	return provider.Revocation{Method: "DELETE", URL: url + "/keys/{fingerprint}",
		Headers: map[string]string{"Authorization": "Bearer {env:TOKEN}"}, Body: `{"key":"{key}"}`}
}

func TestRevoke(t *testing.T) {
	q := Question{testKey(1), "laminr"}
	for _, tt := range []struct {
		name    string
		handle  func(http.ResponseWriter, *http.Request, int)
		then    []Status
		revoked bool
		detail  string
		checks  int
		journal string // states
	}{
		{"at once", always(200, ""), []Status{Inactive}, true, "", 1, "intended revoked"},
		{"204", always(204, ""), []Status{Inactive}, true, "", 1, "intended revoked"},
		{"after a while", always(202, ""), []Status{Active, Unknown, Active, Inactive}, true, "", 4, "intended revoked"},
		{"never", always(200, ""), []Status{Active}, false, "its provider still calls it active", 5, "intended active"},
		{"nobody can tell", always(200, ""), []Status{Unknown}, false, "could not be found out: reason", 5, "intended unconfirmed"},
		{"refused", always(403, "no: "+testKey(1).Reveal()), []Status{Active}, false, "status 403; its provider still", 5, "intended active"},
		{"redirected", func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, []Status{Active}, false, "status 307", 5, "intended active"},
		{"refused, and gone all the same", always(500, ""), []Status{Inactive}, true, "", 1, "intended revoked"},
		{"dropped", drop, []Status{Active}, false, "asked to be revoked: the connection was dropped", 5, "intended active"},
		{"busy", always(429, ""), []Status{Active}, false, "status 429", 5, "intended active"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
				body, _ := io.ReadAll(r.Body)
				if r.Method != "DELETE" || r.RequestURI != "/keys/"+q.Key.Fingerprint() ||
					string(body) != `{"key":"`+q.Key.Reveal()+`"}` ||
					r.Header.Get("Authorization") != "Bearer t0ken-of-the-admin" || r.Header.Get("User-Agent") != "skleak/test" {
					t.Errorf("%s %s", r.Method, r.RequestURI)
				}
				tt.handle(w, r, n)
			})
			asker, checks := says(tt.then...)
			r, path := revoking(t, deleteAt(a.URL), asker)
			out, err := r.Revoke(t.Context(), q)
			if err != nil || out.Revoked != tt.revoked || !strings.Contains(out.Detail, tt.detail) || *checks != tt.checks {
				t.Errorf("%+v, error %v, %d checks", out, err, *checks)
			}
			if n := len(a.asked()); n != 1 {
				t.Errorf("asked %d times, want once: nothing that disables is repeated", n)
			}
			if got := states(t, path); got != tt.journal {
				t.Errorf("journal: %s, want %s", got, tt.journal)
			}
			if _, err := r.Revoke(t.Context(), q); err == nil || len(a.asked()) != 1 {
				t.Errorf("asked for a second time: %v", err)
			}
		})
	}
}

// states reads the journal, which must hold no key.
func states(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), testKey(1).Reveal()) || strings.Contains(string(text), "t0ken") {
		t.Error("the journal holds a secret")
	}
	var out []string
	for _, line := range strings.Split(string(text), "\n") {
		if _, rest, ok := strings.Cut(line, `"state":"`); ok {
			state, _, _ := strings.Cut(rest, `"`)
			out = append(out, state)
		}
	}
	return strings.Join(out, " ")
}

// What cannot be sent is refused before anything is written down.
func TestRevokeRefuses(t *testing.T) {
	elsewhere := newAPI(t, always(200, ""))
	plain, odd := Question{testKey(1), "laminr"}, Question{rules.NewKey(`own_","admin":true,"x":"`), "laminr"}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		way  provider.Revocation
		q    Question
		want string
	}{
		{"another provider", t.Context(), deleteAt(elsewhere.URL), Question{testKey(1), "stripe"}, "no way to revoke keys of stripe"},
		{"a variable that is not set", t.Context(), provider.Revocation{Method: "DELETE", URL: elsewhere.URL + "/{env:OTHER}"}, plain, "OTHER from the environment"},
		{"a URL from the environment", t.Context(), provider.Revocation{Method: "DELETE", URL: "{env:TOKEN}/{fingerprint}"}, plain, "no absolute URL"},
		{"a key that changes the body", t.Context(), deleteAt(elsewhere.URL), odd, "change the meaning"},
		{"cancelled", cancelled, deleteAt(elsewhere.URL), plain, "canceled"},
	} {
		asker, checks := says(Active)
		r, path := revoking(t, tt.way, asker)
		out, err := r.Revoke(tt.ctx, tt.q)
		if err == nil || !strings.Contains(err.Error(), tt.want) || out.Revoked || *checks != 0 {
			t.Errorf("%s: %+v, error %v", tt.name, out, err)
		}
		if err != nil && strings.Contains(err.Error(), "t0ken") {
			t.Errorf("%s: the error holds a secret: %v", tt.name, err)
		}
		if got := states(t, path); got != "" {
			t.Errorf("%s: journal %s", tt.name, got)
		}
	}
	if n := len(elsewhere.asked()); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// Ctrl-C lets what is under way come to its end, and leaves the intention open for the next run.
func TestRevokeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	finished := make(chan bool, 1)
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		cancel()
		time.Sleep(50 * time.Millisecond)
		finished <- r.Context().Err() == nil
		w.WriteHeader(204)
	})
	asker, _ := says(Active)
	r, path := revoking(t, deleteAt(a.URL), asker)
	out, err := r.Revoke(ctx, Question{testKey(1), "laminr"})
	if err != nil || out.Revoked || !strings.Contains(out.Detail, "interrupted") || !<-finished {
		t.Errorf("%+v, error %v", out, err)
	}
	if open, _ := openPrints(t, path); len(open) != 1 || open[0] != testKey(1).Fingerprint() {
		t.Errorf("open: %q", open)
	}
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	entries, _, _ := OpenIntentions(path)
	if err := j.Settle(entries[0]); err != nil {
		t.Fatal(err)
	}
	if open, _ := openPrints(t, path); len(open) != 0 {
		t.Errorf("open: %q", open)
	}
}

func TestPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRevoker(RevokerOptions{})
		if len(r.o.Pauses) != 5 {
			t.Fatalf("%d checks, want 5", len(r.o.Pauses))
		}
		var at []time.Duration
		start := time.Now()
		r.o.Asker = memory(func(context.Context, Question) Result {
			at = append(at, time.Since(start))
			return Result{Status: Active}
		})
		var out Outcome
		r.confirm(t.Context(), Question{}, &out)
		last, pause := time.Duration(0), time.Duration(0)
		for _, d := range at {
			if d-last <= pause {
				t.Errorf("checked after %v: the pauses do not grow", at)
			}
			last, pause = d, d-last
		}
		if len(at) != 5 || out.Revoked {
			t.Errorf("checked after %v: %+v", at, out)
		}
	})
}

func TestDescribe(t *testing.T) {
	way := deleteAt("https://admin.example.com")
	way.Headers["X-Secret"] = "literal secret"
	way.Headers["Content-Type"] = "application/json"
	got := Describe(&way, testKey(1))
	want := "DELETE https://admin.example.com/keys/" + testKey(1).Fingerprint() +
		"\nAuthorization: Bearer {env:TOKEN}\nContent-Type: application/json\nX-Secret: …\n\n" + `{"key":"` + testKey(1).Redacted() + `"}`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	got = Describe(&provider.Revocation{Method: "GET", URL: "https://admin.example.com/{fingerprint}?token=literal"},
		testKey(1))
	if want := "GET https://admin.example.com/" + testKey(1).Fingerprint() + "?…"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	got = Describe(&provider.Revocation{Command: []string{"revoke", "--note", "{fingerprint}"}}, testKey(1))
	if want := fmt.Sprintf(`run ["revoke" "--note" %q] with the key on standard input`,
		testKey(1).Fingerprint()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
