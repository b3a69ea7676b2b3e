package cover_test

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
)

const shop = `ivr: 1
flow: shop
config: {desk: {type: string}}
vars: {vip: {type: bool, default: false}}
actions: {look: {outcomes: [ok, gone]}}
prompts:
  pick: Pick one.
  sorry: Sorry.
  busy: Busy.
  hello: Hello.
handlers:
  gave_up: [{play: sorry}, end]
start: ask
states:
  ask:
    - play: hello
      when: vip
    - menu: pick
      keys: {1: find, 2: desk}
  find:
    - do: look
      gone: {up_to: 1, then: ask, else: desk}
    - call: tell
      told: desk
      done: end
  desk:
    - transfer: {user: "${config.desk}"}
      failed: [{play: busy}, end]
`

const tell = `ivr: 1
flow: tell
outcomes: [told]
prompts: {told: I told you.}
start: main
states:
  main:
    - play: told
    - menu: {say: Again.}
      keys: {1: {return: told}, 2: end}
      gave_up: end
`

// played is the coverage of tests of the shop.
func played(t *testing.T, tests string) cover.Report {
	t.Helper()
	fsys := fstest.MapFS{"shop.ivr.yaml": {Data: []byte(shop)}, "tell.ivr.yaml": {Data: []byte(tell)},
		"shop.ivr-test.yaml": {Data: []byte("flow: ./shop.ivr.yaml\ntests:\n" + tests)}}
	tally := &cover.Tally{}
	rep, list, err := testkit.RunFile(t.Context(), "shop.ivr.yaml", testkit.Options{FS: fsys, Cover: tally, CoverDir: "menus"})
	if err != nil || len(list) > 0 || !rep.Passed() {
		t.Fatalf("%v %v %v", err, list, rep.Tests)
	}
	return tally.Report()
}

const some = `
  to the desk: {call: [{hears: pick}, {press: "2"}, transferred]}
  it is gone, and then there: {given: {look: [gone, ok]}, call: [{press: "1"}, {hears: pick}, {press: "1"}, {hears: told}, {press: "2"}, {ended: by_flow}]}
`

func TestCounts(t *testing.T) {
	got := map[string]int{}
	for _, f := range played(t, some).Files {
		for _, i := range f.Items {
			got[fmt.Sprintf("%s:%d %s", i.Pos.File, i.Pos.Line, i)] = i.Count
		}
	}
	for name, want := range map[string]int{
		"menus/shop.ivr.yaml:16 step ask.1":                                           0, // its condition never holds
		"menus/shop.ivr.yaml:16 outcome skip of ask.1":                                3,
		"menus/shop.ivr.yaml:18 step ask.2":                                           3,
		"menus/shop.ivr.yaml:19 outcome key_1 of ask.2":                               2,
		"menus/shop.ivr.yaml:19 outcome key_2 of ask.2":                               1,
		"menus/shop.ivr.yaml:12 outcome gave_up of ask.2":                             0, // filled in from handlers
		"menus/shop.ivr.yaml:21 outcome ok of find.1":                                 1,
		"menus/shop.ivr.yaml:22 outcome gone.then of find.1":                          1,
		"menus/shop.ivr.yaml:22 outcome gone.else of find.1":                          0,
		"menus/shop.ivr.yaml:24 outcome told of find.2":                               0,
		"menus/shop.ivr.yaml:28 outcome failed of desk.1":                             0,
		"menus/shop.ivr.yaml:27 outcome done of desk.1":                               1,
		"menus/shop.ivr.yaml:8 prompt sorry":                                          0,
		"menus/shop.ivr.yaml:7 prompt pick":                                           2,
		"menus/tell.ivr.yaml:8 step main.1":                                           1,
		"menus/tell.ivr.yaml:10 outcome key_1 of main.2":                              0,
		"menus/tell.ivr.yaml:10 outcome key_2 of main.2":                              1, // the flow ends within the one that is called
		"menus/tell.ivr.yaml:4 prompt told":                                           1,
		"menus/shop.ivr.yaml:18 transition ask.2/prompting prompted ask.2/collecting": 0,
	} {
		if n, ok := got[name]; n != want || !ok {
			t.Errorf("%s was reached %d times (known: %v), want %d", name, n, ok, want)
		}
	}
	if _, ok := got["menus/shop.ivr.yaml:25 outcome done of find.2"]; ok {
		t.Error("a flow that never returns without an outcome is asked for one")
	}
	if _, ok := got["menus/shop.ivr.yaml:21 outcome failed of find.1"]; ok {
		t.Error("a failed that nobody handles is asked for")
	}
}

