package engine_test

import "testing"

// timing is a row of a table of keys and time: the steps of a flow, of which
// the first begins when audio is there, what the caller presses, and what then
// happens, at which times. Each part of a prompt lasts 2 s.
type timing struct{ name, steps, keys, want string }

func testTimings(t *testing.T, rows []timing) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			f := load(t, `
ivr: 1
flow: timing
prompts: {ask: "Enter it.", silent: "I heard nothing.", silent2: "Still nothing.", wrong: "That is wrong.", wrong2: "Wrong again.", hello: "Hello."}
vars:
  digit: {type: digits, length: 1}
  two: {type: digits, length: 2, check: "value != '99'"}
  four: {type: digits, length: 4}
  some: {type: digits, length: 2..6}
defaults:
  collect: {gave_up: end}
  menu: {gave_up: end}
start: main
states:
  main: [`+row.steps+`, end]
`)
			c := dial(t, f)
			c.press(row.keys)
			if got := c.run(); got != row.want {
				t.Errorf("%s\nkeys %q\n got %s\nwant %s", row.steps, row.keys, got, row.want)
			}
		})
	}
}

// The timing diagrams of VoiceXML 2.0, appendix D.1, by their titles, and what
// the text beside them says. There, timeout is our first_key, interdigittimeout
// between_keys, termtimeout terminate and termchar ends_with. The prompt ends
// at 2s.
//
// Of the diagrams of D.2, which are about speech, two have a meaning for keys:
// the timeout without input, which is the first one here, and maxspeechtimeout,
// which is whole.
func TestTimingDiagrams(t *testing.T) {
	const (
		four = `{collect: four, prompt: ask, first_key: 5s, between_keys: 3s, tries: 1}, {log: "${four}"}`
		some = `{collect: some, prompt: ask, first_key: 5s, between_keys: 3s, tries: 1}, {log: "${some}"}`
		term = `{collect: four, prompt: ask, first_key: 5s, between_keys: 3s, terminate: 2s, tries: 1}, {log: "${four}"}`
		none = `{collect: four, prompt: ask, first_key: 5s, between_keys: 3s, terminate: 2s, ends_with: none, tries: 1}, {log: "${four}"}`
		most = `{collect: some, prompt: ask, first_key: 5s, between_keys: 3s, whole: 6s, tries: 1}, {log: "${some}"}`
	)
	testTimings(t, []timing{
		{"timeout, no input provided", four, "", "0s play ask, 7s no_input, 7s gave_up"},
		{"timeout has no effect once the first key is there", four, "6999ms:1 9998ms:2 12997ms:3 15996ms:4", "0s play ask, 15.996s log 1234"},
		{"interdigittimeout, grammar is not ready to terminate", four, "3s:1 4s:2", "0s play ask, 7s no_match, 7s gave_up"},
		{"interdigittimeout, grammar is ready to terminate", some, "3s:1 4s:2", "0s play ask, 7s log 12"},
		{"termchar and interdigittimeout, grammar can terminate", some, "3s:1 4s:2 5500ms:#", "0s play ask, 5.5s log 12"},
		{"termchar empty when grammar must terminate", none, "3s:1 4s:2 5s:3 5500ms:4", "0s play ask, 5.5s log 1234"},
		{"termchar non-empty and termtimeout when grammar must terminate", term, "3s:1 4s:2 5s:3 5500ms:4", "0s play ask, 7.5s log 1234"},
		{"termchar non-empty when grammar must terminate", term, "3s:1 4s:2 5s:3 5500ms:4 7s:#", "0s play ask, 7s log 1234"},
		{"termchar non-empty and termtimeout 0s when grammar must terminate", four, "3s:1 4s:2 5s:3 5500ms:4", "0s play ask, 5.5s log 1234"},
		{"termtimeout does not apply while more can come", `{collect: some, prompt: ask, between_keys: 3s, terminate: 1s}, {log: "${some}"}`, "3s:1 4s:2", "0s play ask, 7s log 12"},
		{"termchar before grammar can terminate", four, "3s:1 4s:2 4500ms:#", "0s play ask, 4.5s no_match, 4.5s gave_up"},
		{"termchar as the only input", four, "3s:#", "0s play ask, 3s no_input, 3s gave_up"},
		{"invalid DTMF input, until interdigittimeout", four, "3s:1 4s:*", "0s play ask, 7s no_match, 7s gave_up"},
		{"invalid DTMF input, until termchar", four, "3s:* 4s:#", "0s play ask, 4s no_match, 4s gave_up"},
		{"maxspeechtimeout", most, "3s:1 5500ms:2 8s:3", "0s play ask, 9s log 123"},
	})
}

