package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// editor is a language server that works with the schema that the command
// writes, as the page "editor" of the manual sets it up.
type editor struct {
	*languageServer
	dir   string
	files int
}

func startEditor(t *testing.T) *editor {
	t.Helper()
	e := &editor{languageServer: startLanguageServer(t), dir: t.TempDir()}
	schema := filepath.Join(e.dir, "ivr-flow.v1.schema.json")
	if _, stderr, code := invoke(t, "", "schema", "--output", schema); code != exitFine {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	e.initialize(e.dir)
	return e
}

// show opens a flow in which the mark ¦ stands for the cursor.
func (e *editor) show(text string) (uri string, cursor lspPosition) {
	e.t.Helper()
	before, after, _ := strings.Cut("# yaml-language-server: $schema=./ivr-flow.v1.schema.json\n"+text, "¦")
	e.files++
	uri = e.open(filepath.Join(e.dir, fmt.Sprintf("f%d.ivr.yaml", e.files)), before+after)
	return uri, lspPosition{Line: strings.Count(before, "\n"), Character: len(before) - 1 - strings.LastIndex(before, "\n")}
}

const editorHead = "ivr: 1\nflow: example\nstart: main\nstates:\n  main:\n"

// Where a step begins, the verbs are offered with what they do.
func TestEditorOffersVerbs(t *testing.T) {
	e := startEditor(t)
	for _, step := range []string{"    - ¦\n", "    - {say: Hello.}\n    - ¦\n", "    - menu: x\n      keys:\n        1:\n          - ¦\n"} {
		offered := e.completions(e.show(editorHead + step))
		for _, v := range flow.Verbs() {
			doc, ok := offered[v.Name]
			if !ok || strings.TrimSpace(doc) != v.Doc {
				t.Errorf("%q: %s is offered: %v, %q", step, v.Name, ok, doc)
			}
		}
		if _, ok := offered["first_key"]; ok {
			t.Errorf("%q: the options of a verb are offered before the verb", step)
		}
	}
}

// After a verb its own options and outcomes are offered, and no others.
func TestEditorOffersOptions(t *testing.T) {
	e := startEditor(t)
	for _, v := range flow.Verbs() {
		own := map[string]bool{"id": true, "when": true, "outcomes": true}
		for _, o := range v.Options {
			own[o.Name] = true
		}
		for _, o := range v.Outcomes {
			own[o.Name] = true
		}
		offered := e.completions(e.show(editorHead + "    - " + v.Name + ": x\n      ¦\n"))
		for name, there := range own {
			if _, ok := offered[name]; ok != there {
				t.Errorf("%s: %s, which is there: %v, is offered: %v", v.Name, name, there, ok)
			}
		}
		for name := range offered {
			if !own[name] {
				t.Errorf("%s: %s is offered", v.Name, name)
			}
		}
	}
}

// Values are offered where there are only a few.
func TestEditorOffersValues(t *testing.T) {
	e := startEditor(t)
	for _, tt := range []struct{ text, want string }{
		{editorHead + "    - record: x\n      consent: ¦\n", "announced asked not_required"},
		{editorHead + "    - menu: x\n      gave_up: ¦\n", "end repeat"},
		{editorHead + "    - menu: x\n      keys:\n        ¦\n", "0 9 star pound"},
		{editorHead + "    - menu:\n        ¦\n", "prompt keys first_key gave_up"},
		{"ivr: 1\nvars:\n  x:\n    type: ¦\n", "string digits money"},
		{"ivr: 1\nschedules:\n  x:\n    timezone: ¦\n", "Europe/Berlin UTC"},
		{"ivr: 1\ndefaults:\n  collect:\n    ¦\n", "tries first_key gave_up"},
		{"ivr: 1\nkind: ¦\n", "incoming outgoing"},
		{"ivr: 1\nactions:\n  x:\n    http:\n      ¦\n", "get post headers json into outcomes"},
		{editorHead + "    - http:\n        get: https://api.example.com/\n      retry:\n        ¦\n", "max backoff"},
		{"ivr: 1\n¦\n", "flow start states schedules handlers on_hangup"},
	} {
		offered := e.completions(e.show(tt.text))
		for want := range strings.FieldsSeq(tt.want) {
			if _, ok := offered[want]; !ok {
				t.Errorf("%q: %s is not offered", tt.text, want)
			}
		}
	}
}

// On a verb, an option and an outcome the editor shows what the table says.
func TestEditorExplains(t *testing.T) {
	e := startEditor(t)
	var text strings.Builder
	text.WriteString(editorHead)
	type word struct{ line, column int } // from 0
	want := map[word]string{}
	add := func(indent, key, doc string) {
		line := 1 + strings.Count(text.String(), "\n") // after the line with the schema's name
		want[word{line, len(indent)}] = doc
		text.WriteString(indent + key + ": x\n")
	}
	for _, v := range flow.Verbs() {
		add("    - ", v.Name, v.Doc)
		for _, o := range v.Options {
			add("      ", o.Name, o.Doc[1:])
		}
		for _, o := range v.Outcomes {
			add("      ", o.Name, o.Doc[1:])
		}
	}
	uri, _ := e.show(text.String())
	for at, doc := range want {
		got, err := e.hover(uri, lspPosition{Line: at.line, Character: at.column + 1})
		if plain := strings.ReplaceAll(got, `\`, ""); err != nil || !strings.Contains(plain, doc) {
			t.Errorf("line %d: got %q (%v), want %q", at.line, plain, err, doc)
		}
	}
	if len(want) < 100 {
		t.Errorf("only %d words", len(want))
	}
}

// Faults are shown where they are.
func TestEditorShowsFaults(t *testing.T) {
	e := startEditor(t)
	for _, tt := range []struct{ text, at, want string }{ // the place is from 1, without the line with the schema's name
		{editorHead + "    - menu: x\n      keys: {1: end}\n      frist_key: 5s\n", "8:7", "Property frist_key is not allowed."},
		{editorHead + "    - menu: x\n      keys: {1: end}\n      first_key: 5\n", "8:18", `Incorrect type. Expected "string".`},
		{editorHead + "    - menu: x\n      keys: {1: end}\n      first_key: soon\n", "8:18", "a time such as 300ms, 5s, 2m or 1h30m"},
		{editorHead + "    - play: {say_as: digits}\n", "6:13", "value"},
		{editorHead + "    - pley: x\n", "6:7", "a step needs a verb, such as play, menu or goto"},
		{editorHead + "    - id: x\n", "6:7", "a step needs a verb, such as play, menu or goto"},
		{editorHead + "    - hello\n", "6:7", "Value is not accepted."},
		{editorHead + "    - play: Hello there.\n", "6:13", "a text to be spoken is written {say: ...}"},
		{editorHead + "    - play: {say: x, silence: 5s}\n", "6:22", "a part of a prompt has one of say, file, say_as, silence"},
		{editorHead + "    - transfer: {phone: \"0207\"}\n", "6:25", "E.164"},
		{editorHead + "    - menu: x\n      keys: {x: end}\n", "7:14", "a key: 0 to 9"},
		{editorHead + "    - http: {get: \"http://api.example.com/\"}\n      failed: end\n", "6:19", "such as https://api.example.com/"},
		{editorHead + "    - http: {get: \"https://api.example.com/\", into: {a..b: x}}\n      failed: end\n", "6:54", "wanted: parts of the answer's body"},
		{editorHead + "    - http: {get: \"https://api.example.com/\", headers: {X Y: x}}\n      failed: end\n", "6:57", "wanted: headers with their values"},
		{editorHead + "    - http: {get: \"https://api.example.com/\"}\n      404: end\n      4x4: end\n", "8:7", "Property 4x4 is not allowed."},
		{"ivr: 1\nflow: example\nstart: main\nstates: {play: end}\n", "4:10", "a word of the language"},
		{"ivr: 1\nflow: example\nstart: main\nstates: {My-State: end}\n", "4:10", "names are made of a to z"},
		{"ivr: 1\nflow: example\nstart: main\ntitel: x\nstates: {main: end}\n", "4:1", "Property titel is not allowed."},
		{"ivr: 1\nflow: example\nstart: main\nstates: {main: end}\nvars: {x: {type: money}}\n", "5:8", "money needs its currency"},
	} {
		uri, _ := e.show(tt.text)
		found := false
		for _, d := range e.docs[uri] {
			at := fmt.Sprintf("%d:%d", d.Range.Start.Line, d.Range.Start.Character+1)
			found = found || at == tt.at && strings.Contains(d.Message, tt.want)
		}
		if len(e.docs[uri]) != 1 || !found {
			t.Errorf("%s\ngot %+v, want only %s %s", tt.text, e.docs[uri], tt.at, tt.want)
		}
	}
}

// Of good flows the editor says nothing.
func TestEditorIsSilent(t *testing.T) {
	e := startEditor(t)
	n := 0
	for _, dir := range []string{"../../examples", "../../flows", "../../framework/flow/testdata/ok", "dev"} {
		err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(name, flowEnd) {
				return err
			}
			src, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			n++
			if uri, _ := e.show(string(src)); len(e.docs[uri]) > 0 {
				t.Errorf("%s: %+v", name, e.docs[uri])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 5 {
		t.Errorf("found only %d flows", n)
	}
}
