package page

import "slices"

// A page must open at once, however much was found. So it has a size, in bytes: what it may take for a start, and for
// each key. Where the keys do not fit as they are, their cards become lean: without links and commands. Where they do
// not fit either, the longest cards list fewer places and count the others; the JSON report has them all.
const (
	sizeOfPage = 240_000 // and 60,000 for all that is not a card
	sizeOfKey  = 1_950
	leastList  = 3 // places that every card lists
)

// fit makes the cards fit into the page.
func (p *Page) fit() {
	most := sizeOfPage + sizeOfKey*len(p.Keys)
	sizes := p.sizes()
	if sum(sizes) <= most {
		return
	}
	for i := range p.Keys {
		p.Keys[i].thin()
	}
	if sizes = p.sizes(); sum(sizes) <= most {
		return
	}
	level := levelFor(sizes, most)
	for i := range p.Keys {
		p.Keys[i].cut(level)
	}
}

// levelFor is the size to which the larger ones have to be cut so that all take no more than most together.
func levelFor(sizes []int, most int) int {
	sorted := slices.Sorted(slices.Values(sizes))
	for i, size := range sorted {
		rest := len(sorted) - i
		if size*rest >= most {
			return most / rest
		}
		most -= size
	}
	return most
}

func (p *Page) sizes() []int {
	sizes := make([]int, len(p.Keys))
	for i := range p.Keys {
		sizes[i] = p.Keys[i].frame()
		for _, g := range p.Keys[i].Groups {
			sizes[i] += g.frame()
			for _, place := range g.Places {
				sizes[i] += place.size()
			}
		}
	}
	return sizes
}

func sum(sizes []int) (total int) {
	for _, size := range sizes {
		total += size
	}
	return total
}

// frame is what a card takes without its places: what is written in it, and about as much markup as the template has.
func (k *Key) frame() int {
	n := 900 + len(k.Evidence) + len(k.Detail) + 12*len(k.Events) + 4*(len(k.Authors)+len(k.InRepositories))
	for _, ref := range k.Refs {
		n += len(ref) + 15
	}
	for _, step := range k.Next {
		n += len(step.Text) + len(step.Command) + 35
	}
	return n
}

func (g Group) frame() int {
	return 45 + len(g.Commit) + len(g.Link) + len(g.Author) + len(g.Summary) + len(g.Note)
}

func (p Place) size() int { return 12 + len(p.Text) + len(p.Link) + len(p.Note) }

// thin takes the links and commands out of a card.
func (k *Key) thin() {
	for i := range k.Groups {
		k.Groups[i].Link = ""
		for j := range k.Groups[i].Places {
			k.Groups[i].Places[j].Link = ""
		}
	}
	k.Next = k.Next[:min(1, len(k.Next))]
	k.Next = slices.Clone(k.Next)
	for i := range k.Next {
		k.Next[i].Command = ""
	}
}

// cut leaves out places beyond what has room.
func (k *Key) cut(most int) {
	room, listed := most-k.frame(), 0
	for i := range k.Groups {
		g := &k.Groups[i]
		room -= g.frame()
		for j, place := range g.Places {
			if room -= place.size(); room < 0 && listed >= leastList {
				k.More = k.Places - listed
				g.Places = g.Places[:j]
				k.Groups = k.Groups[:i+min(1, j)]
				return
			}
			listed++
		}
	}
}
