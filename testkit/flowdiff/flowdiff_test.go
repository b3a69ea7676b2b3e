package flowdiff_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/flowdiff"
	"github.com/ivrflow/ivrflow/testkit/picture"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// base is the old flow of the pairs.
const base = `ivr: 1
flow: shop
prompts:
  welcome: Welcome.
  main: For orders, press 1. For a person, press 2.
  orders: You have no orders.
  sorry: Sorry.
  never: This is never said.
vars: {code: {type: digits, length: 4}, visits: {type: number, default: 0}}
actions: {look: {in: [code], outcomes: [ok, none], timeout: 2s}}
start: main
states:
  main:
    - answer
    - switch: [{when: visits > 5, then: vip}]
    - play: welcome
    - menu: main
      keys: {1: orders, 2: desk}
      first_key: 5s
      tries: 2
      gave_up: desk
  orders:
    - collect: code
      prompt: orders
      gave_up: desk
    - do: look
      ok: [{play: orders}, end]
      none: [{play: sorry}, end]
      failed: desk
  vip: [{play: never}, end]
  desk:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}
      failed: [{play: sorry}, end]
`

func load(t testing.TB, files map[string]string, name string) *flow.Flow {
	t.Helper()
	fs := fstest.MapFS{}
	for name, text := range files {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	f, list, err := flow.Load(fs, name)
	if f == nil {
		t.Fatal(list, err)
	}
	return f
}

func one(t testing.TB, text string) *flow.Flow {
	t.Helper()
	return load(t, map[string]string{"shop.ivr.yaml": text}, "shop.ivr.yaml")
}

func run(t testing.TB, old, next *flow.Flow, o flowdiff.Options) *flowdiff.Report {
	t.Helper()
	r, err := flowdiff.Run(context.Background(), old, next, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPairs(t *testing.T) {
	for name, tt := range map[string]struct {
		change []string // pairs: what is replaced, and by what
		o      flowdiff.Options
		want   flowdiff.Verdict
		has    string // in the report
	}{
		"nothing":           {nil, flowdiff.Options{}, flowdiff.Same, ""},
		"a renamed state":   {[]string{"1: orders", "1: buying", "  orders:\n    -", "  buying:\n    -"}, flowdiff.Options{}, flowdiff.Same, "a state's name: orders -> buying"},
		"a changed prompt":  {[]string{"Welcome.", "Good day."}, flowdiff.Options{}, flowdiff.Apart, `"Welcome." -> "Good day."`},
		"a renamed prompt":  {[]string{"welcome", "hello"}, flowdiff.Options{}, flowdiff.Same, "- prompt welcome"},
		"an unheard prompt": {[]string{"This is never", "That is never"}, flowdiff.Options{}, flowdiff.Same, "prompt never"},
		"swapped keys":      {[]string{"{1: orders, 2: desk}", "{2: orders, 1: desk}"}, flowdiff.Options{}, flowdiff.Apart, "to state orders -> to state desk"},
		"a longer time-out": {[]string{"first_key: 5s", "first_key: 8s"}, flowdiff.Options{}, flowdiff.Same, "first_key: 5s -> 8s"},
		"a longer time-out, with a clock": {[]string{"first_key: 5s", "first_key: 8s"}, flowdiff.Options{Times: true},
			flowdiff.Apart, "is silent for 5s"},
		"more tries":              {[]string{"tries: 2", "tries: 3"}, flowdiff.Options{}, flowdiff.Apart, "tries: 2 -> 3"},
		"another target":          {[]string{"8000-000000000001", "8000-000000000002"}, flowdiff.Options{}, flowdiff.Apart, "transfers the call to user"},
		"an action's new outcome": {[]string{"[ok, none]", "[ok, none, many]", "      failed: desk\n  vip", "      many: [{play: welcome}, end]\n      failed: desk\n  vip"}, flowdiff.Options{}, flowdiff.Apart, "outcome many of action look"},
		"a step that nobody hears": {[]string{"    - play: welcome\n", "    - play: welcome\n    - milestone: began\n"}, flowdiff.Options{},
			flowdiff.Same, "+ step main.4 (milestone): began"},
		"an action more": {[]string{"actions: {", "actions: {note: {outcomes: [ok]}, ", "    - play: welcome\n", "    - play: welcome\n    - do: note\n      failed: desk\n"}, flowdiff.Options{},
			flowdiff.Apart, "note returns failed"},
		"an action more that does not matter": {[]string{"actions: {", "actions: {note: {outcomes: [ok]}, ", "    - play: welcome\n", "    - do: note\n      failed: greet\n    - goto: greet\n  greet:\n    - play: welcome\n"}, flowdiff.Options{},
			flowdiff.Same, "the action note is done by the new flow only"},
		"two prompts in one": {[]string{"    - play: welcome\n    - menu: main\n", "    - menu: [welcome, main]\n      barge_in: true\n"}, flowdiff.Options{}, flowdiff.Apart, ""},
		"a prompt that a key stops": {[]string{"    - play: welcome\n", "    - play: {prompt: welcome, barge_in: true}\n"}, flowdiff.Options{},
			flowdiff.Apart, "stops what plays"},
		"a menu that forgets keys": {[]string{"      tries: 2\n", "      tries: 2\n      flush: true\n"}, flowdiff.Options{}, flowdiff.Apart, "flush"},
		"unreachable code": {[]string{"vip: [{play: never}, end]", "vip: [{play: never}, {play: sorry}, {goto: desk}]"}, flowdiff.Options{},
			flowdiff.Same, "+ step vip.2 (play): sorry"},
		"code that becomes reachable": {[]string{"visits > 5", "visits < 5"}, flowdiff.Options{}, flowdiff.Apart, "no longer: no call reaches the state vip"},
		"a new promise": {[]string{"start: main\n", "start: main\ninvariants:\n  - transfer requires play(welcome)\n"}, flowdiff.Options{},
			flowdiff.Same, "+ transfer requires play(welcome)"},
	} {
		t.Run(name, func(t *testing.T) {
			text := base
			for i := 0; i+1 < len(tt.change); i += 2 {
				if !strings.Contains(text, tt.change[i]) {
					t.Fatalf("there is no %q", tt.change[i])
				}
				text = strings.ReplaceAll(text, tt.change[i], tt.change[i+1])
			}
			old, next := one(t, base), one(t, text)
			r := run(t, old, next, tt.o)
			var b strings.Builder
			if err := r.Print(&b); err != nil {
				t.Fatal(err)
			}
			if r.Verdict != tt.want {
				t.Errorf("verdict %s, not %s", r.Verdict, tt.want)
			}
			if !strings.Contains(b.String(), tt.has) {
				t.Errorf("the report does not say %q", tt.has)
			}
			if t.Failed() {
				t.Log("\n" + b.String())
			}
			back := run(t, next, old, tt.o)
			if back.Verdict != r.Verdict || r.Call != nil && len(r.Call.Acts) != len(back.Call.Acts) {
				t.Errorf("the other way round: %s", back.Verdict)
			}
		})
	}
}

// said is a flow that says what it was given.
const said = `ivr: 1
flow: said
config: {shop: {type: string}}
prompts: {one: One., two: Two., bye: Bye.}
vars:
  a: {type: string}
  b: {type: string}
  first: {type: digits, length: 2}
  second: {type: digits, length: 2}
  n: {type: number, default: 0}
actions: {find: {out: [a, b], outcomes: [ok]}}
start: main
states:
  main:
    - answer
    - collect: first
      prompt: one
      gave_up: end
    - collect: second
      prompt: two
      gave_up: end
    - do: find
      failed: end
    - play: [{say: "For ${a}"}, {say_as: digits, value: "${first}"}]
    - switch: [{when: 'second > "50"', then: more}]
    - end
  more: [{play: bye}, end]
`

// What is said is told apart by where it comes from, though nothing depends on it.
func TestValues(t *testing.T) {
	for name, tt := range map[string]struct {
		from, to string
		want     flowdiff.Verdict
	}{
		"another output":         {"For ${a}", "For ${b}", flowdiff.Apart},
		"another entry":          {`value: "${first}"`, `value: "${second}"`, flowdiff.Apart},
		"the same by a detour":   {"    - play: [{say: \"For ${a}\"}", "    - set: {b: \"${a}\"}\n    - play: [{say: \"For ${b}\"}", flowdiff.Same},
		"another bound":          {`> "50"`, `> "51"`, flowdiff.Apart},
		"the same bound":         {`second > "50"`, `not (second <= "50")`, flowdiff.Same},
		"a value of the bot's":   {"For ${a}", "For ${config.shop}", flowdiff.Apart},
		"another order of steps": {"    - collect: first\n      prompt: one\n      gave_up: end\n", "    - set: {n: 1}\n    - collect: first\n      prompt: one\n      gave_up: end\n", flowdiff.Same},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(said, tt.from) {
				t.Fatalf("there is no %q", tt.from)
			}
			r := run(t, one(t, said), one(t, strings.ReplaceAll(said, tt.from, tt.to)), flowdiff.Options{NoProofs: true})
			if r.Verdict != tt.want {
				t.Errorf("%s %s, not %s: %v", r.Verdict, r.Why, tt.want, r.Doubts)
			}
		})
	}
}

// with is a flow that calls another one.
const with = "ivr: 1\nflow: shop\nprompts: {main: Main.}\nstart: main\nstates:\n  main:\n    - answer\n    - play: main\n    - call: hours\n      failed: end\n    - end\n"

const hours = "ivr: 1\nflow: hours\nprompts: {hours: From nine to six., unused: Unused.}\nstart: main\nstates:\n  main:\n    - play: hours\n    - return\n"

func TestSubFlows(t *testing.T) {
	old := load(t, map[string]string{"shop.ivr.yaml": with, "hours.ivr.yaml": hours}, "shop.ivr.yaml")
	for text, want := range map[string]flowdiff.Verdict{
		hours:                                    flowdiff.Same,
		strings.Replace(hours, "nine", "ten", 1): flowdiff.Apart,
		strings.Replace(hours, "Unused.", "Useless.", 1): flowdiff.Same,
	} {
		next := load(t, map[string]string{"shop.ivr.yaml": with, "hours.ivr.yaml": text}, "shop.ivr.yaml")
		if r := run(t, old, next, flowdiff.Options{}); r.Verdict != want {
			t.Errorf("%s, not %s, with\n%s", r.Verdict, want, text)
		}
	}
	own := strings.Replace(with, "    - call: hours\n      failed: end\n", "    - play: hours\n      failed: end\n", 1)
	own = strings.Replace(own, "main: Main.", "main: Main., hours: From nine to six.", 1)
	r := run(t, old, one(t, own), flowdiff.Options{})
	if r.Verdict != flowdiff.Same {
		t.Errorf("what was another flow's is told from the flow's own: %s", r.Verdict)
	}
}

// Prompts in one step or in two are the same, unless a key makes a difference.
func TestPromptsInOneStep(t *testing.T) {
	const text = "ivr: 1\nflow: shop\nprompts: {hello: Hello., bye: Bye., sorry: Sorry.}\nstart: main\nstates:\n  main:\n    - answer\n    - play: hello\n      failed: sorry\n    - play: bye\n      failed: sorry\n    - end\n  sorry: [{play: sorry}, end]\n"
	joined := strings.Replace(text, "    - play: hello\n      failed: sorry\n    - play: bye\n", "    - play: [hello, bye]\n", 1)
	stopped := strings.NewReplacer("play: hello", "play: {prompt: hello, barge_in: true}", "play: bye", "play: {prompt: bye, barge_in: true}")
	both := strings.Replace(joined, "play: [hello, bye]", "play: {prompt: [hello, bye], barge_in: true}", 1)
	for _, tt := range []struct {
		old, next string
		want      flowdiff.Verdict
	}{{text, joined, flowdiff.Same}, {joined, text, flowdiff.Same}, {stopped.Replace(text), both, flowdiff.Same}, // the key that ends one skips the other
		{strings.Replace(stopped.Replace(text), "bye, barge_in: true", "bye", 1), both, flowdiff.Apart}} {
		if r := run(t, one(t, tt.old), one(t, tt.next), flowdiff.Options{}); r.Verdict != tt.want {
			t.Errorf("%s, not %s: %s", r.Verdict, tt.want, tt.next)
		}
	}
}

// Whether an action is done earlier or later, callers do not notice; what it brings
// is the same.
func TestActionsInAnotherOrder(t *testing.T) {
	const text = "ivr: 1\nflow: shop\nprompts: {bye: Bye., not: No.}\nactions: {a: {outcomes: [ok]}, b: {outcomes: [ok]}}\nstart: main\nstates:\n  main:\n    - answer\n    - do: a\n      failed: not\n    - do: b\n      failed: not\n    - play: bye\n    - end\n  not: [{play: not}, end]\n"
	other := strings.NewReplacer("do: a\n", "do: b\n", "do: b\n", "do: a\n").Replace(text)
	r := run(t, one(t, text), one(t, other), flowdiff.Options{})
	if r.Verdict != flowdiff.Same {
		t.Errorf("%s: %+v", r.Verdict, r.Call)
	}
}

// A verdict is not "same" if not all was looked at.
func TestNotComplete(t *testing.T) {
	r := run(t, one(t, base), one(t, base), flowdiff.Options{Nodes: 20})
	if r.Verdict != flowdiff.Open || r.Complete || !strings.Contains(r.Why, "20 states") {
		t.Errorf("%s %t %q", r.Verdict, r.Complete, r.Why)
	}
}

func TestPicture(t *testing.T) {
	next := strings.NewReplacer("2: desk}", "2: vip}", "  vip: [{play: never}, end]\n", "  vip: [{play: sorry}, {play: never}, end]\n  extra: [{play: welcome}, end]\n",
		"gave_up: desk\n    - do", "gave_up: extra\n    - do", "      ok: [{play: orders}, end]\n", "      ok: end\n").Replace(base)
	r := run(t, one(t, base), one(t, next), flowdiff.Options{})
	p := r.Picture()
	tones := map[string]picture.Tone{}
	for _, b := range p.Boxes {
		tones[b.Name] = b.Mark.Tone
		for _, l := range b.Lines {
			tones[b.Name+" "+l.Verb+" "+l.Text] = l.Mark.Tone
		}
	}
	for _, a := range p.Arrows {
		tones[a.From+" to "+a.To] = a.Mark.Tone
	}
	for what, want := range map[string]picture.Tone{
		"extra": picture.New, "orders": picture.Changed, "main": picture.Changed, "desk": picture.Plain, "vip play sorry": picture.New, "vip": picture.Changed, "vip play never": picture.Plain,
		"orders play orders": picture.Gone, "main to vip": picture.New, "orders to extra": picture.New,
	} {
		if got, ok := tones[what]; !ok || got != want {
			t.Errorf("%s is %v, not %v", what, got, want)
		}
	}
	if t.Failed() {
		t.Log(p.Mermaid())
	}
}

func TestMarkdown(t *testing.T) {
	r := run(t, one(t, base), one(t, strings.Replace(base, "Welcome.", "Good | day.", 1)), flowdiff.Options{})
	var b strings.Builder
	if err := r.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## shop", "**Callers can tell", "```diff\n", `| changed | prompt welcome | "Welcome." | "Good \| day." |`, "- a caller who has hung up hears no more"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it has no %q:\n%s", want, b.String())
		}
	}
}

