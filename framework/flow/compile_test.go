package flow_test

import (
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// moves checks lines of the form "from --trigger--> to"; "from x trigger" is a
// move that must not be there.
func moves(t *testing.T, f *flow.Flow, want string) {
	t.Helper()
	for line := range strings.Lines(want) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		if fields[1] == "x" {
			if f.Machine.Can(fields[0], fields[2]) {
				t.Errorf("%s has a move on %s", fields[0], fields[2])
			}
			continue
		}
		trigger := strings.TrimSuffix(strings.TrimPrefix(fields[1], "--"), "-->")
		if got, err := f.Machine.Next(fields[0], trigger); got != fields[2] {
			t.Errorf("%s on %s: got %q (%v), want %s", fields[0], trigger, got, err, fields[2])
		}
	}
}

func TestCompile(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"the least flow", `
start: main
states: {main: end}`, `
idle --start--> main.1
main.1 --done--> hanging_up
main.1 --error--> on_error.1/playing
main.1 --hang_up--> ended
hanging_up --over--> ended
hanging_up --hang_up--> ended
hanging_up x error
on_error.1/playing --done--> on_error.2
on_error.1/playing --failed--> hanging_up
on_error.1/playing --error--> hanging_up
on_error.1/playing --hang_up--> ended
on_error.2 --done--> hanging_up`},
		{"steps in a row, and when", `
vars: {n: {type: number, default: 1}}
start: main
states:
  main:
    - {play: hello, when: n > 1}
    - {menu: ask, id: choice, when: n > 2, keys: {1: repeat, star: end, "12": main, "*#": end}, gave_up: end}
    - play: bye
      failed: end
    - end`, `
idle --start--> main.1/when
main.1/when --holds--> main.1/playing
main.1/when --skip--> choice/when
main.1/when --error--> on_error.1/playing
main.1/when --hang_up--> ended
main.1/playing --done--> choice/when
main.1/playing --failed--> on_error.1/playing
choice/when --holds--> choice/prompting
choice/when --skip--> main.3/playing
choice/prompting --prompted--> choice/collecting
choice/prompting --barge_in--> choice/collecting
choice/prompting --typed_ahead--> choice/collecting
choice/prompting --failed--> on_error.1/playing
choice/collecting --no_input--> choice/prompting
choice/collecting --no_match--> choice/prompting
choice/collecting --key_1--> choice/prompting
choice/collecting --key_star--> hanging_up
choice/collecting --key_12--> main.1/when
choice/collecting --key_star_pound--> hanging_up
choice/collecting --gave_up--> hanging_up
choice/collecting --failed--> on_error.1/playing
main.3/playing --done--> main.4
main.3/playing --failed--> hanging_up`},
		{"handlers with steps go on after the step", `
start: main
states:
  main:
    - menu: ask
      keys: {1: [{play: hello}], 2: [{play: hello}, {play: sorry}, repeat], 3: {goto: other}, 4: []}
      gave_up: [{play: sorry}, end]
    - goto: other
  other: {play: bye, done: end}`, `
main.1/collecting --key_1--> main.1.key_1.1/playing
main.1.key_1.1/playing --done--> main.2
main.1/collecting --key_2--> main.1.key_2.1/playing
main.1.key_2.1/playing --done--> main.1.key_2.2/playing
main.1.key_2.2/playing --done--> main.1.key_2.3
main.1.key_2.3 --done--> main.1/prompting
main.1/collecting --key_3--> main.1.key_3.1
main.1.key_3.1 --done--> other.1/playing
main.1/collecting --key_4--> main.2
main.1/collecting --gave_up--> main.1.gave_up.1/playing
main.1.gave_up.2 --done--> hanging_up
other.1/playing --done--> hanging_up`},
		{"counted handlers", `
actions: {verify: {outcomes: [ok, wrong]}}
start: main
states:
  main:
    - answer
    - do: verify
      ok: end
      wrong: {up_to: 2, then: repeat, else: {up_to: 1, then: [{play: sorry}, repeat], else: end}}
      failed: {up_to: 1, then: main, else: end}`, `
main.2/acting --ok--> hanging_up
main.2/acting --wrong.then--> main.2/acting
main.2/acting --wrong.else.then--> main.2.wrong.else.then.1/playing
main.2/acting --wrong.else.else--> hanging_up
main.2/acting --failed.then--> main.1/answering
main.2/acting --failed.else--> hanging_up
main.2/acting x wrong
main.2.wrong.else.then.1/playing --done--> main.2.wrong.else.then.2
main.2.wrong.else.then.2 --done--> main.2/acting`},
		{"record", `
vars: {message: {type: recording}, other: {type: recording}}
start: main
states:
  main:
    - {record: message, prompt: ask, consent: asked, empty: repeat, refused: end}
    - {record: other, consent: announced, empty: end}
    - end`, `
main.1/prompting --prompted--> main.1/asking
main.1/prompting --barge_in--> main.1/asking
main.1/prompting --failed--> on_error.1/playing
main.1/prompting x done
main.1/asking --accepted--> main.1/recording
main.1/asking --refused--> hanging_up
main.1/recording --recorded--> main.1/saving
main.1/recording --done--> main.2/prompting
main.1/recording --empty--> main.1/prompting
main.1/recording x refused
main.1/saving --done--> main.2/prompting
main.1/saving --empty--> main.1/prompting
main.1/saving --failed--> on_error.1/playing
main.2/prompting --prompted--> main.2/recording
main.2/prompting x refused
main.2/saving --done--> main.3`},
		{"before answering, and transfer", `
start: main
states:
  main:
    - {redirect: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: second}
  second:
    - menu: ask
      keys: {1: third, 2: fourth}
      gave_up: end
  third: {transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: end}
  fourth:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}
      done: [{milestone: gone}, {log: gone}]
      failed: [{play: sorry}]
    - play: bye
    - end
on_end: [{milestone: over}]`, `
main.1/redirecting --failed--> second.1/prompting
main.1/redirecting --over--> on_end.1
third.1/transferring --done--> on_end.1
third.1/transferring --failed--> hanging_up
fourth.1/transferring --done--> fourth.1.done.1
fourth.1.done.1 --done--> fourth.1.done.2
fourth.1.done.1 --error--> on_end.1
fourth.1.done.2 --done--> on_end.1
fourth.1/transferring --failed--> fourth.1.failed.1/playing
fourth.1.failed.1/playing --done--> fourth.2/playing
hanging_up --over--> on_end.1
on_end.1 --done--> ended
on_end.1 --error--> ended
on_end.1 x hang_up`},
		{"reject", `
start: main
states: {main: {reject: busy}}`, `
idle --start--> main.1/rejecting
main.1/rejecting --over--> ended
main.1/rejecting --error--> on_error.1/playing
main.1/rejecting x failed`},
		{"sections", `
actions: {save: {}}
start: main
states: {main: [{play: hello}, end]}
on_error: [{play: sorry}, {log: failed}]
on_hangup: [{do: save}, {milestone: left, when: call.participants > 1}]
on_end: [{do: save, failed: [{log: lost}]}, {milestone: over}]`, `
main.1/playing --hang_up--> on_hangup.1/acting
main.1/playing --error--> on_error.1/playing
on_error.1/playing --done--> on_error.2
on_error.1/playing --hang_up--> on_hangup.1/acting
on_error.2 --done--> hanging_up
on_error.2 --error--> hanging_up
on_hangup.1/acting --ok--> on_hangup.2/when
on_hangup.1/acting --failed--> on_hangup.2/when
on_hangup.1/acting --error--> on_end.1/acting
on_hangup.1/acting x hang_up
on_hangup.2/when --skip--> on_end.1/acting
on_hangup.2 --done--> on_end.1/acting
on_end.1/acting --ok--> on_end.2
on_end.1/acting --failed--> on_end.1.failed.1
on_end.1.failed.1 --done--> on_end.2
on_end.2 --done--> ended
hanging_up --over--> on_end.1/acting`},
		{"on_error finds a way on", `
start: main
states: {main: [{play: hello}, {goto: agent}], agent: {transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: end}}
on_error: [{play: sorry}, {goto: agent}]`, `
on_error.2 --done--> agent.1/transferring
agent.1/transferring --error--> on_error.1/playing`},
		{"switch", `
vars: {n: {type: number, default: 1}}
start: main
states:
  main:
    - switch: [{when: n > 3, then: end}, {when: n > 2, then: [{play: hello}]}]
    - play: hello
    - switch: [{when: n > 3, then: end}, {else: main}]`, `
main.1 --case_1--> hanging_up
main.1 --case_2--> main.1.case_2.1/playing
main.1.case_2.1/playing --done--> main.2/playing
main.1 --done--> main.2/playing
main.3 --case_1--> hanging_up
main.3 --else--> main.1
main.3 x done`},
		{"global keys, and handlers of the flow", `
vars: {code: {type: digits, length: 4}}
handlers:
  failed: bye
  gave_up: {play: sorry, done: bye}
  keys: {0: bye, star: repeat, pound: end}
start: main
states:
  main:
    - menu: ask
      keys: {1: repeat, 2: [], 0: end}
    - collect: code
    - goto: bye
  bye: [{play: bye}, end]`, `
main.1/collecting --key_0--> hanging_up
main.1/collecting --key_star--> main.1/prompting
main.1/collecting --key_pound--> hanging_up
main.1/collecting --gave_up--> main.1.gave_up.1/playing
main.1.gave_up.1/playing --done--> bye.1/playing
main.1/collecting --failed--> bye.1/playing
main.2/collecting x key_0
main.2/collecting x key_pound
main.2/collecting --key_star--> main.2/prompting
main.2/collecting --gave_up--> main.2.gave_up.1/playing
main.2/collecting --done--> main.3
bye.1/playing --failed--> bye.1/playing`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := good(t, strings.TrimPrefix(tt.body, "\n"))
			moves(t, f, tt.want)
			places(t, f)
		})
	}
}

