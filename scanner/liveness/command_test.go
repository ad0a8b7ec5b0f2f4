package liveness

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"skleak/rules"
	"skleak/rules/provider"
)

// commandVariable makes this test binary a command that revokes keys, or fails to.
const commandVariable = "SKLEAK_TEST_COMMAND"

// asCommand is what the test binary does where the variable is set.
func asCommand(what string) {
	key, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	key = strings.TrimSuffix(key, "\n")
	switch what {
	case "echo":
		fmt.Printf("\x1b[31mdisabling %s (%s, %x)\r\nwith %q\n", key, base64.StdEncoding.EncodeToString([]byte(key)), key,
			os.Args[1:])
		fmt.Fprintln(os.Stderr, "body "+strings.TrimPrefix(key, "sk"+"_live_"))
	case "fail":
		fmt.Println("cannot disable " + key)
		os.Exit(3)
	case "hang":
		time.Sleep(30 * time.Second)
	case "flood":
		for range 100 {
			fmt.Println(strings.Repeat("x", 10_000))
		}
	}
	os.Exit(0)
}

func testCommand(t *testing.T, what string) provider.Revocation {
	t.Helper()
	t.Setenv(commandVariable, what)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return provider.Revocation{Command: []string{program, "--note", "leak {fingerprint}; $HOME"}}
}

func TestRevokeByCommand(t *testing.T) {
	q := Question{testKey(1), "laminr"}
	for _, tt := range []struct {
		what    string
		then    Status
		revoked bool
		detail  string
		output  string
	}{
		{"echo", Inactive, true, "", "leak " + q.Key.Fingerprint() + "; $HOME"}, // no shell
		{"fail", Active, false, "the command ended with status 3; its provider still calls it active", "cannot disable " + q.Key.Redacted()},
		{"flood", Inactive, true, "", "xxx…"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			asker, _ := says(tt.then)
			r, _ := revoking(t, testCommand(t, tt.what), asker)
			out, err := r.Revoke(t.Context(), q)
			if err != nil || out.Revoked != tt.revoked || out.Detail != tt.detail || !strings.Contains(out.Output, tt.output) {
				t.Errorf("%+v, error %v", out, err)
			}
			checkScrubbed(t, out.Output, q.Key)
			if len(out.Output) > maxShown+10 || strings.ContainsAny(out.Output, "\x1b\r") {
				t.Errorf("%d bytes of output, or control characters in it", len(out.Output))
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		asker, _ := says(Active)
		r, _ := revoking(t, provider.Revocation{Command: []string{filepath.Join(t.TempDir(), "nothing")}}, asker)
		out, err := r.Revoke(t.Context(), q)
		want := "could not be run: no such file"
		if runtime.GOOS == "windows" { // where the name of a program has an ending, which is looked for
			want = "was not found"
		}
		if err != nil || out.Revoked || !strings.Contains(out.Detail, want) {
			t.Errorf("%+v, error %v", out, err)
		}
	})
}

func checkScrubbed(t *testing.T, text string, key rules.Key) {
	t.Helper()
	value := key.Reveal()
	body := value[len("sk_live_"):]
	for _, form := range []string{value, body, hex.EncodeToString([]byte(value)), hex.EncodeToString([]byte(body)),
		base64.RawStdEncoding.EncodeToString([]byte(value)), base64.RawStdEncoding.EncodeToString([]byte(body))} {
		if strings.Contains(text, form) {
			t.Errorf("the key is in %q", strings.ReplaceAll(text, value, "THE KEY"))
		}
	}
}

func TestScrub(t *testing.T) {
	key, other := testKey(1), testKey(2)
	text := strings.Join([]string{key.Reveal(), other.Reveal(),
		base64.StdEncoding.EncodeToString([]byte("x" + key.Reveal())),
		base64.URLEncoding.EncodeToString([]byte(key.Reveal())), "\x1b]0;title\a", strings.Repeat("é", maxShown)}, "\n")
	got := scrub(text, key, rules.Default().Redact)
	checkScrubbed(t, got, key)
	checkScrubbed(t, got, other)
	if strings.Contains(got, base64.RawStdEncoding.EncodeToString([]byte("x" + key.Reveal()))[4:20]) ||
		strings.ContainsAny(got, "\x1b\a") || len(got) > maxShown+10 {
		t.Errorf("%q", got)
	}
	if got := scrub(" done\n", key, rules.Default().Redact); got != "done" {
		t.Errorf("%q", got)
	}
	// A key of a rule of one's own has another prefix, and may be short.
	own := rules.NewKey("acme_pat_0123456789abcdef")
	if got := scrub("gone: "+own.Reveal(), own, rules.Default().Redact); strings.Contains(got, "0123456789abcdef") {
		t.Errorf("%q", got)
	}
}

func TestCommandIsStopped(t *testing.T) {
	way := testCommand(t, "hang")
	start := time.Now()
	output, err := runCommand(t.Context(), 300*time.Millisecond, way.Command, testKey(1))
	if err == nil || !strings.Contains(err.Error(), "took longer than 300ms and was stopped") {
		t.Errorf("%q, error %v", output, err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("stopped after %v", took)
	}
}
