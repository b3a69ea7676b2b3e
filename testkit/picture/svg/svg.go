package svg

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/testkit/picture"
)

// Draw is a picture as an SVG document, which may also stand in an HTML page. Of many
// ways to place the boxes it takes the one that prints largest on a sheet of paper. A
// box has the id of [picture.ID], an arrow that of [picture.Arrow.ID]; what an overlay
// marks has its tone as a class. Box, step and arrow say their place in the flow's file
// to who points at them.
//
// A picture with more than 1000 arrows, which nobody could read, is refused.
func Draw(ctx context.Context, p *picture.Picture) ([]byte, error) {
	if n := len(p.Arrows); n > mostArrows {
		return nil, fmt.Errorf("a picture of %d arrows cannot be laid out here, at most %d can; as Mermaid or Graphviz other programs may try it", n, mostArrows)
	}
	g, err := start(ctx)
	if err != nil {
		return nil, fmt.Errorf("starting Graphviz: %w", err)
	}
	defer g.close(ctx)
	return g.draw(ctx, p)
}

// draw is Draw with a Graphviz that runs.
func (g *graphviz) draw(ctx context.Context, p *picture.Picture) ([]byte, error) {
	best, size := "", 0.0
	for i, way := range ways(len(p.Arrows)) {
		svg, err := g.svg(ctx, p.Placed(way))
		if err != nil {
			return nil, fmt.Errorf("laying out the picture: %w", err)
		}
		s := scale(svg)
		if way.Sideways {
			s *= 0.85 // from top to bottom is what people expect
		}
		if i == 0 || s > size {
			best, size = svg, s
		}
		if size >= enough {
			break
		}
	}
	return finish(best, p), nil
}

// enough is the scale at which no other way is tried: print is as large as in a book.
const enough = 0.8

// Arrows up to which a picture is laid out in many ways, and then with curves. A
// layout with 80 arrows takes a twentieth of a second, one with 250 some seconds if
// they lead criss-cross, and with 300 it would take a minute.
const (
	someArrows = 80
	manyArrows = 250
	mostArrows = 1000 // which take 1 GiB
)

// ways are those that are tried.
func ways(arrows int) []picture.Layout {
	switch {
	case arrows > manyArrows:
		return []picture.Layout{{Hasty: true}}
	case arrows > someArrows:
		return []picture.Layout{{}}
	}
	all := []picture.Layout{{}, {Sideways: true}}
	for order := range uint64(10) {
		all = append(all, picture.Layout{Order: order + 1})
	}
	return all
}

// Points that a printer gets onto a sheet of A4.
const (
	paperShort = 555
	paperLong  = 800
)

var size = regexp.MustCompile(`<svg[^>]* width="(\d+)pt" height="(\d+)pt"`)

// scale is how much a picture is made smaller to fit on a sheet, at most 1.
func scale(svg string) float64 {
	m := size.FindStringSubmatch(svg)
	if m == nil {
		return 0
	}
	width, _ := strconv.ParseFloat(m[1], 64)
	height, _ := strconv.ParseFloat(m[2], 64)
	return min(1, max(min(paperShort/width, paperLong/height), min(paperLong/width, paperShort/height)))
}

var (
	comment = regexp.MustCompile(`(?s)<!--.*?-->\n?`)
	group   = regexp.MustCompile(`(<g id="([^"]+)" class="(?:node|edge)[^"]*">)\n<title>[^<]*</title>`)
)

// finish makes Graphviz's picture one that stands alone: with a title and a
// description, without a reference to anything outside, and no wider than its page, or,
// where it is printed by itself, than its sheet.
func finish(svg string, p *picture.Picture) []byte {
	svg = comment.ReplaceAllString(svg[strings.Index(svg, "<svg"):], "")
	svg = strings.ReplaceAll(svg, "&#45;", "-")
	svg = strings.ReplaceAll(svg, `font-family="Arial"`, `font-family="Arial, Liberation Sans, Helvetica, sans-serif"`)
	head := fmt.Sprintf(`<svg role="img" aria-labelledby="title-%[1]s about-%[1]s" style="max-width:100%%;height:auto"`, p.Name)
	svg = strings.Replace(svg, "<svg", head, 1)
	words := fmt.Sprintf("<title id=\"title-%s\">%s</title>\n<desc id=\"about-%s\">%s</desc>\n", p.Name, html.EscapeString(cmp.Or(p.Title, p.Name)), p.Name, html.EscapeString(p.About))
	words += "<style>@media print { svg:root { max-height: 98vh } }</style>\n"
	svg = strings.Replace(svg, "<g id=\"graph0\"", words+"<g id=\"graph0\"", 1)
	tips := map[string]string{}
	for i := range p.Boxes {
		tips[picture.ID(p.Boxes[i].Name)] = p.Boxes[i].Tip()
	}
	for i := range p.Arrows {
		tips[p.Arrows[i].ID()] = p.Arrows[i].Tip()
	}
	svg = group.ReplaceAllStringFunc(svg, func(found string) string {
		m := group.FindStringSubmatch(found)
		return m[1] + "\n<title>" + html.EscapeString(tips[html.UnescapeString(m[2])]) + "</title>"
	})
	return []byte(svg)
}
