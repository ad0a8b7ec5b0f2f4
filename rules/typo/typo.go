// Package typo tells what was most likely meant by a name that there is not.
package typo

import (
	"slices"
	"strings"
)

// Nearest returns the one of names that typed is most likely a slip for: at most a third of it
// differs, or it is the beginning of the name. It returns "" where none is near.
func Nearest(typed string, names []string) string {
	typed = strings.ToLower(typed)
	best, bestDistance := "", len(typed)/3+1
	slices.Sort(names)
	for _, name := range names {
		d := editDistance(typed, name)
		if len(typed) >= 3 && strings.HasPrefix(name, typed) {
			d = 0
		}
		if d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// editDistance counts the bytes to insert, delete or replace, and the neighbours to swap, to make b
// of a. Names are short and ASCII, but what is typed need not be: it is cut where no name is that long.
func editDistance(a, b string) int {
	a = a[:min(len(a), 64)]
	above := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			change := row[j]
			if a[i] != b[j] {
				change++
			}
			next[j+1] = min(change, next[j]+1, row[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], above[j-1]+1)
			}
		}
		above, row = row, next
	}
	return row[len(b)]
}
