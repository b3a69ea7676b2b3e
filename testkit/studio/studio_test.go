package studio_test

import (
	"encoding/json"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/studio"
)

var update = flag.Bool("update", false, "write the scripts that are expected")

func load(t *testing.T, fsys fs.FS, name string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fsys, name)
	if err != nil || f == nil {
		t.Fatalf("%s: %v\n%s", name, err, list)
	}
	return f
}

func bank(t *testing.T) *flow.Flow {
	t.Helper()
	return load(t, os.DirFS("../../examples/bank"), "bank_balance.ivr.yaml")
}

// museum is the flow of testdata, in which a recording of 1.5 s is made here.
func museum(t *testing.T) *flow.Flow {
	t.Helper()
	files := fstest.MapFS{"prompts/welcome.wav": {Data: prompt.Tone(1500*time.Millisecond, "welcome")}}
	disk := os.DirFS("testdata")
	names, err := fs.Glob(disk, "prompts/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "museum.ivr.yaml") {
		text, err := fs.ReadFile(disk, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	return load(t, files, "museum.ivr.yaml")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as expected; see with -update what changes\n%s", name, got)
	}
}

func TestGolden(t *testing.T) {
	for name, f := range map[string]*flow.Flow{"bank": bank(t), "museum": museum(t)} {
		s := studio.Of(f, "")
		golden(t, name+".md", s.Markdown())
		golden(t, name+".guide.md", studio.Guide(f, f.Locales[0]))
		var rows strings.Builder
		for _, row := range append([][]string{studio.Columns()}, s.Rows()...) {
			rows.WriteString(strings.Join(row, " | ") + "\n")
		}
		golden(t, name+".rows.txt", rows.String())
		text, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", string(text)+"\n")
	}
	golden(t, "museum.de.guide.md", studio.Guide(museum(t), "de-DE"))
}

// find is a text of a script.
func find(t *testing.T, s *studio.Script, key string) studio.Text {
	t.Helper()
	for _, section := range s.Sections {
		if i := slices.IndexFunc(section.Texts, func(x studio.Text) bool { return x.Key == key }); i >= 0 {
			return section.Texts[i]
		}
	}
	t.Fatalf("no text %s", key)
	return studio.Text{}
}

// What is recorded is measured, what is not is estimated and says so, and what is
// missing has no length.
func TestLengths(t *testing.T) {
	s := studio.Of(museum(t), "")
	welcome, goodbye, menu := find(t, s, "welcome").In, find(t, s, "goodbye").In, find(t, s, "main_menu").In
	if en := welcome[0]; en.Status != studio.Recorded || !en.Measured || en.Seconds != 1.5 || en.File != "welcome.wav" {
		t.Errorf("welcome in English is %+v", en)
	}
	if de := welcome[1]; de.Status != studio.ToRecord || de.Measured || de.Seconds < 1 || de.Seconds > 3 {
		t.Errorf("welcome in German is %+v", de)
	}
	if fr := goodbye[2]; fr.Status != studio.ToRecord || fr.Text != "Au revoir." {
		t.Errorf("goodbye in French is %+v", fr)
	}
	if fr := menu[2]; fr.Status != studio.Missing || fr.Text != "" || fr.Seconds != 0 {
		t.Errorf("the menu in French is %+v", fr)
	}
}

// The script has every prompt that steps play, in every language, in all flows that
// belong together, once each, and no others.
func TestNothingIsMissing(t *testing.T) {
	names, err := filepath.Glob("../../examples/*/*.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ready, err := filepath.Glob("../../flows/*/*.ivr.yaml")
	if err != nil || len(names)+len(ready) < 25 {
		t.Fatalf("%d flows: %v", len(names)+len(ready), err)
	}
	for _, name := range append(names, ready...) {
		f := load(t, os.DirFS("../.."), strings.TrimPrefix(filepath.ToSlash(name), "../../"))
		want, got := map[string]bool{}, map[string]bool{}
		for _, m := range f.Members() { // check warns of prompts that no step plays, and of these flows it does not
			for _, key := range m.Catalogue.Keys() {
				want[key] = true
			}
		}
		for _, section := range studio.Of(f, "").Sections {
			seen := map[string]bool{}
			for _, text := range section.Texts {
				if len(text.In) != len(f.Locales) || len(text.Uses) == 0 {
					t.Errorf("%s: %s has %d languages and %d uses", f.Name, text.Key, len(text.In), len(text.Uses))
				}
				if seen[text.Key] {
					t.Errorf("%s: %s is there twice", f.Name, text.Key)
				}
				seen[text.Key] = true
				if text.Kind == studio.Prompt {
					got[text.Key] = true
				}
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: the script has %v, and steps play %v", f.Name, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
}

// A language alone leaves out the others, in all that there is.
func TestOnly(t *testing.T) {
	s := studio.Of(museum(t), "there.ivr.yaml")
	s.Only("de-DE")
	if len(s.Totals) != 1 || s.Totals[0].Locale != "de-DE" {
		t.Errorf("totals of %v", s.Totals)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{`"locale":"en-GB"`, `"locale":"fr-FR"`} {
		if strings.Contains(string(text), other) {
			t.Errorf("it has %s", other)
		}
	}
	if !strings.Contains(string(text), `"place":"there.ivr.yaml:`) {
		t.Error("the places do not name the file as it was given")
	}
}

// clinic has what the examples do not.
const clinic = `ivr: 1
flow: clinic
prompts: {main: "For the nurse, press 1.", again: Again., once_more: Once more., late: It is late.}
actions: {look: {outcomes: [ok, away]}, note: {outcomes: [ok]}}
defaults: {menu: {no_input: [again, once_more], no_match: [again]}}
start: main
states:
  main:
    - do: note
    - menu: main
      tries: 1
      keys: {1: nurse, 3: late}
      gave_up: second
  second:
    - menu: main
      tries: 2
      keys: {4: nurse}
      gave_up: late
  nurse:
    - wait: 5s
      keys: {2: late}
    - do: look
      away: [{play: {file: ring.wav}}, {goto: second}]
    - goto: late
  late: [{play: late}, end]
`

func TestClinic(t *testing.T) {
	f := load(t, fstest.MapFS{"clinic.ivr.yaml": {Data: []byte(clinic)}, "ring.wav": {Data: prompt.Tone(2*time.Second, "ring")}}, "clinic.ivr.yaml")
	s := studio.Of(f, "")
	var again []string
	for _, use := range find(t, s, "again").Uses {
		again = append(again, use.State+": "+use.Often)
	}
	if got := strings.Join(again, ", "); got != "second: after try 1, second: after try 1" {
		t.Errorf("again is heard in %s: a try that leads on says nothing", got)
	}
	for _, section := range s.Sections {
		for _, text := range section.Texts {
			if text.Key == "once_more" {
				t.Errorf("what no try plays is in the script: %+v", text)
			}
			if text.Kind == studio.File && (len(text.In) != 1 || text.In[0].Status != studio.Recorded || text.In[0].Seconds != 2 || !text.In[0].Measured) {
				t.Errorf("the file is %+v", text.In)
			}
		}
	}
	if len(s.Totals) != 1 || s.Totals[0].Recorded != 1 {
		t.Errorf("totals %+v, want one recording", s.Totals)
	}
	guide := studio.Guide(f, "en-US")
	for _, want := range []string{
		"- **1** [Nurse](#nurse)\n  - **2** [Late](#late)\n  - if *away*: [Second](#second)\n    - **4** [Nurse](#nurse)\n- **3** [Late](#late)\n",
		"### Main\n\nYou hear: “For the nurse, press 1.”\n\n", // that something is noted, nobody notices
		"### Nurse\n\nYou wait for up to 5 seconds.\n\n- Press **2**: [Late](#late)\n\nIt depends on Look:\n\n- If *ok*: it goes on\n- If *away*: You hear: “‹a recording›” Then [Second](#second)\n\nThen: [Late](#late)\n",
	} {
		if !strings.Contains(guide, want) {
			t.Errorf("the guide lacks\n%s\nin\n%s", want, guide)
		}
	}
}
