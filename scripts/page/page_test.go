package page

import (
	"bytes"
	"context"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"skleak/scanner"
)

var update = flag.Bool("update", false, "make docs/report.png anew")

// hostile would each do something in a page that lets it.
var hostile = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)' autofocus onfocus='alert(1)`,
	`</script></style></title></textarea><svg onload=alert(1)>`,
	`javascript:alert(1)`,
	`https://evil.example/x.png`,
	`<link rel=stylesheet href=https://evil.example/x.css><meta http-equiv=refresh content="0;url=https://evil.example">`,
	`<iframe src=https://evil.example></iframe><form action=https://evil.example><input name=text>`,
	`{{.Keys}} ${alert(1)} <!-- --> ]]> &lt;script&gt;`,
	`url(https://evil.example) expression(alert(1)) @import "https://evil.example"`,
	"a\x00b\x1b[2J\u202e\u2028\xff<b",
	`git@github.com:acme/"onclick="alert(1)`,
	`"><base href=https://evil.example/><a id=filter><a id=cards name=elements>`,
}

// TestHostilePage loads pages with such texts in every field, and uses them.
func TestHostilePage(t *testing.T) {
	b := openBrowser(t, 1200, 900)
	plain := audit(30, 4)
	for _, text := range hostile {
		for _, field := range []func(v reflect.Value){
			func(v reflect.Value) { fill(v, text) },
			// What decides which parts the page has stays, and so there are more of them.
			func(v reflect.Value) { fill(v.FieldByName("Targets"), text) },
		} {
			r := *plain
			r.Leaks = audit(30, 4).Leaks
			field(reflect.ValueOf(&r).Elem())
			for i := range r.Leaks {
				r.Leaks[i].Placeholder, r.Leaks[i].Suppressed = false, ""
				for j := range r.Leaks[i].Findings {
					c := *r.Leaks[i].Findings[j].Commit
					c.Author, c.Summary = text, text
					r.Leaks[i].Findings[j].Commit, r.Leaks[i].Findings[j].Refs = &c, []string{text}
				}
			}
			address, _ := written(t, &r)
			b.do(chromedp.Navigate(address), chromedp.WaitVisible("#filter", chromedp.ByQuery))
			b.use()
			b.check(text)
			if n := value[int](b, `document.querySelectorAll("script").length`); n != 1 {
				t.Errorf("%q: %d scripts", text, n)
			}
			odd := value[[]string](b, `[...document.querySelectorAll("*")].filter(e => e.matches("img,iframe,link,object,embed,base,area,video,audio,image,use,animate,set,foreignObject,template") ||
				[...e.attributes].some(a => a.name.startsWith("on") || a.name === "style" || a.name === "src" || a.name === "srcset" || a.name === "action")).map(e => e.outerHTML.slice(0, 200))`)
			if len(odd) > 0 {
				t.Errorf("%q: elements that are not ours: %q", text, odd)
			}
			links := value[[]string](b, `[...document.links].map(a => a.href).filter(h => !h.startsWith("file:") && !h.startsWith("https://github.com/acme/"))`)
			if len(links) > 0 {
				t.Errorf("%q: links to %q", text, links[0])
			}
			if n := value[int](b, `document.querySelectorAll("#cards > article").length`); n != 30 {
				t.Errorf("%q: %d cards", text, n)
			}
		}
	}
}

// use clicks and types whatever can be clicked and typed into.
func (b *browser) use() {
	b.t.Helper()
	b.do(chromedp.Evaluate(`
		document.querySelectorAll("article summary").forEach((s, i) => { if (i < 5) { s.click(); s.click(); } });
		document.querySelectorAll("button").forEach((e, i) => { if (i < 5) e.click(); });
		document.querySelectorAll("select").forEach(s => { s.selectedIndex = s.options.length - 1; s.dispatchEvent(new Event("input", {bubbles: true})); });
		document.querySelectorAll("a,summary,input,select").forEach((e, i) => { if (i < 50) { e.focus(); e.dispatchEvent(new MouseEvent("mouseover", {bubbles: true})); } });`, nil),
		chromedp.Sleep(150*time.Millisecond))
}

// TestUse filters, sorts, opens and prints a page as its readers do.
func TestUse(t *testing.T) {
	b := openBrowser(t, 1200, 900)
	r := audit(60, 6)
	address, _ := written(t, r)
	b.do(chromedp.Navigate(address), chromedp.WaitVisible("#filter", chromedp.ByQuery))
	const shown = `[...document.querySelectorAll("#cards > article")].filter(a => !a.hidden).length`
	if n := value[int](b, shown); n != 60 {
		t.Errorf("%d cards at first", n)
	}
	live := 0
	for _, l := range r.Leaks {
		if l.Environment == "live" {
			live++
		}
	}
	b.do(chromedp.SetValue(`select[name=e]`, "live"), chromedp.Evaluate(`document.querySelector("select[name=e]").dispatchEvent(new Event("input", {bubbles: true}))`, nil),
		chromedp.Sleep(300*time.Millisecond))
	if n := value[int](b, shown); n != live {
		t.Errorf("%d live cards, want %d", n, live)
	}
	if text := value[string](b, `document.getElementById("count").textContent`); !strings.HasPrefix(text, "40 of 60") {
		t.Errorf("the count is %q", text)
	}
	b.do(chromedp.SendKeys(`input[name=text]`, r.Leaks[0].Key.Fingerprint()), chromedp.Sleep(300*time.Millisecond))
	if n := value[int](b, shown); n != 1 {
		t.Errorf("%d cards with the fingerprint", n)
	}
	b.do(chromedp.Evaluate(`document.querySelector("#filter").reset(); document.querySelector("select[name=order]").value = "d"; document.querySelector("#filter").dispatchEvent(new Event("input"))`, nil),
		chromedp.Sleep(300*time.Millisecond))
	if sorted := value[bool](b, `[...document.querySelectorAll("#cards > article")].every((a, i, all) => i === 0 || +all[i-1].dataset.d <= +a.dataset.d)`); !sorted {
		t.Error("the oldest is not first")
	}
	b.do(chromedp.Focus(`#cards > article summary`), chromedp.KeyEvent(kb.Enter), chromedp.Sleep(100*time.Millisecond))
	if open := value[bool](b, `document.querySelector("#cards > article details").open && !!document.querySelector("#cards > article button")`); !open {
		t.Error("the keyboard opens no card, or no command can be copied")
	}
	b.do(emulation.SetEmulatedMedia().WithMedia("print"))
	if bare := value[bool](b, `getComputedStyle(document.querySelector("form")).display === "none"`); !bare {
		t.Error("the filter is printed")
	}
	unnamed := value[[]string](b, `[...document.querySelectorAll("input,select,svg,section,table")].filter(e => !e.labels?.length && !e.getAttribute("aria-label") &&
		!e.getAttribute("aria-labelledby") && !e.closest("[aria-label],[aria-hidden]")).map(e => e.outerHTML.slice(0, 100))`)
	if len(unnamed) > 0 {
		t.Errorf("a screen reader has no name for %q", unnamed)
	}
	b.check("in use")
}

