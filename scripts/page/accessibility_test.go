package page

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"skleak/scanner"
)

// controls are the roles of what a reader can use, besides those that only a mouse reaches.
var controls = []string{"link", "button", "searchbox", "textbox", "combobox", "checkbox", "option", "DisclosureTriangle"}

// named are other roles that a screen reader has to have a name for.
var named = []string{"image", "region", "form", "navigation", "heading", "RootWebArea"}

// TestAccessibilityTree: what the browser tells a screen reader of the page is complete: controls have names, headings
// come in their order, tables have heads, and the parts of the page are landmarks.
func TestAccessibilityTree(t *testing.T) {
	b := openBrowser(t, 1200, 900)
	r := audit(25, 4)
	r.Leaks[0].Suppressed = scanner.SuppressedAllowed
	address, _ := written(t, r)
	b.do(chromedp.Navigate(address), chromedp.WaitVisible("#filter", chromedp.ByQuery),
		chromedp.Evaluate(`document.querySelectorAll("article details").forEach(d => d.open = true)`, nil))
	nodes := b.tree()
	byID := map[string]*axNode{}
	count := map[string]int{}
	level := 0
	for _, n := range nodes {
		byID[n.ID] = n
		role, name := text(n.Role), strings.TrimSpace(text(n.Name))
		if n.Ignored {
			continue
		}
		count[role]++
		if (slices.Contains(controls, role) || slices.Contains(named, role)) && name == "" {
			t.Errorf("a %s has no name", role)
		}
		if role == "heading" {
			next := levelOf(n)
			if next > level+1 || next < 1 {
				t.Errorf("heading %q of level %d follows one of level %d", name, next, level)
			}
			level = next
		}
	}
	for role, least := range map[string]int{"heading": 25, "main": 1, "navigation": 1, "banner": 1, "form": 1, "searchbox": 1,
		"combobox": 6, "DisclosureTriangle": 24, "article": 24, "table": 1, "link": 5, "button": 1, "image": 1, "status": 1} {
		if count[role] < least {
			t.Errorf("%d times %s, want %d: %v", count[role], role, least, count)
		}
	}
	for _, n := range nodes {
		if text(n.Role) == "table" {
			if heads := below(n, byID, "columnheader"); heads < 2 {
				t.Errorf("a table has %d heads of columns", heads)
			}
		}
	}
	b.check("read aloud")
}

// axNode is what is looked at of a node of the tree. The library's own type refuses words that newer browsers say.
type axNode struct {
	ID         string       `json:"nodeId"`
	Ignored    bool         `json:"ignored"`
	Role       *axValue     `json:"role"`
	Name       *axValue     `json:"name"`
	Properties []axProperty `json:"properties"`
	Children   []string     `json:"childIds"`
}

type axProperty struct {
	Name  string  `json:"name"`
	Value axValue `json:"value"`
}

type axValue struct {
	Value any `json:"value"`
}

// tree is the page's accessibility tree, in the order of the page.
func (b *browser) tree() (inOrder []*axNode) {
	b.t.Helper()
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		var all struct {
			Nodes []*axNode `json:"nodes"`
		}
		if err := cdp.Execute(ctx, "Accessibility.getFullAXTree", nil, &all); err != nil {
			return err
		}
		byID := map[string]*axNode{}
		for _, n := range all.Nodes {
			byID[n.ID] = n
		}
		var visit func(n *axNode)
		visit = func(n *axNode) {
			inOrder = append(inOrder, n)
			for _, id := range n.Children {
				if child := byID[id]; child != nil {
					visit(child)
				}
			}
		}
		if len(all.Nodes) > 0 {
			visit(all.Nodes[0])
		}
		return nil
	}))
	return inOrder
}

// below counts the nodes of a role below another one.
func below(n *axNode, byID map[string]*axNode, role string) (found int) {
	for _, id := range n.Children {
		child := byID[id]
		if child == nil {
			continue
		}
		if text(child.Role) == role {
			found++
		}
		found += below(child, byID, role)
	}
	return found
}

// text is a value of the tree, "" for what is no text.
func text(v *axValue) string {
	if v == nil {
		return ""
	}
	s, _ := v.Value.(string)
	return s
}

func levelOf(n *axNode) int {
	for _, p := range n.Properties {
		if level, ok := p.Value.Value.(float64); ok && p.Name == "level" {
			return int(level)
		}
	}
	return 0
}
