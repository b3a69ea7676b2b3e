package flow_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// audioOf finds the audio of a flow as a store would.
func audioOf(f *flow.Flow) func(string) ([]byte, error) {
	all := maps.Collect(f.Audio())
	return func(hash string) ([]byte, error) {
		wav, ok := all[hash]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return wav, nil
	}
}

func bundled(t testing.TB, f *flow.Flow) []byte {
	t.Helper()
	data, err := f.Bundle()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every flow of this tree is the same version when it is loaded from its bundle,
// and so is its bundle.
func TestBundleIsTheVersion(t *testing.T) {
	root, count := os.DirFS("../.."), 0
	again := func(fsys fs.FS, file string) {
		f, _, err := flow.Load(fsys, file)
		if err != nil || f == nil {
			return // a flow with errors, which tests are about
		}
		count++
		data := bundled(t, f)
		g, err := flow.LoadBundle(data, f.Version, nil, audioOf(f))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			return
		}
		if g.Version != f.Version || g.Name != f.Name || !bytes.Equal(bundled(t, g), data) {
			t.Errorf("%s: version %s of %s came back as %s of %s, or with another bundle", file, f.Version, f.Name, g.Version, g.Name)
		}
		if was, is := fmt.Sprint(maps.Collect(f.Audio())), fmt.Sprint(maps.Collect(g.Audio())); was != is {
			t.Errorf("%s: its audio came back as another", file)
		}
	}
	walk := func(fsys fs.FS) {
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".ivr.yaml") {
				again(fsys, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	walk(root)
	walk(flows.FS)
	if count < 40 {
		t.Errorf("only %d flows were loaded", count)
	}
}

// project is a flow with all kinds of files.
func project() fstest.MapFS {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"bot/main.ivr.yaml": text(`ivr: 1
flow: main
locales: [en-GB, de-DE]
prompts: [prompts, {bye: Goodbye.}]
schedules: {desk: {timezone: Europe/London, open: "Mo-Fr 09:00-17:00", holidays: [days.yaml]}}
start: main
states:
  main:
    - hours: desk
      open: []
      closed: []
      holiday: []
    - play: {file: sounds/beep.flac}
    - play: welcome
    - call: other
    - call: flows/pin
      with: {customer: "1"}
      failed: end
    - play: bye
    - end
`),
		"bot/prompts/en-GB.prompts.yaml": text("welcome: {text: Welcome., file: welcome.wav}\n"),
		"bot/prompts/fr-FR.prompts.yaml": text("welcome: Bienvenue.\n"),
		"bot/prompts/notes.txt":          text("nobody reads this"),
		"bot/prompts/de-DE.prompts.yaml": text("welcome: Willkommen.\n"),
		"bot/prompts/welcome.wav":        {Data: prompt.Tone(1e9, "welcome")},
		"bot/sounds/beep.flac":           {Data: prompt.Tone(2e9, "beep")}, // as it is; what it is named does not count
		"bot/days.yaml":                  text("- {date: 2026-12-24, name: Christmas Eve}\n"),
		"flows/other.ivr.yaml":           text("ivr: 1\nflow: other\nstart: main\nstates: {main: [{play: {file: hum.wav}}, return]}\n"),
		"flows/hum.wav":                  {Data: prompt.Tone(3e9, "hum")},
	}
}

func loadProject(t *testing.T, files fstest.MapFS) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(files, "bot/main.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// Whatever a flow reads is in its bundle, and what it does not read is not.
func TestBundleHoldsAllThatIsRead(t *testing.T) {
	files := project()
	f := loadProject(t, files)
	data := bundled(t, f)
	for name := range files {
		changed := project()
		changed[name] = &fstest.MapFile{Data: append(bytes.Clone(files[name].Data), "\n# more\n"...)}
		if strings.HasSuffix(name, ".wav") || strings.HasSuffix(name, ".flac") {
			changed[name] = &fstest.MapFile{Data: prompt.Tone(4e9, "another")}
		}
		g := loadProject(t, changed)
		read := !strings.HasSuffix(name, ".txt") && !strings.Contains(name, "fr-FR")
		if other := !bytes.Equal(bundled(t, g), data); other != read || (g.Version != f.Version) != read {
			t.Errorf("%s was changed: another bundle %t, another version %t; want %t", name, other, g.Version != f.Version, read)
		}
	}
	if _, err := flow.LoadBundle(data, f.Version, nil, audioOf(f)); err != nil {
		t.Error(err)
	}
}

// What cannot be loaded says so, and why.
func TestBundleThatCannotBeLoaded(t *testing.T) {
	f := loadProject(t, project())
	data := bundled(t, f)
	errDown := errors.New("the store is down")
	short := func(string) ([]byte, error) { return prompt.Silence(1e9), nil }
	for name, c := range map[string]struct {
		data    []byte
		version string
		audio   func(string) ([]byte, error)
		want    string
	}{
		"cut":             {data[:len(data)-9], f.Version, audioOf(f), "its sources are damaged"},
		"empty":           {nil, f.Version, audioOf(f), "its sources are damaged"},
		"another version": {data, strings.Repeat("0", 64), audioOf(f), "from the sources of version 000000000000 comes version " + flow.Short(f.Version)},
		"damaged audio":   {data, f.Version, short, "is damaged"},
		"a later form":    {repacked(t, data, `"format":1`, `"format":2`), f.Version, audioOf(f), "kept in the form 2"},
		"a newer loader":  {repacked(t, data, "hours: desk", "opened: desk"), f.Version, audioOf(f), `bot/main.ivr.yaml:9:7: error: this step has no verb`},
		"no ready-made":   {repacked(t, data, "pin/pin.ivr.yaml", "pin/pon.ivr.yaml"), f.Version, audioOf(f), `flows/pin`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := flow.LoadBundle(c.data, c.version, nil, c.audio)
			if !errors.Is(err, flow.ErrUnusable) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want ErrUnusable with %q", err, c.want)
			}
		})
	}
	_, err := flow.LoadBundle(data, f.Version, nil, func(string) ([]byte, error) { return nil, errDown })
	if !errors.Is(err, errDown) || errors.Is(err, flow.ErrUnusable) {
		t.Errorf("%v; want only that the store is down", err)
	}
}

// A flow's bundle cannot be had of another's sub-flow.
func TestBundleOfAMember(t *testing.T) {
	for _, m := range loadProject(t, project()).Members()[1:] {
		if _, err := m.Bundle(); err == nil {
			t.Errorf("%s has a bundle", path.Base(m.File))
		}
	}
}

func BenchmarkLoadBundle(b *testing.B) {
	f, _, err := flow.Load(flows.FS, flows.Demo)
	if err != nil {
		b.Fatal(err)
	}
	data := bundled(b, f)
	b.ReportMetric(float64(len(data)), "bytes/bundle")
	for b.Loop() {
		if _, err := flow.LoadBundle(data, f.Version, nil, audioOf(f)); err != nil {
			b.Fatal(err)
		}
	}
}