// places checks that every state of the machine stands for a step.
func places(t *testing.T, f *flow.Flow) {
	t.Helper()
	for _, state := range f.Machine.States() {
		if state == flow.StateIdle {
			continue
		}
		p, ok := f.At(state)
		switch {
		case !ok:
			t.Errorf("no place for %s", state)
		case p.Step == flow.None:
		case f.Steps[p.Step].StateName(p.Phase) != state:
			t.Errorf("%s is said to be %s of %s", state, p.Phase, f.Steps[p.Step].ID)
		}
	}
	for _, s := range f.Steps {
		for outcome, e := range s.Edges {
			checkEdge(t, s, outcome, e)
		}
	}
}

func checkEdge(t *testing.T, s *flow.Step, path string, e *flow.Edge) {
	t.Helper()
	if e.Pos.Line == 0 && !s.BuiltIn {
		t.Errorf("%s/%s has no place", s.ID, path)
	}
	if e.Counter == "" {
		return
	}
	if want := s.ID + "/" + path; e.Counter != want || e.UpTo < 1 {
		t.Errorf("counter %q to %d, want %q", e.Counter, e.UpTo, want)
	}
	checkEdge(t, s, path+".then", e.Then)
	checkEdge(t, s, path+".else", e.Else)
}

// Options and outcomes may stand in three places, and mean the same in each.
func TestThreePlaces(t *testing.T) {
	want := ""
	for _, body := range []string{
		"main:\n    - menu: ask\n      keys: {1: end}\n      tries: 2\n      gave_up: repeat\n",
		"main: {menu: {prompt: ask, keys: {1: end}, tries: 2, gave_up: repeat}}\n",
		"main:\n    menu: ask\n    keys: {1: end}\n    tries: 2\n    outcomes: {gave_up: repeat}\n",
		"main: {menu: {prompt: ask, keys: {1: end}, outcomes: {gave_up: repeat}}, tries: 2}\n",
	} {
		f := good(t, "start: main\nstates:\n  "+body)
		var got strings.Builder
		for _, m := range f.Machine.Moves() {
			got.WriteString(m.From + " " + m.Trigger + " " + m.To + "\n")
		}
		if m := spec[*flow.Menu](t, f, "main.1"); m.Tries != 2 {
			t.Errorf("%s: tries %d", body, m.Tries)
		}
		if want == "" {
			want = got.String()
		}
		if got.String() != want {
			t.Errorf("%s: other moves:\n%s", body, got.String())
		}
	}
}

// The version changes with anything that changes what callers hear.
func TestVersion(t *testing.T) {
	a := good(t, "start: main\nstates: {main: [{play: hello}, end]}\n")
	b := good(t, "start: main\nstates: {main: [{play: hello}, end]}\n")
	c := good(t, "start: main\nstates: {main: [{play: bye}, end]}\n")
	if a.Version != b.Version || a.Version == c.Version || len(a.Version) != 64 {
		t.Errorf("versions %s, %s, %s", a.Version, b.Version, c.Version)
	}
}
