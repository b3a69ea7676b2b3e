package picture_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/machine"
	"github.com/ivrflow/ivrflow/testkit/picture"
)

var update = flag.Bool("update", false, "write the pictures that are expected")

// load loads a flow that is not wrong.
func load(t *testing.T, fsys fs.FS, name string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fsys, name)
	if err != nil || f == nil {
		t.Fatalf("%s: %v\n%s", name, err, list)
	}
	return f
}

func bank(t *testing.T) *flow.Flow {
	t.Helper()
	return load(t, os.DirFS("../../examples/bank"), "bank_balance.ivr.yaml")
}

func insurance(t *testing.T) *flow.Flow {
	t.Helper()
	return load(t, os.DirFS("testdata"), "insurance.ivr.yaml")
}

// flows are those of the examples, the ready-made ones, and that of testdata.
func flows(t *testing.T) []*flow.Flow {
	t.Helper()
	var names []string
	for _, pattern := range []string{"examples/*/*.ivr.yaml", "flows/*/*.ivr.yaml", "testkit/picture/testdata/*.ivr.yaml"} {
		found, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) < 25 {
		t.Fatalf("found only %d flows", len(names))
	}
	all := make([]*flow.Flow, 0, len(names))
	for _, name := range names {
		rel, err := filepath.Rel("../..", name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, load(t, os.DirFS("../.."), filepath.ToSlash(rel)))
	}
	return all
}

