package page

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"skleak/report"
)

// browser is a tab, with everything in it that must not happen.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu    sync.Mutex
	wrong []string
}

func openBrowser(t *testing.T, width, height int64) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Skip("there is no Chromium here")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-gpu", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, b.listen)
	b.do(network.Enable(), log.Enable(), runtime.Enable(), emulation.SetDeviceMetricsOverride(width, height, 1, false))
	return b
}

// listen notes every request but that for the page, and all that is said on the console, thrown or opened.
func (b *browser) listen(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "file:") || e.Type != network.ResourceTypeDocument {
			b.note("a request for " + e.Request.URL)
		}
	case *log.EventEntryAdded:
		b.note("in the log: " + e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		b.note("something is said on the console")
	case *runtime.EventExceptionThrown:
		b.note("thrown: " + e.ExceptionDetails.Error())
	case *page.EventJavascriptDialogOpening:
		b.note("a dialog: " + e.Message)
	case *page.EventWindowOpen:
		b.note("a window: " + e.URL)
	}
}

func (b *browser) note(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = append(b.wrong, text)
}

// check fails for all that happened and must not.
func (b *browser) check(when string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.wrong {
		b.t.Errorf("%s: %s", when, text)
	}
	b.wrong = nil
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// value evaluates an expression in the page, besides what its policy allows scripts in it.
func value[T any](b *browser, expression string) (out T) {
	b.t.Helper()
	b.do(chromedp.Evaluate(expression, &out))
	return out
}

// written writes the page of a report, and returns its address and its size.
func written(t *testing.T, r *report.Report) (address string, size int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.html")
	if err := report.WriteFile(path, r, report.FormatHTML, report.Options{}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return "file://" + path, info.Size()
}
