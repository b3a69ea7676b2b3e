package prove

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// An account of eight digits, and a PIN of four that silence ends as well as a pound: so
// many keys it takes to hear a balance and to end the call.
func TestExits(t *testing.T) {
	f := flowsOf(t, "../../examples/bank/*.ivr.yaml")["bank/bank_balance.ivr.yaml"]
	r, err := Run(context.Background(), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]int{}
	for _, x := range r.Exits {
		keys[x.Name] = x.Keys
		if x.Fastest <= 0 || x.Listening <= x.Fastest {
			t.Errorf("%s: %s for who types ahead, %s for who listens", x.Name, x.Fastest, x.Listening)
		}
	}
	want := map[string]int{"agent: transfer": 0, "bye: end": 12, "login: end": 12}
	if !reflect.DeepEqual(keys, want) {
		t.Errorf("exits %v, want %v", keys, want)
	}
}

// Each move that is said to be made is made by the call that is given for it.
func TestMovesHaveCalls(t *testing.T) {
	f := flowsOf(t, "../../examples/simpleivr/*.ivr.yaml")["simpleivr/simpleivr.ivr.yaml"]
	r, err := Run(context.Background(), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Made() {
		call, err := r.CallTo(m)
		if err != nil || call == nil {
			t.Fatalf("%v: %v", m, err)
		}
		made := false
		g := r.graph
		last := len(call.states) - 1
		from := g.starts[call.start].state()
		if last > 0 {
			from = call.states[last-1]
		}
		g.worlds[call.start].read(&turn{from: &from, to: &call.states[last], tr: &call.traces[last]}, -1, func(flow.Happening) {}, func(mv move) {
			made = made || Move{mv.flow, mv.from, mv.trigger, mv.to} == m
		})
		if !made {
			t.Errorf("%v is not made by its call", m)
		}
	}
	if len(r.Made()) < 50 {
		t.Errorf("only %d moves are made", len(r.Made()))
	}
}

// exitsOf are the exits of a flow by name, of which all calls were explored.
func exitsOf(t *testing.T, src string) map[string]Exit {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"g.ivr.yaml": {Data: []byte(src)}}, "g.ivr.yaml")
	if err != nil || f == nil {
		t.Fatal(err, list)
	}
	r, err := Run(context.Background(), f, Options{})
	if err != nil || !r.Complete {
		t.Fatal(err, r)
	}
	all := map[string]Exit{}
	for _, x := range r.Exits {
		all[x.Name] = x
	}
	return all
}

// The worst time is that of the longest way, on which actions take as long as they may,
// and the longest silence goes on over what plays nothing.
func TestWorstTimes(t *testing.T) {
	const head = "ivr: 1\nflow: late\nactions: {slow: {in: [], outcomes: [ok], timeout: 9s}}\nprompts: {hello: Hello., ask: Press 1.}\nstart: main\nlimits: {call: 20m}\nstates:\n"
	x := exitsOf(t, head+"  main:\n    - play: hello\n    - wait: 4s\n    - do: slow\n      failed: end\n    - play: hello\n    - wait: 3s\n    - end\n")["main: end"]
	hello := (x.Listening - 7*time.Second) / 2
	if hello <= 0 || x.Silence != 15*time.Second || x.Limited || x.Mute {
		t.Errorf("%+v", x)
	}
	straight := exitsOf(t, head+"  main:\n    - play: hello\n    - play: hello\n    - end\n")["main: end"]
	if got, want := x.Worst-straight.Worst, 18*time.Second; got != want {
		t.Errorf("waits of 7s and an action of 9s, with 2s of grace, make it %s longer, of %s", got, x.Worst)
	}
	if straight.Silence != 0 || straight.Worst < straight.Listening {
		t.Errorf("%+v", straight)
	}
	loud := exitsOf(t, head+"  main:\n    - menu: ask\n      keys: {1: main}\n      gave_up: end\n")["main: end"]
	if !loud.Limited || loud.Worst != 20*time.Minute || loud.Mute || loud.Silence <= 0 || loud.Silence >= time.Minute {
		t.Errorf("a way round with a prompt: %+v", loud)
	}
	still := exitsOf(t, head+"  main: [{play: hello}, {goto: round}]\n  round:\n    - do: slow\n      failed: end\n      ok: round\n")["round: end"]
	if still != (Exit{}) {
		t.Errorf("only a failure leads there: %+v", still)
	}
	still = exitsOf(t, head+"  main: [{play: hello}, {goto: round}]\n  round:\n    - wait: 4s\n      keys: {1: round}\n    - end\n")["round: end"]
	if !still.Limited || !still.Mute || still.Silence != 20*time.Minute {
		t.Errorf("a silent way round: %+v", still)
	}
}

// Whoever is called may let it ring as long as the step lets him.
func TestWorstTimesRing(t *testing.T) {
	const head = "ivr: 1\nflow: rings\nprompts: {hello: Hello.}\nstart: main\nlimits: {call: 20m}\n" +
		"groups: {team: [{user: 5f0c7c7e-0000-4000-8000-000000000001}, {user: 5f0c7c7e-0000-4000-8000-000000000002}]}\nstates:\n"
	for name, src := range map[string]string{
		"consult": head + "  main:\n    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001, kind: consult, ring: RING}\n      failed: [{play: hello}, end]\n",
		"hunt":    head + "  main:\n    - hunt: {group: team, ring: RING, rounds: 1}\n      exhausted: [{play: hello}, end]\n",
	} {
		short, long := exitsOf(t, strings.ReplaceAll(src, "RING", "10s")), exitsOf(t, strings.ReplaceAll(src, "RING", "40s"))
		longer := map[string]time.Duration{"consult": 30 * time.Second, "hunt": time.Minute}[name] // who hunts calls two
		for exit := range short {
			if got := long[exit].Worst - short[exit].Worst; got != longer {
				t.Errorf("%s: %s: 30s more to ring for each make it %s longer, not %s", name, exit, got, longer)
			}
		}
		if len(short) != 2 {
			t.Errorf("%s: exits %v", name, short)
		}
	}
}