// What two flows take of what is typed is told apart, or it is said that it is not
// known.
func TestChecks(t *testing.T) {
	text := func(length, most string) *flow.Flow {
		return one(t, "ivr: 1\nflow: shop\nprompts: {ask: Number., bad: Bad., bye: Bye.}\nvars: {code: {type: digits, length: "+length+", check: {range: 1.."+most+
			"}}}\nstart: main\nstates:\n  main:\n    - answer\n    - collect: code\n      prompt: ask\n      no_match: [bad]\n      gave_up: end\n    - play: bye\n    - end\n")
	}
	for _, tt := range []struct {
		length, old, next string
		want              flowdiff.Verdict
	}{{"4", "5000", "5000", flowdiff.Same}, {"4", "5000", "5001", flowdiff.Apart}, {"8", "5000", "5000", flowdiff.Same}, {"8", "50000000", "50000001", flowdiff.Open}} {
		r := run(t, text(tt.length, tt.old), text(tt.length, tt.next), flowdiff.Options{NoProofs: true})
		if r.Verdict != tt.want {
			t.Errorf("%s digits, up to %s and %s: %s %v", tt.length, tt.old, tt.next, r.Verdict, r.Doubts)
		}
		if tt.old != tt.next && (len(r.Changes) != 1 || !strings.Contains(r.Changes[0].New, tt.next)) {
			t.Errorf("changes: %v", r.Changes)
		}
	}
}

