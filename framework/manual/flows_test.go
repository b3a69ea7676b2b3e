package manual_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// A block of a flow is one of
//
//	flow     a whole file
//	part     sections of a file; the rest is filled in
//	steps    steps of a state; the rest is filled in
//	prompts  a catalogue, prompts/en-GB.prompts.yaml
//	days     days of one's own, closed-days.yaml
//
// If a text block follows, it lists the findings within the block, with their
// places counted from the block's first line. Without one there are none.
func TestFlows(t *testing.T) {
	for _, page := range append(names(), readme) {
		all := blocks(t, page)
		for i, b := range all {
			form, ok := strings.CutPrefix(b.kind, "yaml ")
			if !ok || form == "test" || form == "written" || form == "bot" {
				continue
			}
			got := findings(t, b, form).text
			want, told := "", i+1 < len(all) && all[i+1].kind == "text" && all[i+1].section == b.section
			if told {
				want = all[i+1].text
			}
			if got == want && told == (got != "") {
				continue
			}
			if *update && told {
				rewrite(t, page, b.text+"```\n\n```text\n"+want, b.text+"```\n\n```text\n"+got)
				continue
			}
			t.Errorf("%s.md:%d: findings\n%swant\n%s", page, b.line, got, want)
		}
	}
}

type found struct {
	list diag.List
	text string
}

// findings loads a block and keeps what is found within it.
func findings(t *testing.T, b block, form string) found {
	t.Helper()
	src, lines, indent := whole(form, b.text, "    - goto: bye\n")
	file := "example.ivr.yaml"
	fsys := files()
	if named := map[string]string{"prompts": "prompts/en-GB.prompts.yaml", "days": "closed-days.yaml"}[form]; named != "" {
		file, lines = named, 0
		fsys[file] = &fstest.MapFile{Data: []byte(b.text)}
		src, _, _ = whole("part", "", "")
	}
	list := load(t, fsys, src)
	if form == "steps" && slices.ContainsFunc(list, func(d diag.Diagnostic) bool {
		return d.Rule == "unreachable-step" && d.Pos.Line == lines+strings.Count(b.text, "\n")+1
	}) { // the steps leave by themselves
		src, lines, indent = whole(form, b.text, "")
		list = load(t, fsys, src)
	}
	var out found
	for _, d := range list {
		line := d.Pos.Line - lines
		inside := d.Pos.File == file && line >= 1 && line <= strings.Count(b.text, "\n")
		if !inside || form != "flow" && strings.HasPrefix(d.Rule, "unused-") {
			continue
		}
		out.list = append(out.list, d)
		out.text += fmt.Sprintf("%d:%d: %s: %s [%s]\n", line, d.Pos.Col-indent, d.Severity, d.Message, d.Rule)
	}
	return out
}