// The moves of the machine are counted, for pictures.
func TestMoves(t *testing.T) {
	for _, f := range played(t, some).Files {
		if f.Flow != "shop" {
			continue
		}
		moves := f.Moves()
		if n := moves[machine.Move{From: "idle", Trigger: "start", To: "ask.1/when"}]; n != 2 {
			t.Errorf("two calls begin %d times", n)
		}
		if n := moves[machine.Move{From: "find.1/acting", Trigger: "gone.then", To: "ask.1/when"}]; n != 1 {
			t.Errorf("it is gone %d times, want once in %v", n, moves)
		}
	}
}

// A flow of which nothing was played is in the report all the same.
func TestNothingPlayed(t *testing.T) {
	f, list, err := flow.Load(fstest.MapFS{"tell.ivr.yaml": {Data: []byte(tell)}}, "tell.ivr.yaml")
	if f == nil {
		t.Fatal(list, err)
	}
	var tally cover.Tally
	tally.Add(f, "")
	tally.Add(f, "")
	rep := tally.Report()
	if s := rep.Share(cover.Step); s.Reached != 0 || s.All != 3 {
		t.Errorf("steps %v", s)
	}
	var none bytes.Buffer
	if err := errors.Join((cover.Report{}).Print(&none), (cover.Report{}).PrintMissing(&none)); err != nil || none.Len() > 0 {
		t.Errorf("%v, of no flow it says %q", err, &none)
	}
	if s := (cover.Share{}); s.Percent() != 100 {
		t.Errorf("of nothing %v is reached", s)
	}
}

func TestText(t *testing.T) {
	rep := played(t, some)
	var b bytes.Buffer
	if err := rep.Print(&b); err != nil {
		t.Fatal(err)
	}
	if err := rep.PrintMissing(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"coverage of          steps", "menus/shop.ivr.yaml  ", "menus/tell.ivr.yaml  66.7% (2/3) ", "\ntotal ",
		"menus/shop.ivr.yaml:22:41: no test reaches the outcome gone.else of find.1\n",
		"menus/shop.ivr.yaml:8:3: no test reaches the prompt sorry\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &b)
		}
	}
	for _, not := range []string{"transition ask", "outcome done of ask.1"} {
		if strings.Contains(b.String(), not) {
			t.Errorf("%q is listed", not)
		}
	}
	if s := (cover.Share{Reached: 9999, All: 10000}); s.String() != "99.9% (9999/10000)" {
		t.Errorf("what is not all reads %s", s)
	}
	if s := (cover.Share{Reached: 5, All: 5}); s.String() != "100.0% (5/5)" {
		t.Errorf("all reads %s", s)
	}
}

func TestLeast(t *testing.T) {
	rep := played(t, some)
	for text, want := range map[string]int{"100": 2, "0": 0, "steps=100": 2, "prompts=10,outcomes=20": 0, "steps=60, outcomes=50": 3} {
		least, err := cover.ParseLeast(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := rep.Below(least); len(got) != want {
			t.Errorf("%s: %q, want %d lines", text, got, want)
		}
	}
	for _, text := range []string{"", "many", "101", "-1", "lines=3", "50%x"} {
		if _, err := cover.ParseLeast(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestLCOV(t *testing.T) {
	var b bytes.Buffer
	if err := played(t, some).WriteLCOV(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	for _, want := range []string{"SF:menus/shop.ivr.yaml", "FN:16,ask", "FNDA:3,ask", "DA:18,3", "DA:28,0", "BRDA:19,0,0,2", "BRDA:19,0,1,1", "BRDA:22,0,1,0", "FNF:3", "FNH:3", "BRF:5", "BRH:2", "LF:14", "LH:8"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is missing in\n%s", want, &b)
		}
	}
	if n := strings.Count(b.String(), "end_of_record\n"); n != 2 {
		t.Errorf("%d records", n)
	}
}

func TestHTML(t *testing.T) {
	var b bytes.Buffer
	source := map[string]string{"menus/shop.ivr.yaml": shop, "menus/tell.ivr.yaml": tell}
	err := played(t, some).WriteHTML(&b, cover.HTMLOptions{
		Source: func(file string) []byte { return []byte(source[file]) },
		Picture: func(f *flow.Flow, of cover.File) (template.HTML, error) {
			return template.HTML("<svg>" + f.Name + "</svg>"), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<span class="partly"><i>  22 1×</i>      gone: {up_to: 1, then: ask, else: desk}<b>not reached: outcome gone.else of find.1</b></span>`,
		`<span class="missed"><i>  28 0×</i>`, `<span class="reached"><i>  19 2×</i>`, "<svg>tell</svg>", "&#34;${config.desk}&#34;",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &b)
		}
	}
	if strings.Contains(b.String(), "transition ask") {
		t.Errorf("the source tells of transitions:\n%s", &b)
	}
}
