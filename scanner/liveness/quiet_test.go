package liveness

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"log"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/rules"
)

// Nothing that an error holds may come out as a reason.
func TestReasonsHoldNothingOfErrors(t *testing.T) {
	secret := testKey(1).Reveal()
	for _, err := range []error{
		errors.New(secret),
		&url.Error{Op: "Get", URL: "https://api.example.com/?key=" + secret, Err: errors.New(secret)},
		&url.Error{Op: "Get", URL: secret, Err: io.ErrUnexpectedEOF},
		&url.Error{Op: "Get", URL: secret, Err: context.Canceled},
		fmt.Errorf("%s giving up after 4 attempts: %w", secret, context.DeadlineExceeded),
		fmt.Errorf("net/http: invalid header field value for %q", secret),
		errors.Join(errors.New(base64.StdEncoding.EncodeToString([]byte(secret))), io.EOF),
	} {
		if text := faultText(err); text == "" || strings.Contains(text, secret) || strings.Contains(text, "example") ||
			strings.Contains(text, "c2tf") {
			t.Errorf("a reason repeats the error: %s", strings.ReplaceAll(text, secret, "THE KEY"))
		}
	}
}

// The HTTP libraries log on their own account, to the standard logger among others.
func TestNothingIsLogged(t *testing.T) {
	var said bytes.Buffer
	log.SetOutput(&said)
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer func() { log.SetOutput(os.Stderr); slog.SetDefault(old) }()
	// On a used connection, bytes that nobody asked for make net/http complain.
	a := newAPI(t, then(1, cut, always(200, "{}")))
	c := a.client(t)
	for i := range 3 {
		c.Ask(t.Context(), Question{testKey(i), "laminr"})
	}
	if said.Len() > 0 {
		t.Errorf("logged: %s", said.String())
	}
}

// A key becomes text in one place, and this package knows nothing of reports.
func TestHouseRules(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	reveals := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		reveals += bytes.Count(text, []byte(".Reveal()"))
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			if strings.HasPrefix(path, "skleak/") && !slices.Contains([]string{
				"skleak/rules", "skleak/rules/provider", "skleak/scanner", "skleak/scanner/cause", "skleak/scanner/filelock",
			}, path) {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
	if reveals != 1 {
		t.Errorf("a key is revealed in %d places, want 1", reveals)
	}
}

func TestKeyIsAFieldOfHeadersAlone(t *testing.T) {
	for _, mark := range []string{"{fingerprint}", "{env:HOME}"} {
		if text, err := expand("x"+mark, keyOnly(rules.NewKey("k"))); err == nil {
			t.Errorf("%s in a check expands to %q", mark, text)
		}
	}
}
