package main

import (
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestReleasedProgram: the action takes a program that has the checksum of its own checkout, and no other.
func TestReleasedProgram(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil || runtime.GOOS == "windows" {
		t.Skip("needs curl, and a file of certificates that it reads")
	}
	program := []byte("#!/bin/sh\necho released\n")
	name := "skleak_1.2.3_" + runtime.GOOS + "_" + runtime.GOARCH
	sums := fmt.Sprintf("# v1.2.3, built with go1.26.8 of a commit\n%x  %s\n", sha256.Sum256(program), name)
	served, asked := program, 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; r.URL.Path != "/o/n/releases/download/v1.2.3/"+name || served == nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(served)
	}))
	defer server.Close()
	checkout, folder := t.TempDir(), t.TempDir()
	certificate := filepath.Join(checkout, "certificate.pem")
	put(t, certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	script, err := os.ReadFile(filepath.Join(repositoryRoot, "scripts", "released.sh"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(checkout, "scripts", "released.sh"), script)

	fetch := func(text string) (path, said string, status int) {
		put(t, filepath.Join(checkout, "SHA256SUMS"), []byte(text))
		c := exec.Command("bash", filepath.Join(checkout, "scripts", "released.sh"), server.URL+"/o/n/releases/download",
			folder)
		c.Env = append(os.Environ(), "CURL_CA_BUNDLE="+certificate)
		var errw strings.Builder
		c.Stderr = &errw
		out, _ := c.Output()
		return strings.TrimSpace(string(out)), errw.String(), c.ProcessState.ExitCode()
	}
	for _, c := range []struct {
		name, sums string
		served     []byte
		status     int
		says       string
	}{
		{"no program where it should be", sums, nil, 3, "cannot be fetched"},
		{"a changed program", sums, []byte("#!/bin/sh\necho changed\n"), 1, "somebody changed it"},
		{"an empty program", sums, []byte{}, 1, "somebody changed it"},
		{"another system's checksum alone", strings.ReplaceAll(sums, name, "skleak_1.2.3_plan9_mips"), program, 3, "does not have " + name},
		{"a checksum that is none", "# v1.2.3, built with go1.26.8 of a commit\n$(id)  " + name + "\n", program, 3, "does not have"},
		{"no version", strings.Replace(sums, "# v1.2.3,", "# ../../evil,", 1), program, 3, "does not say of which version"},
		{"the program", sums, program, 0, ""},
	} {
		served = c.served
		path, said, status := fetch(c.sums)
		if status != c.status || !strings.Contains(said, c.says) {
			t.Errorf("%s: status %d, says %q; want %d, %q", c.name, status, said, c.status, c.says)
		}
		if got, err := os.ReadFile(path); status == 0 && (err != nil || string(got) != string(program)) {
			t.Errorf("%s: %s holds %q, error %v", c.name, path, got, err)
		}
	}

	// A second use in a job finds it, if nobody changed it meanwhile.
	before := asked
	path, _, status := fetch(sums)
	if status != 0 || asked != before {
		t.Errorf("a second time: status %d, fetched %d times", status, asked-before)
	}
	put(t, path, []byte("changed"))
	if again, _, status := fetch(sums); status != 0 || again != path || asked == before {
		t.Errorf("a changed program on the runner is taken: status %d, %s", status, again)
	}
}

// TestNotReleased: a checkout without checksums is no release, whatever is asked for.
func TestNotReleased(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("runs a script")
	}
	c := exec.Command("bash", filepath.Join(repositoryRoot, "scripts", "released.sh"), "https://127.0.0.1:1/x",
		t.TempDir())
	if out, err := c.CombinedOutput(); c.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), "is no release") {
		t.Errorf("%v: %s", err, out)
	}
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
