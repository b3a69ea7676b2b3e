package bot_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// What is planted: eight digits that nothing else has, typed by the caller and
// in the configuration.
const (
	secret     = "73194628"
	doorSecret = "59026173"
)

// The kinds of place where a secret must not come to light. Those of the first
// list are found when a flow is loaded, those of the second are searched while
// calls run. A kind without a plant fails TestEverySinkHasAPlant.
func sinksAtLoad() []string {
	return []string{"log", "tag", "milestone", "variable", "last four", "parameter", "result", "user", "phone", "application", "redirect", "sent keys", "meeting",
		"locale", "result.keys", "once", "URL"}
}

// plantHead declares what plants use. MARK is sensitive: true, or nothing.
const plantHead = `ivr: 1
flow: plant
locales: [en-GB, de-DE]
prompts: {hello: Hello., bye: Goodbye.}
config: {door: {type: digits MARK}, desk: {type: string}}
vars:
  pin: {type: digits, length: 8 MARK}
  tan: {type: digits, length: 8 ONCE}
  card: {type: digits, length: 8 LAST}
  short: {type: digits, length: 4 LAST}
  person: {type: map MARK}
  codes: {type: list MARK}
  adult: {type: bool MARK}
  amount: {type: money, currency: GBP MARK}
  day: {type: date MARK}
  hidden: {type: string MARK}
  message: {type: recording MARK}
  text: {type: string}
  number: {type: number}
  flag: {type: bool}
  plain: {type: map}
  rows: {type: list}
  when_open: {type: string}
actions:
  verify: {in: [pin], outcomes: [ok]}
  load: {in: [pin], out: [person, codes, text], outcomes: [ok]}
  echo: {in: [what], out: [text], outcomes: [ok]}
  fails: {in: [what], outcomes: [ok]}
  panics: {in: [what], outcomes: [ok]}
  late: {in: [what], outcomes: [ok], timeout: 1s}
  find: {in: [key], http: {get: "https://api.example.com/find/${key}"}}
  send: {in: [key], out: [text], http: {post: "https://api.example.com/send", headers: {X-Key: "${key}"}, json: {key: "${key}"}, into: {echo: text}}}
start: main
states:
  main:
    - set: {adult: true, hidden: x, day: "2026-11-23", amount: "1.00", text: x, number: 1}
    - collect: {var: pin}
      gave_up: end
`

// plantBody is where the plant's steps stand.
func plantFlow(marked bool, steps string) string {
	mark, once, last := ", sensitive: true", ", sensitive: once", ", sensitive: last4"
	if !marked {
		mark, once, last = "", "", ""
	}
	head := strings.NewReplacer(" MARK", mark, " ONCE", once, " LAST", last).Replace(plantHead)
	return head + strings.ReplaceAll("    "+strings.TrimSpace(steps), "\n", "\n    ") + "\n    - end\n"
}

// helperFlow is a flow that plants call. MARK is as in plantHead.
const helperFlow = `ivr: 1
flow: helper
prompts: {hello: Hello.}
params: {open: {type: string, default: x}, hidden: {type: string, default: x MARK}}
returns: {found: {type: string MARK}, shown: {type: string}}
actions: {fails: {in: [what], outcomes: [ok]}}
start: main
states:
  main:
    - set: {found: "${hidden}", shown: "no secret"}
    - do: fails
      with: {what: "${hidden}"}
      failed: [{play: {say: "It is ${found}."}}]
    - log: "the helper was given ${open}"
    - return
`

