package prove

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// planted is a fault that somebody makes in a flow, and what is to be said of it.
type planted struct {
	name     string
	file     string // below the root of the tree
	old, new string // what is changed
	add      string // an invariant besides; "" for none
	property string // of which it is said: its name, or the invariant
	says     string // a part of what is said
}

const (
	bankFile   = "examples/bank/bank_balance.ivr.yaml"
	frontFile  = "examples/frontdesk/frontdesk.ivr.yaml"
	simpleFile = "examples/simpleivr/simpleivr.ivr.yaml"
	recordFile = "examples/recorder/recorder.ivr.yaml"
	remindFile = "examples/reminder/appointments.ivr.yaml"
	visitFile  = "examples/survey/visit.ivr.yaml"
	huntFile   = "examples/hunt/workshop.ivr.yaml"
	backFile   = "examples/callback/call_back.ivr.yaml"
	deskFile   = "examples/callback/helpdesk.ivr.yaml"
	assistFile = "examples/assistant/assistant.ivr.yaml"
	demoFile   = "flows/demo/demo.ivr.yaml"
	surveyFile = "flows/survey/example.ivr.yaml"
	askFile    = "flows/survey/survey.ivr.yaml"
	pinFile    = "flows/pin/pin.ivr.yaml"
)

func plantedFaults() []planted {
	told := "play(your_balance_is) requires verify.ok"
	wrong := "wrong: {up_to: 2, then: [{play: wrong_pin}, {goto: login}], else: agent}"
	return []planted{
		{"the balance is told whatever the PIN", bankFile, wrong, "wrong: tell", "", told, "without verify.ok before it"},
		{"the balance is told if the check fails", bankFile, "      ok: tell\n", "      ok: tell\n      failed: tell\n", "", told, "without verify.ok"},
		{"a locked account is told its balance", bankFile, "locked: [{play: locked}, end]", "locked: [{play: locked}, {goto: tell}]", "", told, "without verify.ok"},
		{"the PIN is not asked for after errors", bankFile, "      prompt: [enter_pin, then_pound]\n      gave_up: agent", "      prompt: [enter_pin, then_pound]\n      gave_up: tell", "", told, "without verify.ok"},
		{"no way to the agent from the menu", bankFile, "0: agent, star: bye", "0: bye, star: bye", "", "can: reach agent within 16 keys", "cannot be reached at all"},
		{"the way to goodbye is long", bankFile, "can: reach agent within 16 keys", "can: reach bye within 5 keys", "", "can: reach bye within 5 keys", "keys to reach"},
		{"a menu that asks for ever", bankFile, "gave_up: bye\n", "gave_up: tell\n", "", "silence", "says and presses nothing"},
		{"fewer steps than it takes", bankFile, "within 200 steps", "within 5 steps", "", "must: reach agent or end within 5 steps", ""},
		{"a limit that is too far away", bankFile, "steps: 190", "steps: 500", "", "must: reach agent or end within 200 steps", "go round and round"},
		{"the agent is asked for ever", bankFile, "failed: [{play: no_agents}, end]", "failed: agent", "", "silence", "says and presses nothing"},
		{"the reception is in no menu", frontFile, "handlers:\n  keys: {0: reception}           # in every menu\n", "", "", "can: reach reception within 1 keys", "reception"},
		{"a message is delivered unheard", frontFile, "can: reach reception within 1 keys", "do(deliver) requires play(you_said)", "", "do(deliver) requires play(you_said)", "without play(you_said)"},
		{"delivered twice", frontFile, "    - forget: message            # so that on_hangup does not deliver it again\n", "",
			"  - never: do(deliver) after play(thank_you)\n", "never: do(deliver) after play(thank_you)", "after play(thank_you)"},
		{"thrown away and yet delivered", frontFile, "  throw_away:\n    - forget: message\n", "  throw_away:\n",
			"  - never: do(deliver) after play(thrown_away)\n", "never: do(deliver) after play(thrown_away)", "after play(thrown_away)"},
		{"a message that is still there", frontFile, "  throw_away:\n    - forget: message\n", "  throw_away:\n",
			"  - always: not has(message) at play(thrown_away)\n", "always: not has(message) at play(thrown_away)", "does not hold"},
		{"nobody is free, for ever", frontFile, "    - play: nobody_free\n    - goto: mailbox\n", "    - play: nobody_free\n    - goto: reception\n", "", "silence", "says and presses nothing"},
		{"nothing but hanging up", frontFile, "    - play: goodbye\n    - end\n", "    - play: goodbye\n    - goto: bye\n", "", "way_out", "nothing but hanging up"},
		{"silence goes round", simpleFile, "gave_up: no_choice", "gave_up: greeting", "", "silence", "says and presses nothing"},
		{"closed is open", simpleFile, "must: reach sales or support or billing or end within 100 steps", "play(closed_now) requires office_hours.open", "",
			"play(closed_now) requires office_hours.open", "without office_hours.open"},
		{"the caller is told to call again, and not told", simpleFile, "must: reach sales or support or billing or end within 100 steps", "must: reach no_choice within 100 steps", "",
			"must: reach no_choice within 100 steps", "the call ends without no_choice"},
		{"kept without being heard", recordFile, "  - milestone: left\n", "  - milestone: left\ninvariants:\n  - do(keep) requires play(you_said)\n", "", "do(keep) requires play(you_said)", "without play(you_said)"},
		{"nothing heard, for ever", recordFile, "empty: {up_to: 2, then: [{play: nothing_heard}, repeat], else: bye}", "empty: [{play: nothing_heard}, repeat]", "", "silence", "says and presses nothing"},
		{"listens for ever", recordFile, "gave_up: store ", "gave_up: listen ", "", "silence", "says and presses nothing"},
		{"busy for ever", remindFile, "busy: {up_to: 2, then: [{wait: 10m}, {goto: call_them}], else: end}", "busy: [{wait: 10m}, {goto: call_them}]", "", "silence", ""},
		{"nobody answers, for ever", remindFile, "no_answer: {up_to: 1, then: [{wait: 1h}, {goto: call_them}], else: end}", "no_answer: [{wait: 1h}, {goto: call_them}]", "", "must: reach end within 300 steps", ""},
		{"goodbye goes on", visitFile, "  bye:\n    - play: goodbye\n    - end\n", "  bye:\n    - play: goodbye\n    - goto: bye\n", "", "way_out", "nothing but hanging up"},
		{"what went wrong is asked of nobody", visitFile, "average < 3", "average < 0", "", "reach", "no call reaches the state went_wrong"},
		{"a survey without an end", surveyFile, "abandoned: []\n", "abandoned: main\n", "", "silence", "says and presses nothing"},
		{"the ninth score is lost", askFile, "scores[6], scores[7], score]}\"}}]}\n        - {else", "scores[6], scores[8], score]}\"}}]}\n        - {else", "", "faults", ""},
		{"an eleventh question that none asks", askFile, "        - {when: asked == 8,", "        - {when: asked == 10, then: finished}\n        - {when: asked == 8,", "", "reach", "no call takes the outcome"},
		{"a tenth PIN that none tries", pinFile, "then: too_many}\n", "then: too_many}\n        - {when: failures == 10, then: locked}\n", "", "reach", "no call takes the outcome case_2"},
		{"one more PIN", pinFile, "    - play: too_many\n    - return: wrong\n", "    - play: too_many\n    - goto: ask\n",
			"invariants:\n  - never: do(check_pin) after play(too_many)\n", "never: do(check_pin) after play(too_many)", "after play(too_many)"},
		{"a hunt that begins anew", huntFile, "      exhausted: nobody_free\n", "      exhausted: welcome\n", "", "silence", "says and presses nothing"},
		{"open at all times", huntFile, "open: {mon-fri: 09:00-18:00, sat: 09:00-13:00}, holidays: GB-ENG", "open: {mon-sun: 00:00-24:00}", "", "reach", "no call takes the outcome closed"},
		{"calls back for ever", backFile, "busy: {up_to: 2, then: [{wait: 10m}, {goto: call_them}], else: not_reached}", "busy: [{wait: 10m}, {goto: call_them}]", "", "silence", ""},
		{"a menu for ever", demoFile, "gave_up: bye}", "gave_up: main_menu}", "", "silence", "says and presses nothing"},
		{"the baker is asked again and again", demoFile, "failed: [{play: no_baker}, {goto: main_menu}]", "failed: [{play: no_baker}, {goto: baker}]", "", "silence", ""},
		{"an order that does not matter", demoFile, "on_hangup: [{milestone: caller_left}]", "invariants:\n  - play(is_ready) requires key(9)\n", "", "play(is_ready) requires key(9)", "without key(9)"},
		{"an order that is said as a time", demoFile, "{say_as: digits, value: \"${order}\"}", "{say_as: time, value: \"${order}\"}", "", "faults", "say_as time"},
		{"an order that is not 1", demoFile, "on_hangup: [{milestone: caller_left}]", "invariants:\n  - always: has(order) && order == \"0001\" at play(is_ready)\n", "", "always: has(order) && order == \"0001\" at play(is_ready)", "does not hold"},
		{"recorded without having been told", assistFile, "    - play: recording_begins\n      barge_in: false                    # all are told, whoever presses keys\n", "", "",
			"record requires play(recording_begins)", "without play(recording_begins)"},
		{"on hold for ever", assistFile, "    - resume:\n      failed: not_done\n", "", "", "always: not call.held at play(back)", "does not hold"},
		{"on hold without a way back", assistFile, "when: call.held, then", "when: call.held && call.routes > 0, then", "", "can: reach take_back within 2 keys", "cannot be reached at all"},
		{"heard by one for ever", assistFile, "    - route_audio: {stop: true}\n      failed: {up_to: 2, then: repeat, else: end}  # without it nobody would hear the bot\n", "", "",
			"always: call.routes == 0 at state(listen)", "does not hold"},
		{"heard by one if it cannot be ended", assistFile, "then: repeat, else: end}", "then: repeat, else: listen}", "", "always: call.routes == 0 at state(listen)", "does not hold"},
		{"alone for ever", assistFile, "  look:\n    - switch:\n        - {when: call.participants > 1,", "  look:\n    - switch:\n        - {when: call.participants > 0,", "", "silence", "alone in the meeting"},
		{"joins for ever", assistFile, "      failed: [{tag: {name: not_joined, text: \"${result.reason}\"}}, end]", "      failed: main", "", "silence", "alone in the meeting"},
		{"goodbye after the beginning", deskFile, "    - end\n", "    - end\ninvariants:\n  - never: play(goodbye) after state(main)\n", "", "never: play(goodbye) after state(main)", "after state(main)"},
	}
}

