package bot_test

import (
	"slices"
	"testing"
)

// running is a flow in which a secret goes where it may, and must come to
// light nowhere. Without its mark it does: that is how the test knows that it
// would see it.
type running struct {
	name  string
	steps string
	more  string   // keys that are typed after the secret
	keys  string   // keys that are typed instead of it
	open  []string // where it is seen without the mark; nil: nowhere
}

func plantsOfCalls() []running {
	told := []string{inLog, inRecord, inDetails}
	heard := []string{inAudio, inGraph}
	do := func(action, what string) string {
		return "- do: " + action + "\n  with: {what: \"" + what + "\"}\n  failed: [{play: bye}]"
	}
	const load = "- do: load\n  failed: end\n"
	return []running{
		// What an action is given, and tells in its errors.
		{name: "input", steps: "- do: verify\n  failed: end", open: []string{inPrinted}},
		{name: "input with a default", steps: "- do: verify\n  with: {pin: \"${pin ?? ''}\"}\n  failed: end", open: []string{inPrinted}},
		{name: "input in a text", steps: do("late", "no. ${pin}"), open: []string{inPrinted}},
		{name: "input in a list", steps: do("late", "${[1, pin]}"), open: []string{inPrinted}},
		{name: "error", steps: do("fails", "${pin}"), open: told},
		{name: "error of a number", steps: do("fails", "${int(pin)}"), open: []string{inPrinted}},
		{name: "error of a map", steps: load + do("fails", "${person}"), open: told},
		{name: "error of an entry", steps: load + do("fails", "${person.number}"), open: told},
		{name: "error of a list", steps: load + do("fails", "${codes}"), open: told},
		{name: "error of a value used once", steps: "- collect: {var: tan}\n  gave_up: end\n" + do("fails", "${tan}"), more: secret, open: told},
		{name: "error of the configuration", steps: do("fails", "${config.door}"), open: told},
		{name: "time-out", steps: do("late", "${pin}"), open: told},
		{name: "panic", steps: do("panics", "${pin}"), open: told},
		// What an action gives back into a variable without a mark.
		{name: "copied into a log", steps: load + `- log: "${text}"`, open: []string{inRecord}},
		{name: "copied into a tag", steps: load + `- tag: {name: copy, text: "${text}"}`, open: []string{inRecord}},
		{name: "copied into a milestone", steps: load + `- milestone: {name: copy, text: "${text}"}`, open: []string{inRecord}},
		{name: "configuration copied into a log", steps: "- do: echo\n  with: {what: \"${config.door}\"}\n  failed: end\n- log: \"${text}\"", open: []string{inRecord}},
		{name: "copied into the language", steps: load + `- set: {locale: "${text}"}`},
		{name: "copied into a target", steps: load + "- transfer: {phone: \"+${text}\", dynamic: true}\n  failed: [{play: bye}]"},
		{name: "copied into keys that are sent", steps: load + "- send_keys: \"${text}\"\n  failed: end"},
		// What another flow is given and gives back.
		{name: "parameter", steps: "- call: helper\n  with: {hidden: \"${pin}\"}\n  into: {found: hidden}", open: slices.Concat(told, heard)},
		{name: "result", steps: "- call: helper\n  with: {hidden: \"${pin}\"}\n  into: {found: hidden}\n" + do("fails", "${hidden}"), open: told},
		{name: "copied into a parameter", steps: load + "- call: helper\n  with: {open: \"${text}\"}", open: []string{inRecord}},
		// What a web service is told, and tells.
		{name: "header of a request", steps: "- http: {get: \"https://api.example.com/\", headers: {X-Pin: \"${pin}\"}}\n  failed: end"},
		{name: "body of a request", steps: "- http: {post: \"https://api.example.com/\", json: {pin: [\"${pin}\"]}}\n  failed: end"},
		{name: "request that is refused", steps: "- http: {post: \"https://api.example.com/\", headers: {X: \"${pin + 'ü'}\"}}\n  failed: end"},
		{name: "input of an HTTP action", steps: "- do: send\n  with: {key: \"${pin}\"}\n  failed: end"},
		{name: "answer that does not fit", steps: "- http: {get: \"https://api.example.com/\", into: {echo: day}}\n  failed: end"},
		{name: "answer copied into a log", steps: "- http: {get: \"https://api.example.com/\", into: {echo: text}}\n  failed: end\n- log: \"${text}\"", open: []string{inRecord}},
		// What the caller hears.
		{name: "text", steps: `- play: {say: "You typed ${pin}."}`, open: heard},
		{name: "text of a variable", steps: "- set: {hidden: \"no. ${pin}\"}\n- play: {say: \"${hidden}\"}", open: heard},
		{name: "text for who is called", steps: "- transfer: {user: \"${config.desk}\", kind: consult, announce: {say: \"no. ${pin}\"}}\n  failed: [{play: bye}]", open: heard},
		{name: "text of a map", steps: load + `- play: {say: "${person.number}"}`, open: heard},
		{name: "text of the configuration", steps: `- play: {say: "The door is ${config.door}."}`, open: heard},
		{name: "text with a condition", steps: `- play: [hello, {say: "${pin}", when: has(pin)}]`, open: heard},
		{name: "say_as digits", steps: `- play: {say_as: digits, value: "${pin}"}`, open: heard},
		{name: "say_as characters", steps: `- play: {say_as: characters, value: "${pin}"}`, open: heard},
		{name: "say_as number", steps: `- play: {say_as: number, value: "${int(pin)}"}`, open: heard},
		{name: "say_as phone", steps: `- play: {say_as: phone, value: "${pin}"}`, open: heard},
		{name: "say_as of what is none", steps: "- play: {say_as: date, value: \"${pin}\"}"},
		{name: "read back", steps: "- confirm: pin\n  rejected: end\n  gave_up: end", more: "1", open: heard},
		{name: "prompt of a try", steps: "- menu: hello\n  keys: {1: end}\n  gave_up: [{play: bye}]\n  no_match: [{say: \"not ${pin}\"}]", more: "9", open: heard},
		{name: "choice", steps: load + "- menu: {prompt: hello, choices: codes, into: hidden}\n  gave_up: [{play: bye}]", open: heard},
		{name: "prompt of a menu", steps: "- menu: {say: \"${pin}\"}\n  keys: {1: end}\n  gave_up: [{play: bye}]", more: "1", open: heard},
		{name: "text that cannot be spoken", steps: "- play: {say: \"broken ${pin}\"}\n  failed: end", open: []string{inLog, inDetails}},
		{name: "text at which the synthesiser panics", steps: "- play: {say: \"terrible ${pin}\"}\n  failed: end", open: []string{inLog}},
		// What decides, and what fails.
		{name: "condition", steps: "- switch: [{when: pin startsWith \"7\", then: [{log: right}]}, {else: end}]"},
		{name: "value of another type", steps: "- set: {hidden: \"no. ${pin}\"}\n- set: {day: \"${hidden}\"}"},
		{name: "expression that fails", steps: "- set: {hidden: \"no. ${pin}\"}\n- set: {hidden: \"${string(int(hidden))}\"}"},
		{name: "forgotten", steps: "- forget: pin\n- log: \"${has(pin)}\""},
		// What is typed.
		{name: "typed", steps: "- play: hello", open: []string{inJournal}},
		{name: "typed in part", steps: "- play: hello", keys: secret[:7]},
		{name: "typed twice", steps: "- play: hello", more: secret},
		{name: "recorded", steps: "- record: {var: message, consent: not_required, max: 2s, beep: false}\n  empty: [{play: bye}]\n" +
			"- play: message\n  when: has(message)"},
	}
}

