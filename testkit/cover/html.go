package cover

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
)

//go:embed page.html.tmpl
var page string

// HTMLOptions say what a page shows beside the source.
type HTMLOptions struct {
	// Source is a file's text; nil if it cannot be read.
	Source func(file string) []byte
	// Picture draws a flow as SVG, with what was reached laid over it; nil: no
	// picture. What it returns is not escaped.
	Picture func(f *flow.Flow, of File) (template.HTML, error)
}

// WriteHTML writes one page that needs nothing else: each flow's source with what
// was reached and what was not, its picture, and the shares.
func (r Report) WriteHTML(w io.Writer, o HTMLOptions) error {
	t, err := template.New("page").Parse(page)
	if err != nil {
		return fmt.Errorf("the page of the coverage: %w", err)
	}
	doc := htmlPage{Kinds: Kinds(), Shares: r.shares()}
	all := r.lines()
	for i, f := range r.Files {
		h := htmlFlow{ID: fmt.Sprintf("f%d", i), File: f, Shares: Report{Files: []File{f}}.shares()}
		if o.Picture != nil && f.flow != nil {
			if h.Picture, err = o.Picture(f.flow, f); err != nil {
				return fmt.Errorf("the picture of %s: %w", f.Name, err)
			}
		}
		for _, name := range filesOf(f) {
			h.Sources = append(h.Sources, htmlSource{name, sourceLines(o.Source(name), all[name])})
		}
		doc.Flows = append(doc.Flows, h)
	}
	if err := t.Execute(w, doc); err != nil {
		return fmt.Errorf("writing the page of the coverage: %w", err)
	}
	return nil
}

type htmlPage struct {
	Kinds  []Kind
	Shares []Share
	Flows  []htmlFlow
}

type htmlFlow struct {
	ID string
	File
	Shares  []Share
	Picture template.HTML
	Sources []htmlSource
}

type htmlSource struct {
	Name  string
	Lines []htmlLine
}

type htmlLine struct {
	N     int
	Class string // reached, partly, missed, or nothing
	Count string
	Note  string // what is missing
	Text  string
}

func (r Report) shares() []Share {
	var all []Share
	for _, k := range Kinds() {
		all = append(all, r.Share(k))
	}
	return all
}

// filesOf are the flow's file and its catalogues.
func filesOf(f File) []string {
	others := map[string]bool{}
	for _, i := range f.Items {
		if i.Pos.File != f.Name {
			others[i.Pos.File] = true
		}
	}
	return append([]string{f.Name}, slices.Sorted(maps.Keys(others))...)
}

func sourceLines(src []byte, items map[int][]Item) []htmlLine {
	var all []htmlLine
	for text := range strings.Lines(string(src)) {
		l := htmlLine{N: len(all) + 1, Text: strings.TrimRight(text, "\r\n")}
		if here := items[l.N]; len(here) > 0 {
			l.Count = fmt.Sprintf("%d×", hits(here))
			l.Class, l.Note = judge(here)
		}
		all = append(all, l)
	}
	return all
}

// judge says how far a line was reached, and what of it was not.
func judge(items []Item) (class, note string) {
	var missing []string
	for _, i := range items {
		if i.Count == 0 {
			missing = append(missing, i.String())
		}
	}
	switch {
	case len(missing) == 0:
		return "reached", ""
	case len(missing) == len(items):
		class = "missed"
	default:
		class = "partly"
	}
	return class, "not reached: " + strings.Join(missing, ", ")
}