func loadPlant(t *testing.T, text string) (*flow.Flow, diag.List) {
	t.Helper()
	helper := strings.ReplaceAll(helperFlow, " MARK", ", sensitive: true")
	if !strings.Contains(text, "sensitive") {
		helper = strings.ReplaceAll(helperFlow, " MARK", "")
	}
	f, list, err := flow.Load(fstest.MapFS{"plant.ivr.yaml": {Data: []byte(text)}, "helper.ivr.yaml": {Data: []byte(helper)}}, "plant.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f, list
}

// plant is a way in which a secret could come to light, found by the loader at
// the place of the § and by the rule.
type plant struct {
	sink  string
	step  string
	rule  string // "" is sensitive-sink
	names string // what the finding names, "pin" if it is empty
}

// unset brings the values that are read below.
const typeAll = "- collect: {var: tan}\n  gave_up: end\n- collect: {var: card}\n  gave_up: end\n- collect: {var: short}\n  gave_up: end\n- do: load\n  failed: end\n"

func plantsAtLoad() []plant {
	return []plant{
		{sink: "URL", step: "- http: {get: §\"https://api.example.com/pins/${pin}\"}\n  failed: end"},
		{sink: "URL", step: "- http: {post: §\"https://api.example.com/pins?pin=${pin}&x=1\", json: {x: 1}}\n  failed: end"},
		// Whatever stands around it.
		{sink: "log", step: `- log: §"${pin}"`},
		{sink: "log", step: `- log: §"typed ${pin}, thanks"`},
		{sink: "log", step: `- log: §"${'typed ' + pin}"`},
		{sink: "log", step: `- log: §"${upper(pin)}"`},
		{sink: "log", step: `- log: §"${trim(pin, '0')}"`},
		{sink: "log", step: `- log: §"${string(int(pin) + 1)}"`},
		{sink: "log", step: `- log: §"${int(pin) % 100}"`},
		{sink: "log", step: `- log: §"${len(pin)}"`},
		{sink: "log", step: `- log: §"${pin[0:3]}"`},
		{sink: "log", step: `- log: §"${pin[-4:]}"`},
		{sink: "log", step: `- log: §"${flag ?? true ? pin : text}"`},
		{sink: "log", step: `- log: §"${has(text) ? text : pin}"`},
		{sink: "log", step: `- log: §"${pin ?? text}"`},
		{sink: "log", step: `- log: §"${[text, pin][1]}"`},
		{sink: "log", step: `- log: §"${{a: pin}.a}"`},
		{sink: "log", step: `- log: §"${person.number}"`, names: "person"},
		{sink: "log", step: `- log: §"${person[text]}"`, names: "person"},
		{sink: "log", step: `- log: §"${codes[0]}"`, names: "codes"},
		{sink: "log", step: `- log: §"${count(codes, # != text)}"`, names: "codes"},
		{sink: "log", step: `- log: §"${tan}"`, names: "tan"},
		{sink: "log", step: `- log: §"${card}"`, names: "card"},
		{sink: "log", step: `- log: §"${card[:-4]}"`, names: "card"},
		{sink: "log", step: `- log: §"${short[-4:]}"`, names: "short"},
		{sink: "log", step: `- log: §"${adult}"`, names: "adult"},
		{sink: "log", step: `- log: §"${adult ? 'yes' : 'no'}"`, names: "adult"},
		{sink: "log", step: `- log: §"${!adult}"`, names: "adult"},
		{sink: "log", step: `- log: §"${any(codes, #)}"`, names: "codes"},
		{sink: "log", step: `- log: §"${config.door}"`, names: "config.door"},
		{sink: "log", step: `- log: §"${amount}"`, names: "amount"},
		{sink: "log", step: `- log: §"${day}"`, names: "day"},
		{sink: "log", step: `- log: §"${message ?? ''}"`, names: "message"},
		{sink: "tag", step: `- tag: {name: typed, text: §"${pin}"}`},
		{sink: "tag", step: `- tag: {name: typed, text: §"${person.number ?? 'none'}"}`, names: "person"},
		{sink: "milestone", step: `- milestone: {name: typed, text: §"no. ${pin}"}`},
		{sink: "milestone", step: `- milestone: {name: typed, text: §"${hidden}"}`, names: "hidden"},
		// Into a variable that does not hide it.
		{sink: "variable", step: `- set: {text: §"${pin}"}`},
		{sink: "variable", step: `- set: {text: §"no. ${pin}"}`},
		{sink: "variable", step: `- set: {number: §"${int(pin)}"}`},
		{sink: "variable", step: `- set: {flag: §"${adult}"}`, names: "adult"},
		{sink: "variable", step: `- set: {flag: §"${adult && has(pin)}"}`, names: "adult"},
		{sink: "variable", step: `- set: {rows: §"${[pin]}"}`},
		{sink: "variable", step: `- set: {rows: §"${codes}"}`, names: "codes"},
		{sink: "variable", step: `- set: {plain: §"${{number: pin}}"}`},
		{sink: "variable", step: `- set: {plain: §"${person}"}`, names: "person"},
		{sink: "variable", step: `- set: {hidden: "${pin}", text: §"${hidden}"}`, names: "hidden"},
		{sink: "variable", step: `- set: {text: §"${config.door}"}`, names: "config.door"},
		{sink: "last four", step: `- set: {card: §"${pin}"}`},
		{sink: "last four", step: `- set: {card: §"${tan}"}`, names: "tan"},
		// Into and out of another flow.
		{sink: "parameter", step: "- call: helper\n  with: {open: §\"${pin}\"}"},
		{sink: "parameter", step: "- call: helper\n  with: {hidden: \"${pin}\", open: §\"no. ${hidden}\"}", names: "hidden"},
		{sink: "result", step: "- call: helper\n  into: {found: §text}", names: "found"},
		{sink: "result", step: "- call: helper\n  into: {found: §card}", names: "found"},
		{sink: "variable", step: "- menu: {prompt: hello, choices: codes, into: §text}\n  gave_up: [{play: bye}]", names: "codes"},
		// Into the address of a request to a web service.
		{sink: "URL", step: "- http: {post: §\"https://api.example.com/items?door=${config.door}\", json: {pin: \"${pin}\"}}\n  failed: [{play: bye}]", names: "config.door"},
		{sink: "URL", step: "- do: find\n  with: {key: §\"${upper(pin)}\"}\n  failed: [{play: bye}]"},
		// Into requests to the platform.
		{sink: "user", step: "- transfer: {user: §\"${pin}\", dynamic: true}\n  failed: [{play: hello}]"},
		{sink: "user", step: "- transfer: {voicemail: §\"${hidden}\", dynamic: true}\n  failed: [{play: bye}]", names: "hidden"},
		{sink: "user", step: "- transfer: {user: §\"${hidden}\", kind: consult, dynamic: true}\n  failed: [{play: bye}]", names: "hidden"},
		{sink: "phone", step: "- transfer: {phone: §\"+44${pin}\", dynamic: true}\n  failed: [{play: hello}]"},
		{sink: "application", step: "- transfer: {application: §\"${person.id}\", dynamic: true}\n  failed: [{play: hello}]", names: "person"},
		{sink: "sent keys", step: `- send_keys: §"${pin}#"`},
		{sink: "sent keys", step: `- send_keys: {keys: §"${config.door}"}`, names: "config.door"},
		{sink: "locale", step: `- set: {locale: §"${pin}"}`},
		// Into requests to web services.
		{sink: "URL", step: "- http: {put: §\"https://api.example.com/${person.number}\"}\n  failed: end", names: "person"},
		{sink: "URL", step: "- http: {delete: §\"https://api.example.com/${config.door}\"}\n  failed: end", names: "config.door"},
		{sink: "URL", step: "- do: find\n  with: {key: §\"${pin}\"}\n  failed: end"},
		{sink: "URL", step: "- do: find\n  with: {key: §\"no. ${card}\"}\n  failed: end", names: "card"},
		// What is not there.
		{sink: "once", step: "- do: verify\n  with: {pin: \"${tan}\"}\n  failed: end\n- play: {say: §\"${tan}\"}", rule: "unset-variable", names: "tan"},
		{sink: "once", step: "- http: {post: \"https://api.example.com/\", json: [\"${tan}\"]}\n  failed: end\n- play: {say: §\"${tan}\"}", rule: "unset-variable", names: "tan"},
		{sink: "once", step: "- http: {get: \"https://api.example.com/\", headers: {X: \"no. ${tan ?? pin}\"}}\n  404: [{play: {say: §\"${tan}\"}}, end]\n  failed: end", rule: "unset-variable", names: "tan"},
		{sink: "once", step: "- do: verify\n  with: {pin: \"${tan ?? pin}\"}\n  failed: [{play: {say: §\"${tan}\"}}, end]", rule: "unset-variable", names: "tan"},
	}
}

// Each plant is found by its rule, at its place, by its name, and is the only
// finding of its rule; and without the mark nothing is found.
func TestPlantsAtLoad(t *testing.T) {
	for _, p := range plantsAtLoad() {
		t.Run(p.sink+" "+p.step, func(t *testing.T) { p.check(t, typeAll+p.step) })
	}
	t.Run("result.keys", func(t *testing.T) {
		keys := plant{sink: "result.keys"}
		keys.check(t, `- log: §"${result.keys}"`)
		keys.check(t, "- set: {flag: true}\n- set: {text: §\"typed ${result.keys}\"}")
		if f, list := loadPlant(t, plantFlow(true, "- menu: hello\n  keys: {1: end}\n  gave_up: [{log: \"${result.keys}\"}]")); f == nil {
			t.Errorf("the keys of a menu:\n%s", list)
		}
	})
	t.Run("URL of an action", func(t *testing.T) {
		const text = "ivr: 1\nflow: plant\nconfig: {door: {type: digits, sensitive: true}}\nactions:\n" +
			"  ask: {in: [], outcomes: [ok], http: {get: §\"https://api.example.com/${config.door}\"}}\n" +
			"start: main\nstates:\n  main:\n    - do: ask\n      failed: end\n    - end\n"
		plant{names: "config.door"}.find(t, text)
		if f, list := loadPlant(t, strings.NewReplacer("§", "", ", sensitive: true", "").Replace(text)); f == nil {
			t.Errorf("not marked:\n%s", list)
		}
	})
	t.Run("meeting", func(t *testing.T) {
		const guid = "5f0c7c7e-0000-4000-8000-000000000001"
		const head = "ivr: 1\nflow: plant\nkind: meeting\nvars: {pin: {type: digits MARK, default: \"" + secret + "\"}}\nstart: main\nstates:\n  main:\n"
		const join = "    - join: {link: \"https://teams.microsoft.com/meet/25923456789012?p=x\"}\n      failed: end\n"
		for _, steps := range []string{
			"    - join: {link: §\"https://teams.microsoft.com/meet/${pin}\"}\n      failed: end\n",
			"    - join: {join_id: §\"${pin}\"}\n      failed: end\n",
			"    - join: {organizer: §\"${pin}\", thread: \"19:meeting_x@thread.v2\"}\n      failed: end\n",
			"    - join: {organizer: " + guid + ", thread: §\"${pin}\"}\n      failed: end\n",
			"    - join: {join_id: \"25923456789012\", tenant: §\"${pin}\"}\n      failed: end\n",
			join + "    - invite: {user: §\"${pin}\"}\n      failed: end\n",
			join + "    - invite: {phone: §\"+44${pin}\"}\n      failed: end\n",
			join + "    - mute: {user: §\"${pin}\"}\n",
			join + "    - hold: {participant: §\"${pin}\"}\n      failed: end\n",
			join + "    - resume: {user: §\"${pin}\"}\n      failed: end\n",
			join + "    - route_audio: {from: {user: §\"${pin}\"}, to: bot}\n      failed: end\n",
			join + "    - route_audio: {from: bot, to: {participant: §\"${pin}\"}}\n      failed: end\n",
		} {
			steps += "    - end\n"
			p := plant{sink: "meeting"}
			p.find(t, strings.Replace(head, " MARK", ", sensitive: true", 1)+steps)
			if f, list := loadPlant(t, strings.ReplaceAll(strings.Replace(head, " MARK", "", 1)+steps, "§", "")); f == nil {
				t.Errorf("not marked:\n%s", list)
			}
		}
	})
	t.Run("redirect", func(t *testing.T) {
		const head = "ivr: 1\nflow: plant\nvars: {pin: {type: digits MARK, default: \"" + secret + "\"}}\nstart: main\nstates:\n  main:\n"
		const steps = "    - redirect: {to: [{phone: \"+442071838750\"}, {phone: §\"+44${pin}\"}]}\n      failed: [{reject: busy}]\n"
		p := plant{sink: "redirect"}
		p.find(t, strings.Replace(head, " MARK", ", sensitive: true", 1)+steps)
		if f, list := loadPlant(t, strings.ReplaceAll(strings.Replace(head, " MARK", "", 1)+steps, "§", "")); f == nil {
			t.Errorf("not marked:\n%s", list)
		}
	})
}

func (p plant) check(t *testing.T, steps string) {
	t.Helper()
	p.find(t, plantFlow(true, steps))
	f, list := loadPlant(t, plantFlow(false, strings.ReplaceAll(steps, "§", "")))
	if f == nil && p.rule == "" {
		t.Errorf("not marked, it is found all the same:\n%s", list)
	}
}

// find loads a flow with a § and wants the finding there.
func (p plant) find(t *testing.T, text string) {
	t.Helper()
	before, after, ok := strings.Cut(text, "§")
	if !ok {
		t.Fatal("the plant has no place")
	}
	rule, name := p.rule, p.names
	if rule == "" {
		rule = "sensitive-sink"
	}
	if name == "" {
		name = "pin"
	}
	line := strings.Count(before, "\n") + 1
	col := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	f, list := loadPlant(t, before+after)
	var found []string
	for _, d := range list {
		if d.Rule == rule {
			found = append(found, d.String())
		}
	}
	want := fmt.Sprintf("plant.ivr.yaml:%d:%d: error: ", line, col)
	if f != nil || len(found) != 1 || !strings.HasPrefix(found[0], want) || !strings.Contains(found[0], `"`+name+`"`) {
		t.Errorf("found %q, want one that begins with %q and names %q; all:\n%s", found, want, name, list)
	}
}

// What is no leak is not found: no author should have to work around the rule.
func TestNoFalseAlarms(t *testing.T) {
	for _, step := range []string{
		`- log: "${has(pin)} ${pin == '1234'} ${len(pin) > 4} ${pin startsWith '7'} ${int(pin) < 5}"`,
		`- log: "${pin == '1234' ? 'right' : 'wrong'}"`,
		`- log: "${any(codes, # == pin)} ${pin in codes} ${none(codes, # == text)}"`,
		`- log: "ends with ${card[-4:]}"`,
		`- tag: {name: card, text: "${card[-4:]}"}`,
		`- set: {flag: "${pin != tan}", text: "ends with ${card[-2:]}"}`,
		`- set: {hidden: "${pin}", person: "${{number: pin}}", codes: "${[pin, tan]}"}`,
		`- set: {pin: "${tan}"}`,
		"- switch:\n    - {when: adult && pin == tan, then: end}",
		"- milestone: right\n  when: pin == \"1234\"",
		`- play: [{say: "You typed ${pin}"}, {say_as: digits, value: "${tan}"}, {say: "${person.number}", when: has(person.number)}]`,
		"- confirm: pin\n  rejected: end\n  gave_up: end",
		"- do: verify\n  with: {pin: \"${pin + config.door}\"}\n  failed: end",
		"- http: {post: \"https://api.example.com/${card[-4:]}\", headers: {X: \"${pin}\"}, json: {pin: \"${pin}\", all: [\"${tan}\"]}}\n  failed: end",
		"- do: send\n  with: {key: \"${pin}\"}\n  failed: end",
		"- collect: {var: pin}\n  gave_up: end\n- hours: office\n  open: [{log: \"${result.keys}\"}]\n  closed: end",
		`- forget: [pin, person]`,
	} {
		text := strings.Replace(plantFlow(true, typeAll+step), "start: main", "schedules: {office: {timezone: Europe/London, open: {mon: \"09:00-17:00\"}}}\nstart: main", 1)
		if f, list := loadPlant(t, text); f == nil {
			t.Errorf("%s:\n%s", step, list)
		}
	}
}

// allInside are the options of verbs that hold expressions and lead to no sink:
// what they take is heard by the caller or read by an action.
func allInside() []string {
	return []string{
		"play.prompt", "menu.prompt", "menu.no_input", "menu.no_match", "collect.prompt", "collect.no_input", "collect.no_match",
		"confirm.prompt", "confirm.no_input", "confirm.no_match", "record.prompt", "answer.prefetch",
		"menu.label", "transfer.music", "transfer.announce", "hunt.music", "hunt.announce", "hunt.every", "do.with", "do.into", "dial.announce",
		"http.headers", "http.json", "http.retry", "http.into", "http.waiting", "switch.cases", "record.keep_on_hangup",
		"hold.music", "join.passcode",
	}
}

// leaks names the sink that an option of a verb leads to.
func leaks() map[string]string {
	return map[string]string{
		"transfer.user": "user", "transfer.voicemail": "user", "transfer.phone": "phone", "transfer.application": "application",
		"dial.user": "user", "dial.phone": "phone", "dial.application": "application",
		"join.link": "meeting", "join.join_id": "meeting", "join.organizer": "meeting", "join.thread": "meeting", "join.tenant": "meeting",
		"invite.to": "meeting", "invite.user": "meeting", "invite.phone": "meeting", "invite.application": "meeting",
		"mute.user": "meeting", "mute.phone": "meeting", "mute.application": "meeting", "mute.participant": "meeting",
		"hold.user": "meeting", "hold.phone": "meeting", "hold.application": "meeting", "hold.participant": "meeting",
		"resume.user": "meeting", "resume.phone": "meeting", "resume.application": "meeting", "resume.participant": "meeting",
		"route_audio.from": "meeting", "route_audio.to": "meeting",
		"http.get": "URL", "http.post": "URL", "http.put": "URL", "http.delete": "URL",
		"redirect.user": "redirect", "redirect.phone": "redirect", "redirect.application": "redirect", "redirect.to": "redirect",
		"send_keys.keys": "sent keys", "set.values": "variable", "call.with": "parameter", "call.into": "result", "log.text": "log", "tag.text": "tag", "milestone.text": "milestone",
	}
}

// Whoever adds a verb says where its values go, and plants a secret there.
func TestEveryOptionIsPlanted(t *testing.T) {
	sinks := leaks()
	for _, v := range flow.Verbs() {
		for _, o := range v.Options {
			switch o.Type {
			case flow.OptDuration, flow.OptInt, flow.OptBool, flow.OptWord, flow.OptKey, flow.OptKeys, flow.OptKeyMap, flow.OptLength,
				flow.OptVar, flow.OptVars, flow.OptState, flow.OptName, flow.OptFlow:
				continue // holds no expression
			default: // of any type that may come
			}
			name := v.Name + "." + o.Name
			if sinks[name] == "" && !slices.Contains(allInside(), name) {
				t.Errorf("where does the value of %s go? name its sink in leaks and plant a secret there, or in allInside if it goes to none", name)
			}
			delete(sinks, name)
		}
	}
	if len(sinks) > 0 {
		t.Errorf("no verb has %v", slices.Sorted(maps.Keys(sinks)))
	}
	for _, sink := range leaks() {
		if !slices.Contains(sinksAtLoad(), sink) {
			t.Errorf("the sink %q is not in the list", sink)
		}
	}
}
