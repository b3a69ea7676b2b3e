package bot_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const recordedFlow = `
ivr: 1
flow: recorded
locales: [en-GB, de-DE]
prompts: [en-GB.prompts.yaml, de-DE.prompts.yaml]
vars: {code: {type: digits, default: "12"}, pin: {type: digits, default: "4071", sensitive: true}}
start: main
states:
  main:
    - play: [jingle, {file: music.mp3}, phone]
    - play: [%s]
    - play: {say_as: digits, value: code}
    - play: {say_as: digits, value: pin}
    - set: {locale: de-DE}
    - play: [jingle, {say_as: digits, value: code}, {say_as: digits, value: pin}]
    - end
`

// recordedFiles are a flow that needs no synthesiser: its values are recorded
// in both languages, and its files are of many forms.
func recordedFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{"phone.ul": {Data: bytes.Repeat([]byte{0xff, 0x7f}, 500)}}
	for name, file := range map[string]string{"music.mp3": "tone44.mp3", "jingle.flac": "stereo48.flac"} {
		data, err := os.ReadFile("../../framework/prompt/audio/testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: data}
	}
	var long []string
	for i := range 25 {
		name := fmt.Sprintf("part%d.wav", i)
		fsys[name] = &fstest.MapFile{Data: prompt.Tone(time.Duration(20+i)*time.Millisecond, name)}
		long = append(long, "{file: "+name+"}")
	}
	fsys["recorded.ivr.yaml"] = &fstest.MapFile{Data: fmt.Appendf(nil, recordedFlow, strings.Join(long, ", "))}
	for i, locale := range []string{"en-GB", "de-DE"} {
		catalogue := "jingle: {file: jingle.flac}\nphone: {file: phone.ul}\n"
		for n, digit := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "pound"} {
			name := digit + locale + ".wav"
			fsys[name] = &fstest.MapFile{Data: prompt.Tone(time.Duration(20+2*n+i)*time.Millisecond, name)}
			catalogue += fmt.Sprintf("_digit/%s: {file: %s}\n", digit, name)
		}
		fsys[locale+".prompts.yaml"] = &fstest.MapFile{Data: []byte(catalogue)}
	}
	return fsys
}

// sink is a log that several goroutines write.
type sink struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// request is what the platform played of one request.
type request []graphsim.PromptStarted

// pcm is what was heard.
func (r request) pcm(t *testing.T) []int16 {
	t.Helper()
	var all []int16
	for _, e := range r {
		if e.Problem != "" {
			t.Errorf("part %d is not heard: %s", e.Index, e.Problem)
			continue
		}
		samples, err := prompt.DecodeWAV(e.Audio)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, samples...)
	}
	return all
}

// listenTo rings and takes what is played until the call ends.
func listenTo(t *testing.T, w *onTheWire) []request {
	t.Helper()
	if _, err := w.sim.Ring(graphsim.Caller{}); err != nil {
		t.Fatal(err)
	}
	var heard []request
	over := false
	for !over {
		await(t, w, func(e graphsim.Event) bool {
			switch e := e.(type) {
			case graphsim.PromptStarted:
				if e.Index == 0 {
					heard = append(heard, nil)
				}
				heard[len(heard)-1] = append(heard[len(heard)-1], e)
			case graphsim.Ended:
				over = true
			default:
			}
			return true
		})
	}
	return heard
}

// soundOf are the samples of files in turn, as they are after the import; a
// number is a pause of so many milliseconds.
func soundOf(t *testing.T, fsys fstest.MapFS, names ...string) []int16 {
	t.Helper()
	var all []int16
	for _, name := range names {
		var wav []byte
		if file, ok := fsys[name]; ok {
			var err error
			if wav, err = prompt.Import(name, file.Data); err != nil {
				t.Fatal(err)
			}
		} else {
			d, err := time.ParseDuration(name)
			if err != nil {
				t.Fatal(err)
			}
			wav = prompt.Silence(d)
		}
		samples, err := prompt.DecodeWAV(wav)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, samples...)
	}
	return all
}