// A new flow that could not be looked at as a whole has not lost what held of the old one.
func TestWhatWasNotLookedAtIsNoChange(t *testing.T) {
	old := one(t, base+"invariants: [{can: reach desk within 9 keys}]\n")
	next := one(t, strings.Replace(base, "none: [{play: sorry}, end]", "none: again", 1)+"  again: [{menu: main, keys: {1: orders, 2: desk}, gave_up: end}]\ninvariants: [{can: reach desk within 9 keys}]\n")
	whole, err := prove.Run(context.Background(), old, prove.Options{})
	if err != nil || !whole.Complete {
		t.Fatal(err, whole.Why)
	}
	r := run(t, old, next, flowdiff.Options{Nodes: whole.States})
	var got []string
	for _, c := range r.Changes {
		if c.Area == flowdiff.Invariants {
			got = append(got, c.What+": "+c.Old+" -> "+c.New)
		}
	}
	if len(got) != 1 || !strings.HasPrefix(got[0], "what holds of all calls: known -> not known, since the call has more than the ") {
		t.Errorf("changes of invariants %q, want that the new flow could not be looked at as a whole, once", got)
	}
}

// The call that tells two flows apart has what is the same in both once, and ends with both
// sides; text and Markdown show it.
func TestCallIsShown(t *testing.T) {
	next := strings.NewReplacer("1: orders, 2: desk}", "1: orders, 2: vip}", "      failed: desk\n", "", "    - answer\n", "    - answer\n    - play: welcome\n      failed: orders\n").Replace(base)
	next = strings.Replace(next, "    - play: welcome\n    - menu", "    - menu", 1)
	r := run(t, one(t, base), one(t, next), flowdiff.Options{})
	if r.Call == nil {
		t.Fatal(r.Verdict)
	}
	var sides []string
	for _, l := range r.Call.Lines {
		sides = append(sides, string(l.Side))
	}
	if n := len(sides); n < 6 || sides[n-2] != string(flowdiff.InOld) || sides[n-1] != string(flowdiff.InNew) || slices.ContainsFunc(sides[:n-2], func(s string) bool { return s != string(flowdiff.InBoth) }) {
		t.Errorf("the sides are %q", sides)
	}
	if len(r.Call.Acts) < 3 {
		t.Errorf("the call has the acts %v", r.Call.Acts)
	}
	var text, marked strings.Builder
	if err := r.Print(&text); err != nil {
		t.Fatal(err)
	}
	if err := r.Markdown(&marked); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n      0.00s  caller  rings", "  flow    answers  ", "\n-  ", "  flow    transfers the call to user ", "\n+  ", "  flow    says \"This is never said.\""} {
		if !strings.Contains(text.String(), want) || !strings.Contains(marked.String(), want) {
			t.Errorf("no %q in\n%s\n%s", want, text.String(), marked.String())
		}
	}
	if strings.Contains(text.String(), "timing") {
		t.Errorf("an area without changes has a heading:\n%s", text.String())
	}
	var reach []string
	for _, c := range r.Changes {
		if c.Area == flowdiff.Reach {
			reach = append(reach, c.What)
		}
	}
	if got := strings.Join(reach, "; "); got != "no longer: no call reaches the state vip" { // the switch never leads there, before and after
		t.Errorf("what calls reach changed: %s", got)
	}
}

