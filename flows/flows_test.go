package flows_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/format"
	"github.com/ivrflow/ivrflow/testkit"
)

func TestDemoHasNoFindings(t *testing.T) {
	f := load(t, flows.FS, flows.Demo)
	if f.Description == "" {
		t.Errorf("the flow %s has no description", f.Name)
	}
}

func TestDemo(t *testing.T) { testkit.Run(t, "demo/demo.ivr.yaml") }

// names are the flows that others call.
func names(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "demo" && e.Name() != "testdata" {
			all = append(all, e.Name())
		}
	}
	if len(all) == 0 {
		t.Fatal("there are no flows")
	}
	return all
}

func load(t *testing.T, fsys fs.FS, file string) *flow.Flow {
	t.Helper()
	f, findings, err := flow.Load(fsys, file)
	if err != nil || f == nil || len(findings) > 0 {
		t.Fatalf("Load(%s) = %v, error %v, findings:\n%s", file, f != nil, err, findings)
	}
	return f
}

// locales are the languages that every flow speaks.
func locales() []string { return []string{"en-GB", "de-DE", "fr-FR", "es-ES", "nl-NL"} }

// Each flow is right as it is embedded, and has all prompts in all languages.
func TestEachIsWhole(t *testing.T) {
	for _, name := range names(t) {
		f := load(t, flows.FS, name+"/"+name+".ivr.yaml")
		if f.Name != name || f.Description == "" {
			t.Errorf("%s is called %q, with the description %q", name, f.Name, f.Description)
		}
		if strings.Join(f.Locales, " ") != strings.Join(locales(), " ") {
			t.Errorf("%s speaks %q", name, f.Locales)
		}
		if missing := f.Catalogue.Missing(); len(missing) > 0 {
			t.Errorf("%s lacks %v", name, missing)
		}
		for _, key := range f.Catalogue.Keys() {
			heard := map[string]string{}
			for _, locale := range f.Locales {
				e, _ := f.Catalogue.Lookup(locale, key)
				if other := heard[e.Text]; other != "" {
					t.Errorf("%s: %s is the same in %s and %s: %q", name, key, other, locale, e.Text)
				}
				heard[e.Text] = locale
			}
		}
		load(t, os.DirFS(name), "example.ivr.yaml")
	}
}

// The tests of each flow pass, in every language: the flow that calls it is there
// with another one, unless it has several.
func TestEach(t *testing.T) {
	for _, name := range names(t) {
		tests, err := os.ReadFile(path.Join(name, name+".ivr-test.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		several := len(load(t, os.DirFS(name), "example.ivr.yaml").Locales) > 1
		for _, locale := range locales() {
			if several && locale != "en-GB" {
				continue
			}
			t.Run(name+" "+locale, func(t *testing.T) {
				testkit.RunWith(t, name+".ivr-test.yaml", testkit.Options{FS: fstest.MapFS{
					"example.ivr.yaml":      {Data: exampleIn(t, name, locale)},
					name + ".ivr-test.yaml": {Data: tests},
				}})
			})
		}
	}
}

// Every file has the form that ivrflow fmt gives.
func TestEachHasItsForm(t *testing.T) {
	for _, pattern := range []string{"*/*.yaml", "*/prompts/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %q, %v", pattern, files, err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out, list, err := format.Source(file, src, format.KindOf(src))
			if err != nil || len(list) > 0 || !bytes.Equal(out, src) {
				t.Errorf("%s: run ivrflow fmt (%v)\n%s", file, err, list)
			}
		}
	}
}

// exampleIn is a flow's example for callers of a locale.
func exampleIn(t *testing.T, name, locale string) []byte {
	t.Helper()
	text, err := os.ReadFile(path.Join(name, "example.ivr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("locales: [en-GB")) {
		t.Fatalf("the example of %s is not for en-GB", name)
	}
	return bytes.Replace(text, []byte("locales: [en-GB"), []byte("locales: ["+locale), 1)
}

// ring calls a flow's example in a locale.
func ring(t *testing.T, name, locale string, g testkit.Given) *testkit.Call {
	t.Helper()
	fsys := fstest.MapFS{"example.ivr.yaml": {Data: exampleIn(t, name, locale)}}
	f, findings, err := flow.Load(fsys, "example.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, findings)
	}
	return testkit.Dial(t, f, g)
}

func TestHoursAreSpoken(t *testing.T) {
	for locale, want := range map[string][]string{
		"en-GB": {"We are closed at the moment.", "We open again on", "the first of December twenty twenty-six", "at", "eight AM"},
		"de-DE": {"Wir haben zurzeit geschlossen.", "Wir öffnen wieder:", "erster Dezember zweitausendsechsundzwanzig", "um", "acht Uhr"},
		"fr-FR": {"Nous sommes fermés pour le moment.", "Nous rouvrons", "le premier décembre deux mille vingt-six", "à", "huit heures"},
		"es-ES": {"En este momento estamos cerrados.", "Volvemos a abrir", "el uno de diciembre de dos mil veintiséis", "a", "las ocho horas"},
		"nl-NL": {"Wij zijn op dit moment gesloten.", "Wij zijn weer open op", "één december tweeduizendzesentwintig", "om", "acht uur"},
		"de-CH": {"Wir haben zurzeit geschlossen.", "Wir öffnen wieder:", "erster Dezember zweitausendsechsundzwanzig", "um", "acht Uhr"},
		"it-IT": {"We are closed at the moment.", "We open again on", "the first of December twenty twenty-six", "at", "eight AM"},
	} {
		t.Run(locale, func(t *testing.T) {
			now := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
			ring(t, "hours", locale, testkit.Given{Now: now}).Hears(want...).Hears("goodbye").Ended("flow")
		})
	}
}

// The page of each flow tells of what it declares, and shows the example that is
// tested.
func TestEachIsDescribed(t *testing.T) {
	for _, name := range names(t) {
		f := load(t, flows.FS, name+"/"+name+".ivr.yaml")
		page, err := os.ReadFile(path.Join(name, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		example, err := os.ReadFile(path.Join(name, "example.ivr.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"# " + name + "\n", "```yaml\n" + string(example) + "```\n", "| `done` | ", "| `failed` | "}
		for _, p := range f.Params {
			want = append(want, fmt.Sprintf("| `%s` | %s | %s | ", p, f.Vars[p].Type, byDefault(t, f.Vars[p])))
		}
		for _, r := range f.Returns {
			want = append(want, fmt.Sprintf("| `%s` | %s | ", r, f.Vars[r].Type))
		}
		for _, o := range f.Outcomes {
			want = append(want, fmt.Sprintf("| `%s` | ", o))
		}
		for _, a := range f.Actions {
			want = append(want, "`"+a.Name+"`")
			for _, word := range append(append(a.In, a.Out...), a.Outcomes...) {
				want = append(want, "`"+word+"`")
			}
		}
		for _, text := range want {
			if !strings.Contains(string(page), text) {
				t.Errorf("%s/README.md does not hold %q", name, text)
			}
		}
	}
}

// byDefault is the cell of a parameter's default.
func byDefault(t *testing.T, v *flow.Var) string {
	t.Helper()
	if v.Default == nil {
		return "required"
	}
	text, err := json.Marshal(v.Default)
	if err != nil {
		t.Fatal(err)
	}
	return "`" + strings.ReplaceAll(string(text), `","`, `", "`) + "`"
}