func TestFirstKey(t *testing.T) {
	const (
		step  = `{collect: four, prompt: ask, first_key: 5s, between_keys: 3s, tries: 1}, {log: "${four}"}`
		again = `{collect: four, prompt: [ask, ask], first_key: 5s, no_input: [[silent, silent, silent]], tries: 2}`
	)
	testTimings(t, []timing{
		{"not while the prompt plays", again, "", "0s play ask ask, 9s no_input, 9s play silent silent silent ask ask, 24s no_input, 24s gave_up"},
		{"from the start without a prompt", `{collect: four, first_key: 4s, tries: 1}`, "", "4s no_input, 4s gave_up"},
		{"a key in time", step, "6999ms:1", "0s play ask, 9.999s no_match, 9.999s gave_up"},
		{"a key at the last moment", step, "7s:1", "0s play ask, 10s no_match, 10s gave_up"},
		{"a key too late", step, "7001ms:1", "0s play ask, 7s no_input, 7s gave_up"},
		{"not after a key in the prompt", step, "1s:1", "0s play ask, 1s cancel, 4s no_match, 4s gave_up"},
		{"not after a key that was typed ahead", `{play: hello}, ` + step, "1s:1", "0s play hello, 5s no_match, 5s gave_up"},
		{"in a menu", `{menu: ask, first_key: 4s, tries: 1, keys: {1: []}}`, "", "0s play ask, 6s no_input, 6s gave_up"},
	})
}

func TestBetweenKeys(t *testing.T) {
	const (
		some = `{collect: some, prompt: ask, between_keys: 3s, tries: 1}, {log: "${some}"}`
		menu = `{menu: ask, between_keys: 2s, tries: 1, keys: {1: [], 10: [], 100: [], 22: [], 3: []}}`
	)
	testTimings(t, []timing{
		{"restarts with each key", some, "3s:1 5900ms:2 8800ms:3 11700ms:4", "0s play ask, 14.7s log 1234"},
		{"restarts with a key that is dropped", some, "3s:1 4s:2 6s:*", "0s play ask, 9s log 12"},
		{"a key at the last moment", some, "3s:1 6s:2 9s:3", "0s play ask, 12s log 123"},
		{"a key too late", some, "3s:1 4s:2 7001ms:3", "0s play ask, 7s log 12"},
		{"runs from a key in the prompt", some, "500ms:1 1s:2", "0s play ask, 500ms cancel, 4s log 12"},
		{"not when nothing longer is possible", some, "3s:1 4s:2 5s:3 6s:4 7s:5 8s:6", "0s play ask, 8s log 123456"},
		{"an entry that another begins with", menu, "3s:1", "0s play ask, 5s key_1"},
		{"restarts in a menu", menu, "3s:1 4900ms:0", "0s play ask, 6.9s key_10"},
		{"the longest of the entries, at once", menu, "3s:1 4900ms:0 6800ms:0", "0s play ask, 6.8s key_100"},
		{"an entry that nothing longer begins with, at once", menu, "3s:3", "0s play ask, 3s key_3"},
		{"no entry yet", menu, "3s:2", "0s play ask, 5s no_match, 5s gave_up"},
		{"no entry any more, at once", menu, "3s:1 4s:2", "0s play ask, 4s no_match, 4s gave_up"},
		{"no entry at all, at once", menu, "3s:7", "0s play ask, 3s no_match, 3s gave_up"},
		{"too late for the longer entry", menu, "3s:1 5001ms:0", "0s play ask, 5s key_1"},
	})
}

