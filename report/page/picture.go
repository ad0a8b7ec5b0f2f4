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
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" `+
		`aria-label="From %s to %s the keys that could be read became %d: %d live and %d others.">`,
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
	at := func(e Event) int { return 8 + max(0, int(float64(e.At.Sub(first))/float64(span)*(lifeWidth-16))) }
	dots := map[EventKind]string{}
	drawn := map[int]bool{}
	for _, e := range events {
		if x := at(e); !drawn[x] && (len(drawn) < maxDots || !e.IsBegin()) {
			drawn[x] = true
			dots[e.Kind] += fmt.Sprintf("M%d 9h0", x)
		}
	}
	const right = lifeWidth - 8
	gone, end := right, "still in a file or at HEAD"
	if !open {
		gone, end = lastRemoval(events, at), "only in the history"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d 18" aria-hidden="true">`, lifeWidth)
	if gone > 8 {
		fmt.Fprintf(&b, `<path class="life" d="M8 9H%d"/>`, gone)
	}
	if gone < right {
		fmt.Fprintf(&b, `<path class="life past" d="M%d 9H%d"/>`, gone, right)
	}
	for kind, name := range []string{Introduced: "first", Copied: "copied", Removed: "gone", Hidden: "gone", Checked: "checked"} {
		if d := dots[EventKind(kind)]; d != "" {
			fmt.Fprintf(&b, `<path class="%s" d="%s"/>`, name, d)
		}
	}
	fmt.Fprintf(&b, `</svg><p class="ends"><span>%s</span><span>%s %s</span></p>`, told(events), date(last), end)
	return template.HTML(b.String())
}

// lastRemoval is where on its line a key was last to be seen at HEAD: at its beginning if that is not known.
func lastRemoval(events []Event, at func(Event) int) (x int) {
	x = 8
	for _, e := range events {
		if e.Kind == Removed {
			x = max(x, at(e))
		}
	}
	return x
}

// told says in words what a line of time shows.
func told(events []Event) string {
	var parts []string
	copies, last := 0, map[EventKind]time.Time{}
	for _, e := range events {
		switch e.Kind {
		case Introduced:
			parts = append(parts, date(e.At)+" introduced")
		case Copied:
			copies++
		default:
			last[e.Kind] = latest(e.At, []time.Time{last[e.Kind]})
		}
	}
	for kind, word := range []string{Removed: "removed", Hidden: "hidden", Checked: "checked"} {
		if at := last[EventKind(kind)]; word != "" && !at.IsZero() {
			parts = append(parts, date(at)+" "+word)
		}
	}
	if copies == 1 {
		parts = slices.Insert(parts, 1, "in one more commit")
	} else if copies > 1 {
		parts = slices.Insert(parts, 1, fmt.Sprintf("in %d more commits", copies))
	}
	return strings.Join(parts, ", ")
}

// begin is the first time at which the key could be read.
func begin(events []Event) (first time.Time, known bool) {
	for _, e := range events {
		if e.IsBegin() && (!known || e.At.Before(first)) {
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
