package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
)

// Pictures are SVG, made of numbers and dates: no text of anybody else is in them. Colours come from the style sheet.

const (
	pictureWidth  = 900
	pictureHeight = 180
	bars          = 60
	lifeWidth     = 600
	maxDots       = 20 // of a line of time: more cannot be told apart
)

// exposure draws how many keys could be read at which time: a bar for each stretch of time, those of the live
// environment below those of others. It is empty where fewer than two dates are known.
func exposure(keys []Key, now time.Time) template.HTML {
	var began []time.Time
	var live []bool
	for _, k := range keys {
		if at, ok := begin(k.Events); ok {
			began, live = append(began, at), append(live, k.Environment == "live")
		}
	}
	if len(began) == 0 {
		return ""
	}
	first := slices.MinFunc(began, time.Time.Compare)
	last := latest(now, began)
	span := last.Sub(first)
	if span < time.Hour {
		return ""
	}
	var lives, others [bars]int
	for i, at := range began {
		for b := int(float64(at.Sub(first)) / float64(span) * (bars - 1)); b < bars; b++ {
			if live[i] {
				lives[b]++
			} else {
				others[b]++
			}
		}
	}
	most := lives[bars-1] + others[bars-1]
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="From %s to %s the keys that could be read became %d: %d live and %d others.">`,
		pictureWidth, pictureHeight+2, date(first), date(last), most, lives[bars-1], others[bars-1])
	const step = pictureWidth / bars
	for i := range bars {
		l, o := lives[i]*pictureHeight/most, others[i]*pictureHeight/most
		bar(&b, "f-live", i*step, pictureHeight-l, step-2, l)
		bar(&b, "f-test", i*step, pictureHeight-l-o, step-2, o)
	}
	fmt.Fprintf(&b, `<path class="axis" d="M0 %d.5H%d"/></svg>`, pictureHeight, pictureWidth)
	fmt.Fprintf(&b, `<p class="ends"><span>%s</span>`, date(first))
	if n := lives[bars-1]; n > 0 {
		fmt.Fprintf(&b, `<span class="c-live">live: %d</span>`, n)
	}
	if n := others[bars-1]; n > 0 {
		fmt.Fprintf(&b, `<span class="c-test">test: %d</span>`, n)
	}
	fmt.Fprintf(&b, `<span>%s</span></p>`, date(last))
	return template.HTML(b.String())
}

func bar(b *strings.Builder, class string, x, y, width, height int) {
	if height > 0 {
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, class, x, y, width, height)
	}
}

// lifeline draws the life of a key: when it came, where it was copied to, when it was checked, and that it can still be
// read; and says so below. It is empty where no date is known.
func lifeline(events []Event, open bool, now time.Time) template.HTML {
	first, ok := begin(events)
	if !ok {
		return ""
	}
	var all []time.Time
	for _, e := range events {
		all = append(all, e.At)
	}
	last := latest(now, all)
	span := max(last.Sub(first), time.Hour)
	dots := map[EventKind]string{}
	drawn := map[int]bool{}
	for _, e := range events {
		if x := 8 + int(float64(e.At.Sub(first))/float64(span)*(lifeWidth-16)); !drawn[x] && len(drawn) < maxDots {
			drawn[x] = true
			dots[e.Kind] += fmt.Sprintf("M%d 9h0", x)
		}
	}
	class, end := "life", "still in a file or at HEAD"
	if !open {
		class, end = "life past", "only in the history"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d 18" aria-hidden="true"><path class="%s" d="M8 9H%d"/>`, lifeWidth, class, lifeWidth-8)
	for kind, name := range []string{Introduced: "first", Copied: "copied", Checked: "checked"} {
		if d := dots[EventKind(kind)]; d != "" {
			fmt.Fprintf(&b, `<path class="%s" d="%s"/>`, name, d)
		}
	}
	fmt.Fprintf(&b, `</svg><p class="ends"><span>%s</span><span>%s %s</span></p>`, told(events), date(last), end)
	return template.HTML(b.String())
}

// told says in words what a line of time shows.
func told(events []Event) string {
	var parts []string
	copies := 0
	for _, e := range events {
		switch e.Kind {
		case Introduced:
			parts = append(parts, date(e.At)+" introduced")
		case Copied:
			copies++
		case Checked:
			parts = append(parts, date(e.At)+" checked")
		}
	}
	if copies > 0 {
		parts = slices.Insert(parts, 1, fmt.Sprintf("in %d more commits", copies))
	}
	return strings.Join(parts, ", ")
}

// begin is the first time at which the key could be read.
func begin(events []Event) (first time.Time, known bool) {
	for _, e := range events {
		if e.Kind != Checked && (!known || e.At.Before(first)) {
			first, known = e.At, true
		}
	}
	return first, known
}

// openAt is that time as a number to sort by, "" where it is not known.
func openAt(events []Event) string {
	first, known := begin(events)
	if !known {
		return ""
	}
	return fmt.Sprint(first.Unix())
}

// latest is the last of some times. Dates of commits may lie in the future.
func latest(now time.Time, times []time.Time) time.Time {
	for _, at := range times {
		if at.After(now) {
			now = at
		}
	}
	return now
}

func date(at time.Time) string { return at.UTC().Format("2006-01-02") }

// first is the beginning of an id.
func first(n int, id string) string { return id[:min(n, len(id))] }