// TestContrast: every text stands out from its ground, by day and by night, as WCAG 2 asks for (4.5 to 1).
func TestContrast(t *testing.T) {
	b := openBrowser(t, 1200, 900)
	r := audit(20, 3)
	r.Leaks[0].Suppressed = scanner.SuppressedAllowed
	address, _ := written(t, r)
	for _, scheme := range []string{"light", "dark"} {
		b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
			chromedp.Navigate(address), chromedp.WaitVisible("#filter", chromedp.ByQuery))
		weak := value[[]string](b, contrast)
		if len(weak) > 0 {
			t.Errorf("%s: hard to read: %q", scheme, weak)
		}
	}
}

// contrast lists what has too little of it.
const contrast = `(() => {
	const rgb = c => c.match(/[\d.]+/g).map(Number);
	const light = c => rgb(c).slice(0, 3).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
	const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] !== 0) return c; } return "rgb(255,255,255)"; };
	const bad = new Set();
	for (const e of document.querySelectorAll("body *")) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || e.closest("svg,script,option")) continue;
		const a = light(getComputedStyle(e).color), b = light(ground(e));
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (ratio < 4.5) bad.add(e.tagName + "." + e.className + " " + ratio.toFixed(2));
	}
	return [...bad];
})()`

// TestLargePage: 5,000 leaks at 100,000 places stay usable, and cost no more for each than a fifth of them do.
func TestLargePage(t *testing.T) {
	_, fifth := openLarge(t, 1000)
	b, all := openLarge(t, 5000)
	// Five times, for a page that takes nothing to begin with; 25 times, for one that holds each leak against the others.
	if all > 8*fifth {
		t.Errorf("the page's thread worked for %v, and for %v with a fifth of the leaks", all, fifth)
	}
	b.do(chromedp.Sleep(2 * time.Second))
	if n := value[int](b, `[...document.querySelectorAll("#cards > article")].filter(a => !a.hidden).length`); n == 0 || n == 5000 {
		t.Errorf("%d cards after filtering", n)
	}
	b.check("large")
}

// openLarge loads a page of so many leaks, each at 20 places, and filters it. It returns for how long the page's thread worked.
func openLarge(t *testing.T, leaks int) (*browser, time.Duration) {
	t.Helper()
	b := openBrowser(t, 1200, 900)
	address, size := written(t, audit(leaks, 20))
	if most := int64(300_000 + leaks*2000); size > most {
		t.Errorf("%d bytes, more than %d", size, most)
	}
	b.do(performance.Enable(), chromedp.Navigate(address), chromedp.WaitVisible("#filter", chromedp.ByQuery))
	loaded := value[float64](b, `(() => { const n = performance.getEntriesByType("navigation")[0]; return n.loadEventEnd; })()`)
	took := value[float64](b, `(() => { const began = performance.now(), e = document.querySelector("input[name=text]"); document.querySelectorAll("#cards > article").forEach(c => c.textContent);
		e.value = "ada"; document.querySelector("select[name=s]").value = "active"; document.querySelector("#filter").dispatchEvent(new Event("input")); document.body.offsetHeight; return performance.now() - began; })()`)
	worked := b.worked()
	t.Logf("%d leaks, %d bytes: loaded in %.0f ms, filtered in %.0f ms; the page's thread worked for %v", leaks, size, loaded, took, worked)
	return b, worked
}

// worked is for how long the page's own thread had a processor.
func (b *browser) worked() (d time.Duration) {
	b.t.Helper()
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		all, err := performance.GetMetrics().Do(ctx)
		for _, m := range all {
			if m.Name == "ThreadTime" {
				d = time.Duration(m.Value * float64(time.Second))
			}
		}
		return err
	}))
	return d
}

// TestPicture makes the picture of the README.
func TestPicture(t *testing.T) {
	if !*update {
		t.Skip("made with -update")
	}
	b := openBrowser(t, 1000, 1500)
	address, _ := written(t, audit(14, 4))
	var picture []byte
	b.do(chromedp.Navigate(address), chromedp.WaitVisible("#filter", chromedp.ByQuery), chromedp.CaptureScreenshot(&picture))
	if len(picture) > 200_000 || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
		t.Fatalf("a picture of %d bytes", len(picture))
	}
	if err := os.WriteFile("../../docs/report.png", picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
