package svg

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/picture"
)

func load(t *testing.T, name string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(os.DirFS("../../.."), name)
	if err != nil || f == nil {
		t.Fatalf("%s: %v\n%s", name, err, list)
	}
	return f
}

// shared is started once, since that takes long.
var shared = sync.OnceValues(func() (*graphviz, error) { return start(context.Background()) })

func running(t *testing.T) *graphviz {
	t.Helper()
	g, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// drawn is what a program finds in an SVG.
type drawn struct {
	first  []string            // the first elements
	ids    map[string]string   // id -> the title below it
	text   map[string][]string // id of the innermost group with one -> its texts
	links  []string
	other  []string // references to what is outside
	broken error
}

func read(svg []byte) drawn {
	d := drawn{ids: map[string]string{}, text: map[string][]string{}}
	dec := xml.NewDecoder(strings.NewReader(string(svg)))
	var open []string // ids
	element := ""
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return d
		}
		if err != nil {
			d.broken = err
			return d
		}
		switch e := token.(type) {
		case xml.StartElement:
			element = e.Name.Local
			if len(d.first) < 3 {
				d.first = append(d.first, element)
			}
			id := ""
			for _, a := range e.Attr {
				switch {
				case a.Name.Local == "id":
					id = a.Value
					if _, twice := d.ids[id]; twice {
						d.broken = errors.New("the id " + id + " is there twice")
						return d
					}
					d.ids[id] = ""
				case a.Name.Local == "href" && strings.HasPrefix(a.Value, "#"):
					d.links = append(d.links, a.Value[1:])
				case strings.Contains(a.Value, "://") && a.Name.Space != "xmlns" && a.Name.Local != "xmlns":
					d.other = append(d.other, a.Value)
				}
			}
			open = append(open, id)
		case xml.EndElement:
			open = open[:len(open)-1]
			element = ""
		case xml.CharData:
			id := ""
			for _, outer := range slices.Backward(open) {
				if id = outer; id != "" {
					break
				}
			}
			if element == "title" && d.ids[id] == "" {
				d.ids[id] = string(e)
			}
			if element == "text" {
				id = strings.TrimPrefix(id, "a_")
				d.text[id] = append(d.text[id], string(e))
			}
		case xml.Directive, xml.ProcInst:
			d.other = append(d.other, "a directive")
		}
	}
}