func load(t *testing.T, fsys fstest.MapFS, src string) diag.List {
	t.Helper()
	fsys["example.ivr.yaml"] = &fstest.MapFile{Data: []byte(src)}
	_, list, err := flow.Load(fsys, "example.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var topKey = regexp.MustCompile(`(?m)^([a-z_]+):`)

// whole makes a file of a block. The block begins after as many lines, and
// is indented by as many columns, as whole says. last follows steps.
func whole(form, text, last string) (src string, lines, indent int) {
	var head, tail strings.Builder
	own := map[string]bool{}
	switch form {
	case "flow":
		return text, 0, 0
	case "part":
		for _, m := range topKey.FindAllStringSubmatch(text, -1) {
			own[m[1]] = true
		}
	case "steps":
		indent = 4
		text = "    " + strings.TrimRight(strings.ReplaceAll(text, "\n", "\n    "), " ") + last
	}
	for _, section := range frame() {
		key, _, _ := strings.Cut(section, ":")
		if own[key] || form == "steps" && key == "states" || key == "on_error" && own["states"] {
			continue
		}
		head.WriteString(section)
	}
	switch {
	case form == "steps":
		head.WriteString("states:\n  main:\n")
		tail.WriteString(otherStates)
	}
	return head.String() + text + tail.String(), strings.Count(head.String(), "\n"), indent
}

// frame is the rest of the examples' flow.
func frame() []string {
	return []string{
		"ivr: 1\n",
		"flow: example\n",
		"locales: [en-GB, de-DE]\n",
		"prompts: [./prompts]\n",
		"config: {service_desk: {type: string, default: 5f0c7c7e-0000-4000-8000-000000000001}}\n",
		"vars:\n" +
			"  account: {type: digits, length: 8}\n" +
			"  pin: {type: digits, length: 4, sensitive: true}\n" +
			"  balance: {type: money, currency: GBP}\n" +
			"  message: {type: recording}\n" +
			"  points: {type: number, default: 0}\n" +
			"  name: {type: string, default: Anne}\n" +
			"  vip: {type: bool, default: false}\n" +
			"  number: {type: phone}\n" +
			"  items: {type: list, default: []}\n" +
			"  item: {type: map}\n",
		"schedules: {office: {timezone: Europe/Berlin, open: {mon-fri: 09:00-17:00}, holidays: [DE-BY, ./closed-days.yaml]}}\n",
		"actions:\n" +
			"  verify: {in: [pin], outcomes: [ok, wrong, locked]}\n" +
			"  get_balance: {in: [account], out: [balance]}\n" +
			"  save: {}\n",
		"start: main\n",
		"on_error:\n" + // leads to all states
			"  - switch: [{when: points > 3, then: sales}, {when: points > 2, then: support}, {when: points > 1, then: bye}, {else: agent}]\n",
		"states:\n  main: {goto: bye}\n" + otherStates,
	}
}

const otherStates = `  sales: {goto: agent}
  support: {goto: agent}
  agent:
    - transfer: {user: "${config.service_desk}"}
      failed: [{play: no_agents}, end]
  bye: [{play: goodbye}, end]
`

// files are those that examples may name.
func files() fstest.MapFS {
	var en, de strings.Builder
	for _, key := range []string{"welcome", "goodbye", "main_menu", "enter_account", "enter_pin", "wrong_pin", "still_there", "not_valid",
		"are_you_there", "please_wait", "press_1_to_take_it", "sorry", "no_agents", "your_balance_is", "legal_notice", "after_the_tone", "may_we_record", "thanks",
		"music", "tell_me_more", "hello_vip", "closed"} {
		fmt.Fprintf(&en, "%s: A sentence.\n", key)
		fmt.Fprintf(&de, "%s: Ein Satz.\n", key)
	}
	return fstest.MapFS{
		"prompts/en-GB.prompts.yaml": {Data: []byte(en.String())},
		"prompts/de-DE.prompts.yaml": {Data: []byte(de.String())},
		"ask_code.ivr.yaml": {Data: []byte("ivr: 1\nflow: ask_code\nparams: {greeting: {type: string}}\n" +
			"returns: {code: {type: digits, length: 4, sensitive: true}}\noutcomes: [gave_up_it]\nstart: ask\nstates:\n" +
			"  ask: [{play: {say: \"${greeting}\"}}, {collect: code, gave_up: {return: gave_up_it}}, return]\n")},
		"to_desk.ivr.yaml": {Data: []byte("ivr: 1\nflow: to_desk\nconfig: {desk: {type: string, default: Ann}}\nstart: main\nstates:\n" +
			"  main: [{play: {say: \"${config.desk}\"}}, return]\n")},
		"closed-days.yaml":         {Data: []byte("- 2026-05-15\n")},
		"prompts/welcome.wav":      {Data: prompt.Silence(time.Second)},
		"prompts/digits/1.wav":     {Data: prompt.Silence(time.Second)},
		"prompts/numbers/20.flac":  {Data: prompt.Silence(time.Second)}, // what a file is its content tells
		"prompts/words/pounds.wav": {Data: prompt.Silence(time.Second)},
		"prompts/months/1.mp3":     {Data: prompt.Silence(time.Second)},
		"prompts/old.ogg":          {Data: []byte("OggS")},
	}
}