func TestWhole(t *testing.T) {
	const (
		four = `{collect: four, prompt: ask, between_keys: 3s, whole: 4s, tries: 1}`
		two  = `{collect: some, prompt: ask, between_keys: 3s, whole: 4s}, {log: "${some}"}, {collect: four, first_key: 5s, between_keys: 2s, whole: 9s, tries: 1}, {log: "${four}"}`
	)
	testTimings(t, []timing{
		{"runs from the first key", four, "6s:1 8s:2", "0s play ask, 10s no_match, 10s gave_up"},
		{"runs from the first key, dropped or not", four, "3s:* 5s:1", "0s play ask, 7s no_match, 7s gave_up"},
		{"does not restart with keys", four, "3s:1 4500ms:2 6s:3", "0s play ask, 7s no_match, 7s gave_up"},
		{"ends with the step", two, "3s:1 3500ms:2 4s:# 5s:5 6s:6 7s:7 8s:8", "0s play ask, 4s log 12, 8s log 5678"},
		{"ends with the try", `{collect: four, prompt: ask, first_key: 9s, whole: 4s, tries: 2}`, "3s:1 4s:#",
			"0s play ask, 4s no_match, 4s play ask, 15s no_input, 15s gave_up"},
		{"judges a full entry whose terminator may come", `{collect: digit, prompt: ask, terminate: 9s, whole: 4s}, {log: "${digit}"}`, "3s:1", "0s play ask, 7s log 1"},
	})
}

func TestTerminator(t *testing.T) {
	const (
		step  = `{collect: digit, prompt: ask}, {log: "${digit}"}, {play: {prompt: [hello, hello], barge_in: true}}`
		late  = `{collect: digit, prompt: ask, terminate: 2s}, {log: "${digit}"}, {play: {prompt: [hello, hello], barge_in: true}}`
		check = `{collect: two, prompt: ask, no_match: [[wrong, wrong]], tries: 2}, {log: "${two}"}`
	)
	testTimings(t, []timing{
		{"dropped after a full entry", step, "3s:1 4s:#", "0s play ask, 3s log 1, 3s play hello hello"},
		{"dropped for 3 s", step, "3s:1 6s:#", "0s play ask, 3s log 1, 3s play hello hello"},
		{"a key like any other after 3 s", step, "3s:1 6001ms:#", "0s play ask, 3s log 1, 3s play hello hello, 6.001s cancel"},
		{"dropped once", step, "3s:1 4s:# 5s:#", "0s play ask, 3s log 1, 3s play hello hello, 5s cancel"},
		{"dropped only as the very next key", step, "3s:1 4s:7", "0s play ask, 3s log 1, 3s play hello hello, 4s cancel"},
		{"dropped after terminate is over", late, "3s:1 6s:#", "0s play ask, 5s log 1, 5s play hello hello"},
		{"not dropped if it ended the entry", late, "3s:1 4s:# 5s:#", "0s play ask, 4s log 1, 4s play hello hello, 5s cancel"},
		{"dropped in the prompt after a failed check", check, "3s:9 4s:9 5s:# 6s:1 7s:2",
			"0s play ask, 4s no_match, 4s play wrong wrong ask, 6s cancel, 7s log 12"},
		{"another key in its place is kept for the next try", `{collect: two, prompt: ask, flush: true, terminate: 2s, tries: 2}, {log: "${two}"}`, "3s:9 4s:9 5s:1 6s:2",
			"0s play ask, 5s no_match, 8s log 12"},
		{"dropped if it was typed ahead", `{play: hello}, {collect: digit}, {collect: two}, {log: "${digit} ${two}"}`, "500ms:1 600ms:# 700ms:2 800ms:3", "0s play hello, 2s log 1 23"},
		{"not dropped if another key was typed ahead before it", `{play: hello}, {collect: digit}, {menu: ask, keys: {5: []}}, {menu: ask, keys: {pound: []}}`,
			"500ms:1 600ms:5 700ms:#", "0s play hello, 2s key_5, 2s key_pound"},
	})
}