// Calls are played end to end, through the bot and the simulator, and all that
// leaves the bot is searched.
func TestPlantsOfCalls(t *testing.T) {
	for _, p := range plantsOfCalls() {
		t.Run(p.name, func(t *testing.T) {
			hidden := p.play(t, true)
			for _, sink := range hidden.found(hidden.needles()) {
				t.Errorf("the secret is in %s:\n%s", sink, hidden.seen[sink])
			}
			open := p.play(t, false)
			seen := open.found(open.needles())
			for _, sink := range p.open {
				if !slices.Contains(seen, sink) {
					t.Errorf("without the mark the search finds nothing in %s, only in %q:\n%s", sink, seen, open.seen[sink])
				}
			}
		})
	}
}

func (p running) play(t *testing.T, marked bool) *wiretap {
	t.Helper()
	f, list := loadPlant(t, plantFlow(marked, p.steps))
	if f == nil {
		t.Fatalf("marked %t, the flow is refused:\n%s", marked, list)
	}
	w := tap(t, f)
	if p.keys == "" {
		p.keys = secret
	}
	w.play(p.keys + p.more)
	return w
}

// In the places that show a secret in no flow at all the search is tried with
// one that the test puts there.
func TestSearch(t *testing.T) {
	w := running{steps: "- milestone: {name: began, text: now}\n- play: hello\n- do: fails\n  with: {what: \"${pin}\"}\n  failed: [{play: bye}]\n" +
		"- record: {var: message, consent: not_required, max: 2s, beep: false}\n  empty: end\n- play: message"}.play(t, true)
	for _, sink := range sinksOfCalls() {
		if sink != inFiles && (w.seen[sink].Len() < 10) {
			t.Errorf("nothing was seen of %s", sink)
		}
		for _, form := range disguises(secret) {
			w.note(sink, "x"+form+"x")
			if got := w.found([]string{form}); !slices.Contains(got, sink) {
				t.Errorf("the search does not find %q in %s", form, sink)
			}
		}
	}
}

// Each kind of sink has a plant, and there are enough of them.
func TestEverySinkHasAPlant(t *testing.T) {
	loading := map[string]int{"redirect": 1, "result.keys": 2, "meeting": 12}
	for _, p := range plantsAtLoad() {
		loading[p.sink]++
	}
	for _, sink := range sinksAtLoad() {
		if loading[sink] == 0 {
			t.Errorf("no plant for the loader in %q", sink)
		}
		delete(loading, sink)
	}
	if len(loading) > 0 {
		t.Errorf("plants in sinks that are not in the list: %v", loading)
	}
	shown := map[string]bool{inTrace: true, inProbes: true, inEvents: true, inFiles: true, inOutline: true} // only TestSearch can put one there
	for _, p := range plantsOfCalls() {
		for _, sink := range p.open {
			shown[sink] = true
		}
	}
	for _, sink := range sinksOfCalls() {
		if !shown[sink] {
			t.Errorf("no plant is seen in %s without its mark", sink)
		}
	}
	if n := len(plantsAtLoad()) + len(plantsOfCalls()); n < 50 {
		t.Errorf("%d plants; want at least 50", n)
	}
}
