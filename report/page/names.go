package page

import (
	"strconv"
	"strings"
)

// Names numbers texts in the order in which they come. Cards name them by number, which is shorter.
type Names struct {
	List []string
	at   map[string]int
}

func (n *Names) add(texts ...string) {
	if n.at == nil {
		n.at = map[string]int{}
	}
	for _, text := range texts {
		if _, known := n.at[text]; !known {
			n.at[text] = len(n.List)
			n.List = append(n.List, text)
		}
	}
}

// Of is the numbers of some texts, with blanks between them.
func (n *Names) Of(texts []string) string {
	numbers := make([]string, len(texts))
	for i, text := range texts {
		numbers[i] = strconv.Itoa(n.at[text])
	}
	return strings.Join(numbers, " ")
}