// An invariant that holds no more is told of, and so is one that came or went; those that
// hold in both are not.
func TestInvariants(t *testing.T) {
	old := base + "invariants:\n  - play(never) requires look.ok\n  - play(sorry) requires play(welcome)\n  - {can: reach desk within 9 keys}\n"
	next := strings.NewReplacer("2: desk}", "2: vip}", "  - play(sorry) requires play(welcome)\n", "  - {must: reach end within 100 steps}\n").Replace(old)
	r := run(t, one(t, old), one(t, next), flowdiff.Options{})
	var got []string
	for _, c := range r.Changes {
		if c.Area == flowdiff.Invariants {
			got = append(got, fmt.Sprintf("%s %s: %s -> %s", c.Kind, c.What, c.Old, c.New))
		}
	}
	slices.Sort(got)
	want := []string{"added must: reach end within 100 steps:  -> holds", "changed play(never) requires look.ok: holds -> does not hold", "removed play(sorry) requires play(welcome): holds -> "}
	if !slices.Equal(got, want) {
		t.Errorf("changes are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What a verdict takes for granted depends on how it was asked for.
func TestTakenForGranted(t *testing.T) {
	for want, o := range map[string]flowdiff.Options{
		"only one entry is kept at a time; callers have no clock: how long a flow waits, and a silence lasts, is not compared": {},
		"no key is pressed while no step listens; callers have no clock":                                                       {NoAhead: true},
		"only one entry is kept at a time": {Times: true},
	} {
		o.NoProofs = true
		r := run(t, one(t, base), one(t, base), o)
		got := strings.Join(r.Assumed, "; ")
		if !strings.Contains(got, want) || strings.Contains(got, "clock") == o.Times {
			t.Errorf("%+v: taken for granted is %s", o, got)
		}
	}
}

// What each of two flows does that callers can tell apart is said.
func TestSaid(t *testing.T) {
	const a, b = "5f0c7c7e-0000-4000-8000-00000000000a", "5f0c7c7e-0000-4000-8000-00000000000b"
	const record = "record: note, consent: announced, keep_on_hangup: {every: 15s}, empty: end, failed: end"
	for name, tt := range map[string]struct {
		old, next, said string
		times           bool
	}{
		"rejected":         {"{reject: busy}", "{reject: forbidden}", "rejects the call (busy); rejects the call (forbidden)", false},
		"redirected":       {"{redirect: {user: " + a + "}, failed: end}", "{redirect: {user: " + b + "}, failed: end}", "redirects the call to user " + a + "; redirects the call to user " + b, false},
		"answered":         {"{reject: busy}", "answer", "rejects the call (busy); answers", false},
		"the tone":         {"answer, {" + record + "}", "answer, {" + record + ", beep: false}", "records; records without a tone", false},
		"the recording":    {"answer, {" + record + "}, {play: note}", "answer, {" + record + "}, {play: a}", `plays the recording; says "A."`, false},
		"a longer silence": {"answer, {play: [a, {silence: 1s}]}", "answer, {play: [a, {silence: 2s}]}", "is silent for 1s; is silent for 2s", true},
		"another file":     {"answer, {play: {file: a.wav}}", "answer, {play: {file: b.wav}}", "plays a file; plays a file", false},
		"whom it calls": {"answer, {transfer: {user: " + a + "}, kind: consult, busy: end, failed: end}", "answer, {transfer: {user: " + b + "}, kind: consult, busy: end, failed: end}",
			"calls user " + a + "; calls user " + b, false},
		"the keys that it sends": {"answer, {send_keys: '12', failed: end}", "answer, {send_keys: '13', failed: end}", "sends the keys 1 2; sends the keys 1 3", false},
		"it ends":                {"answer, {play: a}", "answer", `says "A."; hangs up`, false},
	} {
		flows := [2]*flow.Flow{}
		for i, steps := range []string{tt.old, tt.next} {
			end := ", end"
			if !strings.Contains(steps, "answer") || strings.Contains(steps, "transfer") {
				end = ""
			}
			flows[i] = load(t, map[string]string{"a.wav": string(promptTone("a")), "b.wav": string(promptTone("b")),
				"shop.ivr.yaml": "ivr: 1\nflow: shop\nvars: {note: {type: recording}}\nprompts: {a: A.}\nstart: main\nstates: {main: [" + steps + end + "]}\n"}, "shop.ivr.yaml")
		}
		r := run(t, flows[0], flows[1], flowdiff.Options{NoProofs: true, Times: tt.times})
		if r.Call == nil || strings.Join(r.Call.Said[:], "; ") != tt.said {
			t.Errorf("%s: %s %+v, want %s", name, r.Verdict, r.Call, tt.said)
		}
	}
}

func promptTone(label string) []byte { return prompt.Tone(time.Second, label) }

// Flows that are called, schedules and voices that came, went, or are otherwise are told of.
func TestFamilies(t *testing.T) {
	text := func(schedules, steps string) string {
		return "ivr: 1\nflow: shop\n" + schedules + "prompts: {a: {text: A., voice: Ann}}\nstart: main\nstates: {main: [answer, " + steps + "{play: a}, end]}\n"
	}
	open := "schedules: {office: {timezone: UTC, open: {mon-fri: 09:00-17:00}}, shop: {timezone: UTC, open: {mon: 09:00-17:00}}}\n"
	other := "ivr: 1\nflow: other_one\nprompts: {b: B.}\nstart: main\nstates: {main: [{play: b}, return]}\n"
	one := load(t, map[string]string{"shop.ivr.yaml": text(open, "{call: other}, "), "other.ivr.yaml": other}, "shop.ivr.yaml")
	two := load(t, map[string]string{"shop.ivr.yaml": strings.Replace(text(strings.NewReplacer("17:00}}, ", "18:00}}, ", "shop: {", "bar: {").Replace(open), ""), "Ann", "Ben", 1)}, "shop.ivr.yaml")
	for _, tt := range []struct {
		old, next *flow.Flow
		want      []string
	}{
		{one, two, []string{"removed the flow other_one", "changed schedule office: Mon 23 Nov 2026 17:00 UTC: closed -> Mon 23 Nov 2026 17:00 UTC: open", "removed schedule shop", "added schedule bar", `changed prompt a: "A." voice Ann -> "A." voice Ben`}},
		{two, one, []string{"added the flow other_one", "changed schedule office: Mon 23 Nov 2026 17:00 UTC: open -> Mon 23 Nov 2026 17:00 UTC: closed", "added schedule shop", "removed schedule bar"}},
	} {
		r := run(t, tt.old, tt.next, flowdiff.Options{})
		var got []string
		for _, c := range r.Changes {
			text := fmt.Sprintf("%s %s", c.Kind, c.What)
			if c.Old+c.New != "" {
				text += ": " + c.Old + " -> " + c.New
			}
			got = append(got, text)
		}
		for _, want := range tt.want {
			if !slices.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, strings.Join(got, "\n"))
			}
		}
	}
}