func TestTypeAhead(t *testing.T) {
	const (
		ahead = `{play: hello}, {collect: some, prompt: ask, between_keys: 3s}, {log: "${some}"}`
		flush = `{play: hello}, {collect: some, prompt: ask, flush: true, tries: 1}, {log: "${some}"}`
		menus = `{play: hello}, {menu: ask, keys: {1: [], 2: []}}, {menu: ask, keys: {1: [], 2: []}}`
	)
	testTimings(t, []timing{
		{"read at once, the prompt is not played", ahead, "500ms:1 1s:2 1500ms:#", "0s play hello, 2s log 12"},
		{"between_keys runs from when they are read", ahead, "500ms:1 1s:2", "0s play hello, 5s log 12"},
		{"the rest is awaited without a prompt", ahead, "500ms:1 4s:2 5s:#", "0s play hello, 5s log 12"},
		{"what is left is for the next step", menus, "500ms:1 1s:2", "0s play hello, 2s key_1, 2s key_2"},
		{"flushed", flush, "500ms:1 1s:2 1500ms:#", "0s play hello, 2s play ask, 9s no_input, 9s gave_up"},
		{"what is pressed in the prompt of a step that flushes counts", flush, "500ms:1 3s:5 4s:6 5s:#", "0s play hello, 2s play ask, 3s cancel, 5s log 56"},
		{"what ends an entry in place of its terminator comes first", `{play: hello}, {collect: two, terminate: 2s}, {menu: ask, keys: {3: []}}, {menu: ask, keys: {4: []}}`,
			"500ms:1 600ms:2 700ms:3 800ms:4", "0s play hello, 2s key_3, 2s key_4"},
		{"an ambiguous entry waits for more", `{play: hello}, {menu: ask, between_keys: 2s, keys: {1: [], 10: []}}`, "500ms:1", "0s play hello, 4s key_1"},
	})
}

func TestBargeIn(t *testing.T) {
	const (
		off   = `{collect: some, prompt: ask, barge_in: false, tries: 1}, {log: "${some}"}`
		plays = `{play: {prompt: [hello, hello], barge_in: true}}, {log: next}, {collect: digit, prompt: ask}, {log: "${digit}"}`
	)
	testTimings(t, []timing{
		{"the key is the first of the entry", `{collect: some, prompt: ask}, {log: "${some}"}`, "1s:1 2s:2 3s:#", "0s play ask, 1s cancel, 3s log 12"},
		{"the key is the choice of a menu", `{menu: ask, keys: {1: []}}, {log: chosen}`, "1s:1", "0s play ask, 1s cancel, 1s key_1, 1s log chosen"},
		{"a wrong key ends the prompt too", `{menu: [ask, ask], keys: {1: []}, tries: 1}`, "1s:2", "0s play ask ask, 1s cancel, 1s no_match, 1s gave_up"},
		{"in an error prompt", `{menu: ask, keys: {1: []}, no_match: [wrong]}`, "3s:2 4s:1", "0s play ask, 3s no_match, 3s play wrong ask, 4s cancel, 4s key_1"},
		{"off: keys are dropped until the prompt ends", off, "1s:1 1999ms:2", "0s play ask, 7s no_input, 7s gave_up"},
		{"off: keys count when the prompt has ended", off, "1s:1 2s:2 3s:3 4s:#", "0s play ask, 4s log 23"},
		{"off: what was typed ahead is forgotten", `{play: hello}, ` + off, "1s:1 1500ms:2", "0s play hello, 2s play ask, 9s no_input, 9s gave_up"},
		{"of a play: the key is kept", plays, "1s:7", "0s play hello hello, 1s cancel, 1s log next, 1s log 7"},
		{"of plays: a key that is kept ends them all", `{play: hello}, {play: {prompt: silent, barge_in: true}}, {play: {prompt: wrong, barge_in: true}}, {collect: digit, prompt: ask}, {log: "${digit}"}`,
			"1s:7", "0s play hello, 2s log 7"},
		{"of a play, off: keys are dropped and forgotten", `{play: hello}, {play: {prompt: hello, barge_in: false}}, {collect: digit, prompt: ask, tries: 1}`, "1s:1 3s:2",
			"0s play hello, 2s play hello, 4s play ask, 11s no_input, 11s gave_up"},
		{"of a play, not said: it goes on, and the key is kept", `{play: hello}, {collect: digit, prompt: ask}, {log: "${digit}"}`, "1s:7", "0s play hello, 2s log 7"},
		{"the next prompt waits for the report, and is heard to its end", `{menu: ask, keys: {1: []}}, {play: hello}, {log: heard}`, "1s:1",
			"0s play ask, 1s cancel, 1s key_1, 1.1s play hello, 3.1s log heard"},
	})
}

