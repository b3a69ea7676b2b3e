package flow_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// sound is a fixture of package audio: a tone of half a second.
func sound(t testing.TB, name string) *fstest.MapFile {
	t.Helper()
	data, err := os.ReadFile("../prompt/audio/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: data}
}

const audioFlow = `
ivr: 1
flow: example
locales: [en-GB]
prompts: {music: {file: music.mp3}, note: {file: note.flac}}
start: main
states:
  main: [{play: [music, note, {file: phone.ul}]}, end]
`

// Audio files of other forms become what the platform plays, and their lengths
// are known.
func TestAudioIsImported(t *testing.T) {
	fsys := fstest.MapFS{
		"f.ivr.yaml": {Data: []byte(audioFlow)}, "music.mp3": sound(t, "tone44.mp3"), "note.flac": sound(t, "stereo48.flac"),
		"phone.ul": {Data: bytes.Repeat([]byte{0xff, 0x7f}, 4000)},
	}
	f, list, err := flow.Load(fsys, "f.ivr.yaml")
	if err != nil || f == nil || len(list) > 0 {
		t.Fatalf("%v\n%s", err, list)
	}
	play := spec[*flow.Play](t, f, "main.1").Prompt
	files := 0
	for hash, wav := range f.Catalogue.Files() {
		files++
		if _, err := prompt.CheckWAV(wav); err != nil || hash != prompt.Hash(wav) {
			t.Errorf("%s: %v", hash, err)
		}
	}
	if files != 3 || play[2].Length != time.Second {
		t.Errorf("%d files, %+v", files, play[2])
	}
	if got := f.Length(play, "en-GB"); got != 2*time.Second {
		t.Errorf("the prompt takes %v, want half a second twice and one", got)
	}
	changed := maps.Clone(fsys)
	changed["music.mp3"] = sound(t, "tone22.mp3")
	if other, list, _ := flow.Load(changed, "f.ivr.yaml"); other == nil || other.Version == f.Version {
		t.Errorf("the file is not part of the version\n%s", list)
	}
}

// What is not read here is converted by the command, once a file.
func TestAudioByCommand(t *testing.T) {
	fsys := fstest.MapFS{
		"f.ivr.yaml": {Data: []byte(strings.NewReplacer("music.mp3", "a.ogg", "note.flac", "a.ogg", "phone.ul", "b.ogg").Replace(audioFlow))},
		"a.ogg":      {Data: []byte("OggS a")}, "b.ogg": {Data: []byte("OggS bad")},
	}
	var asked []string
	o := flow.Options{Audio: prompt.Importer{Command: func(name string, data []byte) ([]byte, error) {
		asked = append(asked, name)
		if string(data) == "OggS bad" {
			return nil, errors.New("converting b.ogg with x: cannot")
		}
		return prompt.Tone(3*time.Second, "a"), nil
	}}}
	_, list, err := flow.LoadWith(fsys, "f.ivr.yaml", o)
	const want = `f.ivr.yaml:8:38: error: the file "b.ogg" cannot be played: converting b.ogg with x: cannot [wav]` + "\n"
	if err != nil || list.String() != want {
		t.Errorf("%v\n%swant\n%s", err, list, want)
	}
	if !slices.Equal(asked, []string{"a.ogg", "b.ogg"}) {
		t.Errorf("the command converted %v", asked)
	}
	fsys["b.ogg"].Data = []byte("OggS b")
	f, list, err := flow.LoadWith(fsys, "f.ivr.yaml", o)
	if err != nil || f == nil || f.Length(spec[*flow.Play](t, f, "main.1").Prompt, "en-GB") != 9*time.Second {
		t.Errorf("%v\n%s", err, list)
	}
}

// fragments is a catalogue with recordings of digits, and of words.
func fragments(words ...string) string {
	var b strings.Builder
	for _, d := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "pound"} {
		fmt.Fprintf(&b, "_digit/%s: {file: %s.wav}\n", d, d)
	}
	for _, w := range words {
		fmt.Fprintf(&b, "_word/%s: {file: 1.wav}\n", w)
	}
	return b.String()
}

// A flow whose values are all recorded needs no synthesiser; one in whose other
// locale they are not does, and money only if its currencies are recorded.
func TestTextsWithFragments(t *testing.T) {
	pounds := prompt.NewCatalogue([]string{"en-GB"}).Unrecorded(prompt.Style{Locale: "en-GB"}, "money", "GBP")
	for _, tt := range []struct {
		name, locales, part string
		words               []string
		want                []string
	}{
		{"digits", "en-GB", `{say_as: digits, value: code}`, nil, []string{}},
		{"in one locale", "en-GB, de-DE", `{say_as: digits, value: code}`, nil, []string{"a spoken digits in main.1"}},
		{"another kind", "en-GB", `{say_as: money, value: price}`, nil, []string{"a spoken money in main.1"}},
		{"money", "en-GB", `{say_as: money, value: price}`, pounds, []string{}},
		{"money of two variables", "en-GB", `{say_as: money, value: "${code == \"1\" ? price : cost}"}`, pounds, []string{"a spoken money in main.1"}},
		{"money written out", "en-GB", `{say_as: money, value: "${\"1.20 GBP\"}"}`, pounds, []string{}},
		{"other money written out", "en-GB", `{say_as: money, value: "${\"1.20 EUR\"}"}`, pounds, []string{"a spoken money in main.1"}},
		{"money of who knows what", "en-GB", `{say_as: money, value: anything}`, pounds, []string{"a spoken money in main.1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fsys := fstest.MapFS{"en-GB.prompts.yaml": {Data: []byte(fragments(tt.words...))}, "f.ivr.yaml": {Data: []byte("ivr: 1\nflow: example\nlocales: [" + tt.locales + "]\n" +
				"prompts: [en-GB.prompts.yaml]\nvars: {code: {type: digits, default: \"1\"}, anything: {type: string, default: x}, price: {type: money, currency: GBP, default: \"1.00\"}, cost: {type: money, currency: EUR, default: \"1.00\"}}\n" +
				"start: main\nstates:\n  main: [{play: [" + tt.part + "]}, end]\n")}}
			for _, d := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "pound"} {
				fsys[d+".wav"] = &fstest.MapFile{Data: prompt.Tone(100*time.Millisecond, d)}
			}
			f, list, err := flow.Load(fsys, "f.ivr.yaml")
			if err != nil || f == nil {
				t.Fatalf("%v\n%s", err, list)
			}
			if got := f.Texts(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q\n%s", got, tt.want, list)
			}
		})
	}
}