// Every state, step, exit and arrow of a picture is in its SVG, under an id that stays,
// with its place; the SVG is well-formed, stands alone, and says what it shows to who
// does not see it.
func TestAllIsThere(t *testing.T) {
	var names []string
	for _, pattern := range []string{"examples/*/*.ivr.yaml", "flows/*/*.ivr.yaml", "testkit/picture/testdata/*.ivr.yaml"} {
		found, err := filepath.Glob("../../../" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	var all []*picture.Picture
	for _, name := range names {
		f := load(t, strings.TrimPrefix(filepath.ToSlash(name), "../../../"))
		all = append(all, picture.Of(f, picture.Options{}))
	}
	for _, name := range []string{"examples/bank/bank_balance.ivr.yaml", "examples/frontdesk/frontdesk.ivr.yaml"} {
		all = append(all, picture.Of(load(t, name), picture.Options{Full: true, HangUp: true, Errors: true}))
	}
	if len(all) < 28 {
		t.Fatalf("only %d pictures", len(all))
	}
	for _, p := range all {
		text, err := running(t).svg(t.Context(), p.Graphviz())
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		check(t, p, read(finish(text, p)))
	}
}

func check(t *testing.T, p *picture.Picture, d drawn) {
	t.Helper()
	if d.broken != nil || len(d.other) > 0 {
		t.Fatalf("%s: %v, refers to %q", p.Name, d.broken, d.other)
	}
	if got := strings.Join(d.first, " "); got != "svg title desc" {
		t.Errorf("%s begins with %s", p.Name, got)
	}
	for i := range p.Boxes {
		b := &p.Boxes[i]
		title, ok := d.ids[picture.ID(b.Name)]
		if !ok || title != b.Tip() {
			t.Errorf("%s: the box %s has the title %q, want %q", p.Name, b.Name, title, b.Tip())
		}
		text := strings.Join(d.text[picture.ID(b.Name)], " ")
		if !strings.Contains(text, b.Name) {
			t.Errorf("%s: the box %s does not say its name but %q", p.Name, b.Name, text)
		}
		for _, l := range b.Lines {
			if _, ok := d.ids["a_"+l.ID]; !ok {
				t.Errorf("%s: no step %s in %s", p.Name, l.ID, b.Name)
			}
		}
		for _, e := range b.Exits {
			if _, ok := d.ids["a_"+e.ID()]; !ok {
				t.Errorf("%s: no exit %s in %s", p.Name, e.ID(), b.Name)
			}
		}
	}
	for i := range p.Arrows {
		a := &p.Arrows[i]
		title, ok := d.ids[a.ID()]
		if !ok || title != a.Tip() {
			t.Errorf("%s: the arrow %s has the title %q, want %q", p.Name, a.ID(), title, a.Tip())
		}
		if got := strings.Join(strings.Fields(strings.Join(d.text[a.ID()], " ")), " "); got != a.Label() {
			t.Errorf("%s: the arrow %s has the label %q, want %q", p.Name, a.ID(), got, a.Label())
		}
	}
	for _, id := range d.links {
		if _, ok := d.ids[id]; !ok {
			t.Errorf("%s: a link leads to %s, which is nowhere", p.Name, id)
		}
	}
}

// A flow of 40 states, a call over it, is readable on a sheet of paper: its text is
// printed at least 5 points high.
func TestOnePage(t *testing.T) {
	f := load(t, "testkit/picture/testdata/insurance.ivr.yaml")
	p := picture.Of(f, picture.Options{})
	if len(p.Boxes) != 40 {
		t.Fatalf("%d states, want 40", len(p.Boxes))
	}
	svg, err := running(t).draw(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	const points = 10 // of the steps; see picture.Graphviz
	if got := points * scale(string(svg)); got < 5 {
		t.Errorf("its steps are printed %.1f points high", got)
	}
}

func TestDrawOverlay(t *testing.T) {
	f := load(t, "examples/bank/bank_balance.ivr.yaml")
	svg, err := Draw(t.Context(), picture.Of(f, picture.Options{Overlay: picture.Covered(nil)}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<g id="s-login" class="node missed">`, `<g id="e-welcome-login-missed" class="edge missed">`, "■ no test comes here", `stroke-dasharray`, "<style>@media print { svg:root { max-height: 98vh } }</style>\n<g id=\"graph0\""} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %s in\n%.3000s", want, svg)
		}
	}
}

func TestFaults(t *testing.T) {
	g, err := start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close(t.Context())
	for dot, want := range map[string]string{
		"":                             "there is no graph",
		"digraph { a ->":               "syntax error in line 1",
		"digraph { a [label=<<b>x>] }": "mismatched tag in line 1",
	} {
		if _, err := g.svg(t.Context(), dot); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", dot, err, want)
		}
	}
	// Those are no reason to start anew.
	if text, err := g.svg(t.Context(), "digraph { a -> b }"); err != nil || !strings.Contains(text, "<title>a") {
		t.Errorf("after them: %v %.300s", err, text)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.svg(over, "digraph { a -> b }"); !errors.Is(err, context.Canceled) {
		t.Errorf("a graph for nobody: %v", err)
	}
}

// What came and went has ids of its own.
func TestDrawCompared(t *testing.T) {
	bank := picture.Of(load(t, "examples/bank/bank_balance.ivr.yaml"), picture.Options{})
	desk := picture.Of(load(t, "examples/frontdesk/frontdesk.ivr.yaml"), picture.Options{})
	p := picture.Compare(bank, desk)
	svg, err := running(t).draw(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	check(t, p, read(svg))
	if n := strings.Count(string(svg), `class="node gone"`); n != 3 { // login, tell, agent; welcome and bye are in both
		t.Errorf("%d states went, want 3", n)
	}
}

// Of large pictures fewer ways are tried, and too large ones are refused at once.
func TestLarge(t *testing.T) {
	for arrows, want := range map[int]int{0: 12, 80: 12, 81: 1, 250: 1, 251: 1} {
		all := ways(arrows)
		if len(all) != want || all[0].Hasty != (arrows > 250) {
			t.Errorf("with %d arrows %d ways are tried: %v", arrows, len(all), all)
		}
	}
	p := &picture.Picture{Name: "large", Start: "s0"}
	for i := range 300 {
		name := "s" + strconv.Itoa(i)
		p.Boxes = append(p.Boxes, picture.Box{Name: name})
		p.Arrows = append(p.Arrows, picture.Arrow{From: name, To: "s" + strconv.Itoa((i*7+1)%300)})
	}
	svg, err := running(t).draw(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	check(t, p, read(svg))
	for len(p.Arrows) <= 1000 {
		p.Arrows = append(p.Arrows, p.Arrows...)
	}
	if _, err := Draw(t.Context(), p); err == nil || !strings.Contains(err.Error(), "a picture of 1200 arrows cannot be laid out here, at most 1000 can") {
		t.Errorf("the largest is drawn: %v", err)
	}
}
