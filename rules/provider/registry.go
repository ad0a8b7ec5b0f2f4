package provider

import (
	"slices"
	"strings"

	"skleak/rules"
	"skleak/rules/internal/pattern"
)

// A registry is a list of providers, compiled for looking up what gives them away.
type registry struct {
	providers []Provider
	hosts     map[string]int // domain → index into providers
	headers   map[string]int // in lower case
	words     map[string][]word
	// beginnings are the first two letters of all words, so that few names need a closer look.
	beginnings [26][26]bool
	shapes     [][]pattern.Pattern // by provider; as Provider.Shapes
}

// A word is one way in which a name can hold the word of a provider.
type word struct {
	provider int
	text     string // as evidence tells it
	weak     bool
}

// newRegistry compiles valid providers, sorted by ID.
func newRegistry(providers []Provider) *registry {
	r := &registry{
		providers: providers, shapes: make([][]pattern.Pattern, len(providers)),
		hosts: map[string]int{}, headers: map[string]int{}, words: map[string][]word{},
	}
	for i, p := range providers {
		for _, h := range p.Hosts {
			r.hosts[h] = i
		}
		for _, h := range p.Headers {
			r.headers[strings.ToLower(h)] = i
		}
		for _, w := range p.Words {
			r.addWord(w, i, false)
		}
		for _, w := range p.WeakWords {
			r.addWord(w, i, true)
		}
		for _, s := range p.Shapes {
			r.shapes[i] = append(r.shapes[i], pattern.New(`\A(?:`+s.Pattern+`)\z`))
		}
	}
	return r
}

// addWord adds a word as a whole and, where a name may part it, in two.
func (r *registry) addWord(text string, provider int, weak bool) {
	whole := strings.ReplaceAll(text, "-", "")
	w := word{provider: provider, text: whole, weak: weak}
	r.beginnings[whole[0]-'a'][whole[1]-'a'] = true
	for _, spelling := range slices.Compact([]string{whole, text}) {
		r.words[spelling] = append(r.words[spelling], w)
	}
}

// hasShape says whether a key is of one of the provider's shapes; alone asks for those only that say
// enough by themselves. It returns the shape's name.
func (r *registry) hasShape(provider int, k rules.Key, alone bool) (name string, ok bool) {
	for i, shapePattern := range r.shapes[provider] {
		shape := r.providers[provider].Shapes[i]
		if alone && !shape.Alone || shape.Environment != "" && shape.Environment != k.Environment() {
			continue
		}
		if body, builtin := k.Body(); builtin && shapePattern().MatchString(body) {
			return shape.Name, true
		}
	}
	return "", false
}

// fits says whether a key is of a shape of the provider's that keys of most others do not have.
func (r *registry) fits(id string, k rules.Key) bool {
	for i, p := range r.providers {
		if p.ID == id {
			name, ok := r.hasShape(i, k, false)
			return ok && !slices.ContainsFunc(p.Shapes, func(s Shape) bool { return s.Name == name && s.Loose })
		}
	}
	return false
}

// isOthers says whether a key is of a shape that says enough by itself, and names others than the provider.
func (r *registry) isOthers(id string, k rules.Key) bool {
	others := false
	for i, p := range r.providers {
		if _, alone := r.hasShape(i, k, true); alone && p.ID == id {
			return false
		} else if alone {
			others = true
		}
	}
	return others
}

// mayIssue says whether a key looks like one of the provider's, as far as these are known.
func (r *registry) mayIssue(provider int, k rules.Key) bool {
	_, ok := r.hasShape(provider, k, false)
	return ok || len(r.shapes[provider]) == 0
}
