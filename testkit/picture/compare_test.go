package picture_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/testkit/picture"
)

// edited is the picture of the bank whose flow's text was changed.
func edited(t *testing.T, old, text string) *picture.Picture {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"bank_balance.ivr.yaml", "prompts/de-DE.prompts.yaml", "prompts/en-GB.prompts.yaml"} {
		src, err := os.ReadFile("../../examples/bank/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".ivr.yaml") {
			if !strings.Contains(string(src), old) {
				t.Fatalf("the flow has no %q", old)
			}
			src = []byte(strings.ReplaceAll(string(src), old, text))
		}
		files[name] = &fstest.MapFile{Data: src}
	}
	return picture.Of(load(t, files, "bank_balance.ivr.yaml"), picture.Options{})
}

// told is all that has a tone.
func told(p *picture.Picture) string {
	var all []string
	for _, b := range p.Boxes {
		if b.Mark.Tone != picture.Plain {
			all = append(all, b.Name+" "+b.Mark.Tone.String())
		}
		for _, l := range b.Lines {
			if l.Mark.Tone != picture.Plain {
				all = append(all, l.Verb+" "+l.Text+" "+l.Mark.Tone.String())
			}
		}
		for _, e := range b.Exits {
			if e.Mark.Tone != picture.Plain {
				all = append(all, e.From+": "+e.Text()+" "+e.Mark.Tone.String())
			}
		}
	}
	for _, a := range p.Arrows {
		if a.Mark.Tone != picture.Plain {
			all = append(all, a.From+"→"+a.To+" "+a.Label()+" "+a.Mark.Tone.String())
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func TestCompare(t *testing.T) {
	before := picture.Of(bank(t), picture.Options{})
	for _, tt := range []struct{ name, old, text, want string }{
		{"nothing", "start: welcome", "start: welcome", ""},
		{"a place alone", "states:\n", "states:\n\n\n", ""},
		{"another key", "0: agent, star: bye}", "9: agent, star: bye}", "tell→agent 0 gone; tell→agent 9 new"},
		{"a state more", "  bye:\n    - play: goodbye\n", "  bye:\n    - goto: farewell\n  farewell:\n    - play: goodbye\n",
			"bye changed; bye: ■ end gone; bye→farewell  new; farewell new; play goodbye gone"},
		{"another prompt", "    - play: welcome\n", "    - play: [welcome, locked]\n", "play welcome + locked new; play welcome gone; welcome changed"},
		{"elsewhere", "      locked: [{play: locked}, end]", "      locked: [{play: locked}, {goto: agent}]", "login changed; login: locked ■ end gone; login→agent locked new"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := picture.Compare(before, edited(t, tt.old, tt.text))
			if got := told(p); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			for _, tone := range []picture.Tone{picture.New, picture.Gone, picture.Changed} {
				if inIt := strings.Contains(tt.want, tone.String()); inIt != slices.Contains(p.Legend, tone) || inIt != (p.Names[tone] != "") {
					t.Errorf("the legend %v %v does not fit %q", p.Legend, p.Names, tt.want)
				}
			}
			if want := fmt.Sprintf("%d states and %d arrows. A call begins in welcome. Laid over it: what came and went.", len(p.Boxes), len(p.Arrows)); !strings.Contains(p.About, want) {
				t.Errorf("about it: %s, want %s", p.About, want)
			}
			if strings.Contains(tt.want, "locked ■ end gone") != strings.Contains(p.Graphviz(), "<s>locked ■ end") {
				t.Errorf("what went is not struck out:\n%s", p.Graphviz())
			}
		})
	}
	if got := told(picture.Compare(edited(t, "0: agent, star: bye}", "9: agent, star: bye}"), before)); got != "tell→agent 0 new; tell→agent 9 gone" {
		t.Errorf("the other way round: %s", got)
	}
}
