package gate

import (
	"context"

	"skleak/rules"
	"skleak/rules/nearby"
	"skleak/rules/provider"
	"skleak/scanner"
)

func nobody(context.Context, *provider.Set, scanner.Finding) bool { return false }

// baseWord tells which comments that allow a key are the base's word: no change excuses itself.
type baseWord struct {
	repo *repoCheckout
	base string // "": nothing is known of the base, so no comment counts

	changes bool // only commits that the base does not lead to are looked at

	known  map[string]bool               // commits that the base leads to; nil until asked for
	allows map[string]map[rules.Key]bool // by path: the keys that the base allows there
}

// believes tells whether the comment beside a key is the base's: the finding belongs to a commit that the base leads
// to, or the file says the same there.
func (d *baseWord) believes(ctx context.Context, set *provider.Set, f scanner.Finding) bool {
	if d.base == "" {
		return false
	}
	if f.Source == scanner.SourceFile {
		return d.allowedInBase(set, f.Path)[f.Key]
	}
	return !d.changes && f.Commit != nil && d.leadsTo(ctx, f.Commit.Hash)
}

func (d *baseWord) leadsTo(ctx context.Context, commit string) bool {
	if d.known == nil {
		// What cannot be read is left out, and then less is believed.
		d.known = map[string]bool{}
		if id, err := d.repo.ParseID(d.base); err == nil {
			d.known, _ = d.repo.Ancestry(ctx, id)
		}
	}
	return d.known[commit]
}

// allowedInBase returns the keys of a file of the base that have a comment at every place.
func (d *baseWord) allowedInBase(set *provider.Set, name string) map[rules.Key]bool {
	if keys, done := d.allows[name]; done {
		return keys
	}
	keys := map[rules.Key]bool{}
	d.allows[name] = keys
	text, err := d.repo.file(d.base, name)
	if err != nil {
		return keys // a file that the base has not, or that cannot be read, allows nothing
	}
	set.Scan(text, func(m rules.Match) {
		allowed, seen := keys[m.Key]
		keys[m.Key] = nearby.Allowed(set.Set, text, m) != "" && (allowed || !seen)
	})
	return keys
}