func TestGolden(t *testing.T) {
	call := &picture.Overlay{Title: "call s1"}
	if n := call.Visit(bank(t), lockedOut()); n != 0 {
		t.Fatalf("%d moves of the call are unknown", n)
	}
	for _, tt := range []struct {
		name string
		f    *flow.Flow
		o    picture.Options
	}{
		{"bank", bank(t), picture.Options{}},
		{"bank-full", bank(t), picture.Options{Full: true}},
		{"bank-call", bank(t), picture.Options{Overlay: call}},
		{"bank-rest", bank(t), picture.Options{HangUp: true, Errors: true, File: "examples/bank/bank_balance.ivr.yaml"}},
		{"insurance", insurance(t), picture.Options{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := picture.Of(tt.f, tt.o)
			golden(t, tt.name+".dot", p.Graphviz())
			golden(t, tt.name+".mmd", p.Mermaid())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as expected; see with -update what changes\n%s", name, got)
	}
}

// way is a way from one state of a flow to another.
type way struct{ from, to string }

// waysOf are those that the machine has, without what follows hang-ups and errors.
func waysOf(f *flow.Flow) map[way]bool {
	all := map[way]bool{}
	state := func(name string) string {
		place, ok := f.At(name)
		if !ok || place.Step == flow.None || f.Steps[place.Step].Section != flow.InState {
			return ""
		}
		return f.Steps[place.Step].State
	}
	for _, m := range f.Machine.Moves() {
		from, to := state(m.From), state(m.To)
		if from != "" && to != "" && from != to && m.Trigger != flow.TriggerHangUp && m.Trigger != flow.TriggerError {
			all[way{from, to}] = true
		}
	}
	return all
}

// A picture has a box for each state, and an arrow or an exit for each way that the
// machine has from one to another, and no others.
func TestNothingIsMissing(t *testing.T) {
	for _, f := range flows(t) {
		p := picture.Of(f, picture.Options{})
		boxes, drawn := map[string]bool{}, map[way]bool{}
		for _, b := range p.Boxes {
			boxes[b.Name] = true
			for _, e := range b.Exits {
				if e.Way == picture.ToBox {
					drawn[way{e.From, e.To}] = true
				}
			}
		}
		for _, a := range p.Arrows {
			if drawn[way{a.From, a.To}] {
				t.Errorf("%s: the way from %s to %s is drawn twice", f.Name, a.From, a.To)
			}
			drawn[way{a.From, a.To}] = true
		}
		for _, s := range f.Steps {
			if len(boxes) > 0 && s.Section == flow.InState && !boxes[s.State] {
				t.Errorf("%s: no box for %s", f.Name, s.State)
			}
			if s.Section != flow.InState && boxes[s.State] {
				t.Errorf("%s: a box for %s, which nobody asked for", f.Name, s.State)
			}
		}
		ways := waysOf(f)
		for w := range ways {
			if !drawn[w] {
				t.Errorf("%s: the way from %s to %s is missing", f.Name, w.from, w.to)
			}
		}
		for w := range drawn {
			if !ways[w] {
				t.Errorf("%s: the way from %s to %s is drawn, and there is none", f.Name, w.from, w.to)
			}
		}
	}
}

// Arrows lead from the start to every box, so that none hangs in the air.
func TestNothingHangsInTheAir(t *testing.T) {
	for _, f := range flows(t) {
		for _, full := range []bool{false, true} {
			p := picture.Of(f, picture.Options{Full: full})
			reached := map[string]bool{p.Start: true}
			for more := true; more; {
				more = false
				for _, a := range p.Arrows {
					if reached[a.From] && !reached[a.To] {
						reached[a.To], more = true, true
					}
				}
			}
			for _, b := range p.Boxes {
				// What a caller cannot enter from the start can be entered by who calls the flow.
				if !reached[b.Name] && reachable(f, b.Name) {
					t.Errorf("%s: no arrows lead from %s to %s", f.Name, p.Start, b.Name)
				}
			}
		}
	}
}

// reachable reports whether ways lead from the start to a state of the flow.
func reachable(f *flow.Flow, state string) bool {
	ways, start := waysOf(f), f.Steps[f.Start].State
	reached := map[string]bool{start: true}
	for more := true; more; {
		more = false
		for w := range ways {
			if reached[w.from] && !reached[w.to] {
				reached[w.to], more = true, true
			}
		}
	}
	return reached[state]
}

// The full picture has each move that is not hidden.
func TestFull(t *testing.T) {
	f := bank(t)
	p := picture.Of(f, picture.Options{Full: true, HangUp: true, Errors: true})
	labels := 0
	for _, a := range p.Arrows {
		labels += len(a.Labels)
	}
	if n := len(f.Machine.Moves()); labels != n {
		t.Errorf("%d triggers at the arrows, want the machine's %d moves", labels, n)
	}
	if n := len(f.Machine.States()); len(p.Boxes) != n {
		t.Errorf("%d boxes, want the machine's %d states", len(p.Boxes), n)
	}
	less := picture.Of(f, picture.Options{Full: true})
	if len(less.Arrows) >= len(p.Arrows) {
		t.Error("hang-ups and errors are not left out")
	}
}

// lockedOut is a call of the bank whose account is locked.
func lockedOut() []ivr.Moved {
	return []ivr.Moved{{Trigger: "start", State: "welcome.1/playing"}, {Trigger: "done", State: "welcome.2/prompting"},
		{Trigger: "prompted", State: "welcome.2/collecting"}, {Trigger: "done", State: "welcome.3"}, {Trigger: "done", State: "login.1/prompting"},
		{Flow: "flows/pin", Trigger: "start", State: "ask.1/prompting"}, // not of this flow
		{Trigger: "done", State: "login.2/acting"}, {Trigger: "locked", State: "login.2.locked.1/playing"},
		{Trigger: "done", State: "login.2.locked.2"}, {Trigger: "done", State: "hanging_up"}, {Trigger: "over", State: "ended"}}
}

func box(t *testing.T, p *picture.Picture, name string) picture.Box {
	t.Helper()
	i := slices.IndexFunc(p.Boxes, func(b picture.Box) bool { return b.Name == name })
	if i < 0 {
		t.Fatalf("no box %s", name)
	}
	return p.Boxes[i]
}

// The path of a call is on what it went along, and on nothing else.
func TestVisit(t *testing.T) {
	f := bank(t)
	o := &picture.Overlay{}
	if n := o.Visit(f, lockedOut()); n != 0 {
		t.Errorf("%d moves are unknown", n)
	}
	if n := o.Visit(f, append(lockedOut()[:2], ivr.Moved{Trigger: "sung", State: "login.1/prompting"})); n != 1 {
		t.Errorf("%d moves are unknown, want 1", n)
	}
	p := picture.Of(f, picture.Options{Overlay: o})
	for name, tone := range map[string]picture.Tone{"welcome": picture.Path, "login": picture.Path, "tell": picture.Plain, "agent": picture.Plain} {
		if got := box(t, p, name).Mark.Tone; got != tone {
			t.Errorf("%s is %s, want %s", name, got, tone)
		}
	}
	if n := box(t, p, "welcome").Mark.Times; n != 2 {
		t.Errorf("welcome was visited %d times, want 2", n)
	}
	var on []string
	for _, a := range p.Arrows {
		if a.Mark.Tone == picture.Path {
			on = append(on, a.From+" "+a.To)
		}
	}
	for _, e := range box(t, p, "login").Exits {
		if e.Mark.Tone == picture.Path {
			on = append(on, e.Text())
		}
	}
	if got := strings.Join(on, ", "); got != "welcome login, locked ■ end" {
		t.Errorf("on the path are %s", got)
	}
	lines := box(t, p, "login").Lines
	if lines[2].Mark.Tone != picture.Plain || lines[3].Mark.Tone != picture.Path {
		t.Errorf("the lines are %v and %v, want that of wrong plain and that of locked on the path", lines[2], lines[3])
	}
}

func TestKinds(t *testing.T) {
	f := load(t, fstest.MapFS{"kinds.ivr.yaml": {Data: []byte(`ivr: 1
flow: kinds
start: says
states:
  says: [answer, {play: {say: Hello.}}, {wait: 5s}, {goto: asks}]
  asks: [{wait: 5s, keys: {1: leads}}, {goto: ends}]
  leads: [{transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: ends}]
  ends: end
`)}}, "kinds.ivr.yaml")
	p := picture.Of(f, picture.Options{})
	for name, want := range map[string]picture.Kind{"says": picture.Does, "asks": picture.Asks, "leads": picture.Leads} {
		if got := box(t, p, name).Kind; got != want {
			t.Errorf("the kind of %s is %d, want %d", name, got, want)
		}
	}
}

// What tests play is told from what they do not, arrow by arrow: two ways to one
// place are two arrows if only one of them is played.
func TestCovered(t *testing.T) {
	f := bank(t)
	played := map[machine.Move]int{}
	for _, m := range f.Machine.Moves() {
		if m.Trigger != "key_0" && !strings.HasPrefix(m.From, "agent") && !strings.HasPrefix(m.To, "agent") {
			played[m] = 3
		}
	}
	p := picture.Of(f, picture.Options{Overlay: picture.Covered(played)})
	for name, tone := range map[string]picture.Tone{"welcome": picture.Reached, "agent": picture.Missed, "bye": picture.Reached} {
		if got := box(t, p, name).Mark.Tone; got != tone {
			t.Errorf("%s is %s, want %s", name, got, tone)
		}
	}
	for _, a := range p.Arrows {
		if a.To == "agent" && a.Mark.Tone != picture.Missed || a.To == "tell" && a.Mark.Tone != picture.Reached {
			t.Errorf("the arrow from %s to %s is %s", a.From, a.To, a.Mark.Tone)
		}
	}
	for _, m := range f.Machine.Moves() { // the key is played now, what follows a failed action is not
		if m.Trigger == "key_0" {
			played[m] = 1
		}
	}
	p = picture.Of(f, picture.Options{Overlay: picture.Covered(played)})
	var both []string
	for _, a := range p.Arrows {
		if a.From == "tell" && a.To == "agent" {
			both = append(both, a.Label()+" "+a.Mark.Tone.String()+" "+a.ID())
		}
	}
	if got := strings.Join(both, ", "); got != "failed missed e-tell-agent-missed, 0 reached e-tell-agent-reached" {
		t.Errorf("the arrows are %s", got)
	}
	if b := box(t, p, "agent"); b.Mark.Tone != picture.Part {
		t.Errorf("agent is %s, want %s", b.Mark.Tone, picture.Part)
	}
}