// A variable that confirm reads back is a spoken value too.
func TestConfirmSpeaksFragments(t *testing.T) {
	fsys := fstest.MapFS{"en-GB.prompts.yaml": {Data: []byte("_word/pounds: {file: 1.wav}\n_number/1: {file: 1.wav}\n")}, "1.wav": {Data: prompt.Tone(100*time.Millisecond, "1")},
		"f.ivr.yaml": {Data: []byte(`
ivr: 1
flow: example
locales: [en-GB]
prompts: [en-GB.prompts.yaml]
vars: {price: {type: money, currency: GBP, default: "1.00"}}
start: main
states:
  main:
    - confirm: price
      gave_up: end
      rejected: end
    - end
`)}}
	_, list, err := flow.Load(fsys, "f.ivr.yaml")
	if err != nil || len(list) > 0 {
		t.Errorf("%v\n%s", err, list)
	}
	fsys["en-GB.prompts.yaml"].Data = append(fsys["en-GB.prompts.yaml"].Data, "_word/one: {file: 1.wav}\n_word/pound: {file: 1.wav}\n"...)
	_, list, err = flow.Load(fsys, "f.ivr.yaml")
	if want := "f.ivr.yaml:10:7: warning: say_as: money is recorded only in part in en-GB: no fragment says "; err != nil || !strings.HasPrefix(list.String(), want) {
		t.Errorf("%v\n%s, want %s...", err, list, want)
	}
}

// What is still to be recorded is listed by kind, currency and locale.
func TestToRecord(t *testing.T) {
	f := good(t, `locales: [en-GB, de-DE]
vars: {price: {type: money, currency: GBP, default: "1.00"}, cost: {type: money, currency: EUR, default: "1.00"}}
start: main
states: {main: [{play: [{say_as: money, value: price}, {say_as: digits, value: "1"}, {say_as: money, value: price}]}, {play: {say_as: money, value: cost}}, end]}
`)
	var got []string
	for _, r := range f.ToRecord() {
		got = append(got, fmt.Sprint(r.Kind, r.Currencies, " ", r.Locale))
		if !slices.IsSorted(r.Words) || len(r.Words) < 12 || slices.Contains(r.Words, "pounds") != (r.Kind == "money" && r.Currencies[0] == "GBP" && r.Locale == "en-GB") {
			t.Errorf("%s: %q", got[len(got)-1], r.Words)
		}
	}
	if want := []string{"digits[] en-GB", "digits[] de-DE", "money[GBP] en-GB", "money[GBP] de-DE", "money[EUR] en-GB", "money[EUR] de-DE"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The compiler knows about how long each kind of part takes.
func TestLength(t *testing.T) {
	fsys := fstest.MapFS{"1.wav": {Data: prompt.Tone(400*time.Millisecond, "1")}, "f.ivr.yaml": {Data: []byte(`
ivr: 1
flow: example
locales: [en-GB, fr-FR]
prompts: {file: {file: 1.wav}, text: Hello everybody in this house., _digit/1: {file: 1.wav}, _digit/2: {file: 1.wav}, _digit/3: {file: 1.wav}, _digit/4: {file: 1.wav}, _digit/5: {file: 1.wav}, _digit/6: {file: 1.wav}}
vars: {n: {type: string, default: x}}
start: main
states:
  main:
    - play: [file, text, {file: 1.wav}, {say: Hello.}, {say: "You have ${n} points in all."}, {silence: 250ms}, {say_as: digits, value: n}, {say_as: ordinal, value: 1}, {say: "${n}"}]
    - end
`)}}
	f, list, err := flow.Load(fsys, "f.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	estimate := func(text string) time.Duration { return prompt.Estimate(text, "en-GB") }
	parts := spec[*flow.Play](t, f, "main.1").Prompt
	for i, want := range []time.Duration{
		400 * time.Millisecond, estimate("Hello everybody in this house."), 400 * time.Millisecond, estimate("Hello."), estimate("You have points in all."),
		250 * time.Millisecond, 6*400*time.Millisecond + 5*120*time.Millisecond, estimate("twenty-first"), 300 * time.Millisecond,
	} {
		if got := f.Length(parts[i:i+1], "en-GB"); got != want {
			t.Errorf("part %d takes %v, want %v", i+1, got, want)
		}
	}
	if en, fr := f.Length(parts[6:7], "en-GB"), f.Length(parts[6:7], "fr-FR"); en == fr {
		t.Errorf("what is not recorded takes as long as what is: %v", fr)
	}
}