// A flow of recordings on the wire, without a synthesiser: files of other forms
// are heard, a prompt of 25 parts is joined, values come from the fragments of
// the caller's language, and nothing tells a secret one.
func TestRecordedFlow(t *testing.T) {
	fsys := recordedFiles(t)
	f, list, err := flow.Load(fsys, "recorded.ivr.yaml")
	if err != nil || f == nil || len(list) > 0 {
		t.Fatalf("%v\n%s", err, list)
	}
	var log sink
	w := connect(t, func(c *bot.Config) {
		c.Flows, c.Speech = []*flow.Flow{f}, nil
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	heard := listenTo(t, w)
	var parts []string
	for i := range 25 {
		parts = append(parts, fmt.Sprintf("part%d.wav", i))
	}
	for i, want := range []struct {
		files int
		sound []string
	}{
		{3, []string{"jingle.flac", "music.mp3", "phone.ul"}},
		{20, parts},
		{3, []string{"1en-GB.wav", "120ms", "2en-GB.wav"}},
		{1, []string{"4en-GB.wav", "120ms", "0en-GB.wav", "120ms", "7en-GB.wav", "120ms", "1en-GB.wav"}},
		{5, []string{"jingle.flac", "1de-DE.wav", "120ms", "2de-DE.wav", "4de-DE.wav", "120ms", "0de-DE.wav", "120ms", "7de-DE.wav", "120ms", "1de-DE.wav"}},
	} {
		if i >= len(heard) {
			t.Fatalf("only %d requests", len(heard))
		}
		if got := heard[i]; len(got) != want.files || got[0].Count != want.files || !slices.Equal(got.pcm(t), soundOf(t, fsys, want.sound...)) {
			t.Errorf("request %d: %d files with %d samples, want %d of %v", i+1, len(got), len(got.pcm(t)), want.files, want.sound)
		}
	}
	again := listenTo(t, w)
	tells := map[string]string{}
	for hash := range f.Catalogue.Files() {
		tells[hash] = "a file of the catalogue"
	}
	for i, last := range [][2]int{{3, 0}, {4, 4}} {
		first, second := heard[last[0]][last[1]], again[last[0]][last[1]]
		tells[prompt.Hash(first.Audio)] = "the content"
		for _, e := range []graphsim.PromptStarted{first, second} {
			for hash, what := range tells {
				if strings.Contains(e.URI, hash) {
					t.Errorf("secret %d is at %s, which names %s", i+1, e.URI, what)
				}
			}
		}
		if path := func(uri string) string { p, _, _ := strings.Cut(uri, "?"); return p }; path(first.URI) == path(second.URI) {
			t.Errorf("secret %d is at %s twice", i+1, first.URI)
		}
	}
	if a, b := heard[1][19].URI, again[1][19].URI; a[:strings.IndexByte(a, '?')] != b[:strings.IndexByte(b, '?')] {
		t.Errorf("what is joined has two names, %s and %s", a, b)
	}
	w.checkPrinted(t, f)
	log.mu.Lock()
	defer log.mu.Unlock()
	for hash := range f.Catalogue.Files() {
		if strings.Contains(log.text.String(), hash) {
			t.Errorf("the log names a file of the catalogue:\n%s", &log.text)
		}
	}
}

// checkPrinted looks for the digits that only the secret has in what is printed
// of the call's changes.
func (w *onTheWire) checkPrinted(t *testing.T, f *flow.Flow) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var printed strings.Builder
	for _, c := range w.changes {
		fmt.Fprintf(&printed, "%v %+v\n", c.Commands, c.Commands)
	}
	if !strings.Contains(printed.String(), `"one, two"`) {
		t.Errorf("the value that is no secret is not printed:\n%s", &printed)
	}
	for _, key := range []string{"_digit/4", "_digit/0", "_digit/7"} {
		for _, locale := range f.Locales {
			if e, _ := f.Catalogue.Lookup(locale, key); strings.Contains(printed.String(), key) || strings.Contains(printed.String(), e.Audio) {
				t.Errorf("%s in %s is printed:\n%s", key, locale, &printed)
			}
		}
	}
}
