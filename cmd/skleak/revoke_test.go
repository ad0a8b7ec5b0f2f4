package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/exit"
)

// A revocation that did not work must never look like one that did.
func TestFailedRevocations(t *testing.T) {
	for _, tt := range []struct {
		word, says, state string
		json              string
	}{
		{"stubborn", "its provider still calls it active", "active", `"status": "active"`},
		{"refusing", "answered by status 500; its provider still calls it active", "active", `"status": "active"`},
	} {
		t.Run(tt.word, func(t *testing.T) {
			key := keyFor("{live:24:" + tt.word + "}")
			a := &fakeAPI{words: map[string]string{key: tt.word}, checks: map[string]int{}, revokes: map[string]int{},
				begun: make(chan struct{}, 100)}
			server := httptest.NewServer(a)
			defer server.Close()
			folder := t.TempDir()
			config := filepath.Join(folder, "config.toml")
			text := fmt.Sprintf("[providers.laminr.revoke]\nmethod = 'DELETE'\nurl = '%s/keys/{fingerprint}'\nheaders = { Authorization = '%s' }\nbody = '{\"key\":\"{key}\"}'\n", server.URL, adminToken)
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errw bytes.Buffer
			w := &world{Console: console.New(programName, []string{"XDG_STATE_HOME=" + folder}, strings.NewReader(key), &out,
				&errw),
				pauses: []time.Duration{1, 2, 3, 4, 5}}
			root := rootCommand(w)
			root.SetArgs([]string{"revoke", "-c", config, "--assume-provider", "laminr", "--endpoint", "laminr=" + server.URL,
				"--yes", "-f", "json", "--exit-code", "0"})
			if got := exit.StatusOf(root.ExecuteContext(t.Context())); got != 1 {
				t.Errorf("status %d, want 1: %s", got, errw.String())
			}
			if !strings.Contains(errw.String(), tt.says) {
				t.Errorf("said %q, want …%s…", errw.String(), tt.says)
			}
			if !strings.Contains(out.String(), `"revoked": false`) || !strings.Contains(out.String(), tt.json) {
				t.Errorf("report: %s", out.String())
			}
			// The first check, five more, and one revocation.
			if n := a.checks[key]; n != 6 {
				t.Errorf("checked %d times, want 6", n)
			}
			for _, n := range a.revokes {
				if n != 1 {
					t.Errorf("asked %d times to revoke, want once", n)
				}
			}
			journal, err := os.ReadFile(filepath.Join(folder, "skleak", "revocations.jsonl"))
			if err != nil || strings.Count(string(journal), "\n") != 2 ||
				!strings.Contains(string(journal), `"state":"`+tt.state+`"`) {
				t.Errorf("journal %s, error %v", journal, err)
			}
			if strings.Contains(out.String()+errw.String()+string(journal), key) {
				t.Error("the key is printed")
			}
		})
	}
}
