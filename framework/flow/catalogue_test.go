package flow_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Catalogues are found beside the flow, in a folder below, by name and inline,
// and audio relative to the file that names it.
func TestCatalogues(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	fsys := fstest.MapFS{
		"bot/f.ivr.yaml": file(`
ivr: 1
flow: example
locales: [en-GB, de-DE]
prompts: [./prompts, ../shared/en-GB.prompts.yaml, {inline: Inline.}]
start: main
states:
  main: [{play: [filed, spoken, common, inline, {file: own.wav}]}, end]
`),
		"bot/prompts/en-GB.prompts.yaml":  file("filed: {file: audio/filed.wav, text: Hello.}\nspoken: {text: <b>x</b>, ssml: true, voice: Ada}\n"),
		"bot/prompts/de-DE.prompts.yaml":  file("filed: Hallo.\nspoken: Text.\ncommon: Allgemein.\ninline: Drin.\n"),
		"bot/prompts/fr-FR.prompts.yaml":  file("filed: not read, and [not YAML\n"),
		"bot/prompts/README.md":           file("about the prompts"),
		"shared/en-GB.prompts.yaml":       file("common: Common.\n"),
		"bot/prompts/audio/filed.wav":     {Data: prompt.Silence(1500 * time.Millisecond)},
		"bot/own.wav":                     {Data: prompt.Tone(2*time.Second, "own")},
		"bot/prompts/audio/not_named.wav": file("no audio"),
	}
	f, list, err := flow.Load(fsys, "bot/f.ivr.yaml")
	if err != nil || len(list) > 0 || f == nil {
		t.Fatalf("%v, findings\n%s", err, list)
	}
	filed, _ := f.Catalogue.Lookup("en-GB", "filed")
	if filed.Length != 1500*time.Millisecond || filed.Audio == "" || filed.Text != "Hello." || filed.File != "audio/filed.wav" {
		t.Errorf("filed: %+v", filed)
	}
	if spoken, _ := f.Catalogue.Lookup("en-GB", "spoken"); !spoken.SSML || spoken.Voice != "Ada" || spoken.Audio != "" {
		t.Errorf("spoken: %+v", spoken)
	}
	own := spec[*flow.Play](t, f, "main.1").Prompt[4]
	if wav, ok := f.Catalogue.Audio(own.File); !ok || len(wav) == 0 || own.Length != 2*time.Second {
		t.Errorf("own: %+v", own)
	}
	version := f.Version
	for _, changed := range []string{"bot/prompts/audio/filed.wav", "bot/own.wav", "shared/en-GB.prompts.yaml"} {
		other := maps.Clone(fsys)
		if other[changed] = (&fstest.MapFile{Data: prompt.Silence(3 * time.Second)}); strings.HasSuffix(changed, ".yaml") {
			other[changed] = file("common: Else.\n")
		}
		if f, list, _ := flow.Load(other, "bot/f.ivr.yaml"); f == nil || f.Version == version {
			t.Errorf("%s is not part of the version: %s", changed, list)
		}
	}
}

// Every language has its apology, and the flow's callers hear one of them.
func TestApology(t *testing.T) {
	f := good(t, "locales: [en-GB, de-DE, fr-FR, es-ES, nl-NL, pl-PL]\nstart: main\nstates: {main: end}\n")
	parts := spec[*flow.Play](t, f, "on_error.1").Prompt
	seen := map[string]int{}
	for _, locale := range f.Locales {
		heard := 0
		for _, p := range parts {
			if p.Locale == locale {
				text, _ := p.Say.Constant()
				seen[text]++
				heard++
			}
		}
		if heard != 1 {
			t.Errorf("%s: %d apologies", locale, heard)
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d languages, want 5 (Polish hears English)", len(seen))
	}
	if !step(t, f, "on_error.1").BuiltIn || !step(t, f, "on_error.2").BuiltIn || step(t, f, "main.1").BuiltIn {
		t.Error("built-in steps are not told from the author's")
	}
}

// The verbs' specs carry the names of the table.
func TestSpecVerbs(t *testing.T) {
	specs := []flow.Spec{&flow.Play{}, &flow.Menu{Word: "menu"}, &flow.Menu{Word: "confirm"}, &flow.Collect{}, &flow.Record{}, &flow.Transfer{}, &flow.Hunt{}, &flow.Redirect{}, &flow.Reject{},
		&flow.Answer{}, &flow.Do{}, &flow.HTTP{}, &flow.Set{}, &flow.Forget{}, &flow.Switch{}, &flow.Wait{}, &flow.SendKeys{}, &flow.Mute{}, &flow.Mute{Off: true},
		&flow.Join{}, &flow.Invite{}, &flow.Hold{}, &flow.Hold{Off: true}, &flow.RouteAudio{}, &flow.Gallery{}, &flow.RecordingStatus{}, &flow.Hours{}, &flow.Dial{}, &flow.Call{}, &flow.Return{}, &flow.Jump{}, &flow.End{},
		&flow.Mark{Kind: "milestone"}, &flow.Mark{Kind: "log"}, &flow.Mark{Kind: "tag"}}
	var got, want []string
	for _, s := range specs {
		got = append(got, s.Verb())
	}
	for _, v := range flow.Verbs() {
		want = append(want, v.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// What the flow's own prompts need from a synthesiser.
func TestTexts(t *testing.T) {
	f := good(t, "locales: [en-GB]\nstart: main\nstates: {main: [{play: [hello, {silence: 1s}, {say_as: digits, value: \"12\"}]}, end]}\non_error: [{play: {say: Sorry.}}]\n")
	want := []string{"a spoken digits in main.1", "a text in on_error.1", "hello"}
	if got := f.Texts(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
