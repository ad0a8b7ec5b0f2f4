// Package page writes an audit as one page of HTML: for a manager who has a minute, for an engineer who has to act,
// and for an auditor who has to prove what was looked at, in this order.
//
// The page asks nobody for anything. Its content security policy forbids every request and every script and style but
// its own, which it names by their digests. Without scripts all of it can be read; its own script filters, sorts and
// copies. Texts come from strangers: html/template escapes them, and pictures hold numbers and dates alone.
//
// Package page knows nothing of keys: it is handed what is to be shown, redacted, and with nothing in it that a reader
// would not see.
package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"sync"
	"time"
)

// Page is what the page shows.
type Page struct {
	Title   string
	Verdict string // a sentence
	Good    bool   // nothing leaked, and everything was read
	Targets []string
	Made    time.Time // the zero time if it is not known
	Tiles   []Row     // the figures of the first section
	Trend   *Trend    // nil without an earlier audit

	Repositories []Repository
	Keys         []Key // in the order of their urgency
	MoreKeys     int   // which have no room
	Record       []Row // what the run was
	Asked        []Row // how many keys each provider was asked about
	Silenced     []Silenced
	LeftOut      []string // what files of the target left out
	Skipped      []Row    // reasons
	Unreadable   []string
	Warnings     []string
}

// Row is a value with its name.
type Row struct{ Name, Value, Note string }

// Trend is what changed since an earlier audit.
type Trend struct {
	Since            string
	New, Gone, Still int
	GoneKeys         []Row  // fingerprints, with what was known of them
	Doubt            string // why the comparison may mislead, "" if it does not
}

// Repository is one of those that were scanned.
type Repository struct {
	Name, Path, Remote, Branch, Head, HeadLink string
	Verdict                                    string // clean, leaks or incomplete
	Leaks                                      int
	Read                                       string
	Gaps                                       int64 // what could not be read
}

// Key is one leaked key, with all that is known of it.
type Key struct {
	Fingerprint, Shown              string
	Environment, Provider, Evidence string
	Status, Detail, Checked         string
	State                           string // where it can still be reached
	Class                           string // the status as a class of the style sheet: active, inactive or open
	IsNew                           bool   // the earlier audit has it not
	Events                          []Event
	Open                            bool // it can be found without digging
	Places                          int
	Groups                          []Group
	More                            int // places that are not listed
	Refs                            []string
	LastRef                         string // the one that had it last, where none has it now
	Next                            []Step
	Authors, InRepositories         []string
}

// Event is a date in the life of a key. Dates of commits are what whoever made them says.
type Event struct {
	At   time.Time
	Kind EventKind
}

// EventKind says what happened.
type EventKind int

const (
	Introduced EventKind = iota
	Copied
	Removed // from where people look: HEAD
	Hidden  // by a force-push or the like
	Checked
)

// IsBegin is true for what made a key readable at a place.
func (e Event) IsBegin() bool { return e.Kind == Introduced || e.Kind == Copied }

// Group is places that one commit brought, or none.
type Group struct {
	Commit, Link, Date, Author, Summary string
	Note                                string // of all its places
	Places                              []Place
}

// IsPlain is true where there is nothing but texts to show.
func (g Group) IsPlain() bool {
	return !slices.ContainsFunc(g.Places, func(p Place) bool { return p.Link != "" || p.Note != "" })
}

// Place is where the key stands.
type Place struct{ Text, Link, Note string }

// Step is something to do, with the command that does it.
type Step struct{ Text, Command string }

// Silenced is a key that does not count.
type Silenced struct{ Fingerprint, Shown, Environment, Why, Place string }

var (
	//go:embed page.html
	source string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// compiled parses the template once, and only if a page is wanted: a scan without one must not wait for it.
var compiled = sync.OnceValue(func() *template.Template {
	functions := template.FuncMap{"exposure": exposure, "lifeline": lifeline, "date": date, "first": first,
		"openAt": openAt}
	return template.Must(template.New("page").Funcs(functions).Parse(source))
})

const (
	// fewKeys is how many cards are opened from the beginning.
	fewKeys = 20
	// manyKeys is from how many on the page opens in parts. Its script has the same number.
	manyKeys = 500
)

// view is a page with what is the same on every page, or is worked out of it.
type view struct {
	*Page
	Style  template.CSS
	Script template.JS
	Policy string
	Few    bool // so few keys that their cards are open from the beginning
	Many   bool // so many that what is not on the screen is left for later

	Authors, Providers, Statuses, InNames *Names // what can be filtered by
}

// Write writes the page.
func Write(w io.Writer, p *Page) error {
	v := view{Page: p, Style: template.CSS(style), Script: template.JS(script), Few: len(p.Keys) <= fewKeys,
		Many:    len(p.Keys) > manyKeys,
		Authors: &Names{}, Providers: &Names{}, Statuses: &Names{}, InNames: &Names{}}
	for i := range p.Keys {
		p.Keys[i].gather()
	}
	p.fit()
	v.Policy = fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'; "+
		"require-trusted-types-for 'script'",
		digest(style), digest(script))
	for i := range p.Keys {
		k := &p.Keys[i]
		v.Authors.add(k.Authors...)
		v.Providers.add(k.Provider)
		v.Statuses.add(k.Status)
		v.InNames.add(k.InRepositories...)
	}
	return compiled().Execute(w, v)
}

// gather says once for a group what is to be said of all its places.
func (k *Key) gather() {
	for i := range k.Groups {
		g := &k.Groups[i]
		note := g.Places[0].Note
		if slices.ContainsFunc(g.Places, func(p Place) bool { return p.Note != note }) {
			continue
		}
		g.Note = note
		for j := range g.Places {
			g.Places[j].Note = ""
		}
	}
}

// digest names a text as a content security policy does.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