func TestTries(t *testing.T) {
	const (
		lists = `no_input: [silent, [silent, silent2]], no_match: [wrong, wrong2], keys: {1: []}`
		step  = `{menu: ask, first_key: 1s, tries: 4, ` + lists + `}`
		alone = `{menu: ask, first_key: 1s, tries: 4, reprompt: false, ` + lists + `}`
	)
	testTimings(t, []timing{
		{"no_input: each try its entry, the last repeats", step, "",
			"0s play ask, 3s no_input, 3s play silent ask, 8s no_input, 8s play silent silent2 ask, 15s no_input, 15s play silent silent2 ask, 22s no_input, 22s gave_up"},
		{"no_match: each try its entry, the last repeats", step, "2500ms:7 7s:7 12s:7 17s:7",
			"0s play ask, 2.5s no_match, 2.5s play wrong ask, 7s no_match, 7s play wrong2 ask, 12s no_match, 12s play wrong2 ask, 17s no_match, 17s gave_up"},
		{"counted apart for the prompts, together for gave_up", step, "7500ms:7 17500ms:7",
			"0s play ask, 3s no_input, 3s play silent ask, 7.5s no_match, 7.5s play wrong ask, 12.5s no_input, 12.5s play silent silent2 ask, 17.5s cancel, 17.5s no_match, 17.5s gave_up"},
		{"without the step's prompt", alone, "4500ms:7 9s:1",
			"0s play ask, 3s no_input, 3s play silent, 4.5s cancel, 4.5s no_match, 4.6s play wrong, 7.6s no_input, 7.6s play silent silent2, 9s cancel, 9s key_1"},
		{"nothing to say: the step's prompt", `{menu: ask, first_key: 1s, tries: 2, keys: {1: []}}`, "", "0s play ask, 3s no_input, 3s play ask, 6s no_input, 6s gave_up"},
		{"nothing to say, and not the step's prompt", `{menu: ask, first_key: 1s, tries: 2, reprompt: false, keys: {1: []}}`, "", "0s play ask, 3s no_input, 4s no_input, 4s gave_up"},
		{"one try", `{menu: ask, first_key: 1s, tries: 1, no_input: [silent], keys: {1: []}}`, "", "0s play ask, 3s no_input, 3s gave_up"},
		{"the keys of a failed try are forgotten", `{collect: two, prompt: ask, tries: 2}, {log: "${two}"}`, "2500ms:1 3s:# 6s:2 7s:3", "0s play ask, 3s no_match, 3s play ask, 7s log 23"},
	})
}