// Faults that people make are found, and named.
func TestFindsPlantedFaults(t *testing.T) {
	found := 0
	for _, fault := range plantedFaults() {
		t.Run(fault.name, func(t *testing.T) {
			f := fault.flow(t)
			if f == nil {
				return
			}
			r, err := Run(context.Background(), f, Options{})
			if err != nil {
				t.Fatal(err)
			}
			said := []string{}
			for _, p := range r.Properties {
				for _, x := range p.Findings {
					said = append(said, p.Name+": "+p.Text+": "+x.Text)
					if (p.Name == fault.property || p.Text == fault.property) && strings.Contains(x.Text, fault.says) && p.Verdict == Broken {
						found++
						return
					}
				}
			}
			t.Errorf("it is not found; there is\n%s", strings.Join(said, "\n"))
		})
	}
	if found < 30 {
		t.Errorf("%d faults were found", found)
	}
}

// Conditions for which the tried values may not stand for all others are noted.
func TestNotesConditionsBeyondIt(t *testing.T) {
	bounded := "int(failures) >= 1 && int(failures) >= tries || int(failures) >= 10"
	for _, p := range []planted{
		{name: "no bound of the number", file: pinFile, old: bounded, new: "failures >= tries", says: "depends on more of tries"},
		{name: "none below", file: pinFile, old: bounded, new: "int(failures) >= tries || int(failures) >= 10", says: "depends on more of tries"},
		{name: "what it is compared with may be no whole number", file: pinFile, old: bounded, new: "failures >= 1 && failures >= tries || failures >= 10", says: "depends on more of tries"},
		{name: "no bound of the length", file: askFile, old: "asked >= len(questions) || asked >= 10", new: "asked >= len(questions)", says: "depends on more of questions"},
		{name: "too many lengths", file: askFile, old: "|| asked >= 10", new: "|| asked >= 50", says: "depends on more of questions"},
		{name: "a long text", file: askFile, old: "when: introduction != \"\"", new: "when: len(introduction) > 500", says: "the length of introduction"},
	} {
		t.Run(p.name, func(t *testing.T) {
			r, err := Run(context.Background(), p.flow(t), Options{})
			if err != nil {
				t.Fatal(err)
			}
			noted := slices.ContainsFunc(r.Doubts, func(d Doubt) bool { return strings.Contains(d.Text, p.says) })
			if !noted || r.Verdict() == Proved {
				t.Errorf("%s, with the doubts %v", r.Verdict(), r.Doubts)
			}
		})
	}
}

// flow is the flow with the fault in it.
func (p planted) flow(t *testing.T) *flow.Flow {
	t.Helper()
	dir := filepath.Join("../..", filepath.Dir(p.file))
	files := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(p.file)
	text := string(files[name].Data)
	if strings.Count(text, p.old) != 1 {
		t.Fatalf("%q stands there %d times", p.old, strings.Count(text, p.old))
	}
	files[name].Data = []byte(strings.Replace(text, p.old, p.new, 1) + p.add)
	f, list, err := flow.Load(files, name)
	if f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}
