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

// Draw is a picture as an SVG document, which may also stand in an HTML page. Of
// the ways to place the boxes it takes the one that prints largest on a sheet of
// paper. A box has the id of [picture.ID], an arrow that of [picture.Arrow.ID]; what
// an overlay marks has its tone as a class. Box, step and arrow say their place in
// the flow's file to who points at them.
func Draw(ctx context.Context, p *picture.Picture) ([]byte, error) {
	tries, err := graphs(ctx, p.Graphviz(), p.Placed(picture.Layout{Sideways: true}))
	if err != nil {
		return nil, err
	}
	best := tries[0]
	if scale(tries[1]) > scale(best)*1.15 { // from top to bottom is what people expect
		best = tries[1]
	}
	return finish(best, p), nil
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
// description, without a reference to anything outside, and no wider than its page.
func finish(svg string, p *picture.Picture) []byte {
	svg = comment.ReplaceAllString(svg[strings.Index(svg, "<svg"):], "")
	svg = strings.ReplaceAll(svg, "&#45;", "-")
	svg = strings.ReplaceAll(svg, `font-family="Arial"`, `font-family="Arial, Liberation Sans, Helvetica, sans-serif"`)
	head := fmt.Sprintf(`<svg role="img" aria-labelledby="title-%[1]s about-%[1]s" style="max-width:100%%;height:auto"`, p.Name)
	svg = strings.Replace(svg, "<svg", head, 1)
	words := fmt.Sprintf("<title id=\"title-%s\">%s</title>\n<desc id=\"about-%s\">%s</desc>\n", p.Name, html.EscapeString(cmp.Or(p.Title, p.Name)), p.Name, html.EscapeString(p.About))
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
