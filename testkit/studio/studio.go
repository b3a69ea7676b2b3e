// Package studio lists what callers of a flow can hear: for the studio that records
// it, for the translator, and, as a guide, for the callers themselves.
//
//	s := studio.Of(f, "")
//	fmt.Print(s.Markdown())
//	rows := s.Rows()                       // of a table, for spreadsheets
//	guide := studio.Guide(f, "en-GB")      // "press 1 ..."
//
// A script has each text once, in the order in which a call comes to it, with its
// words in each language, its length, and every place at which it is heard. The
// package keeps no state.
package studio

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Script is what callers of a flow, and of the flows that it calls, can hear.
type Script struct {
	Flow        string    `json:"flow"`
	Description string    `json:"description,omitempty"`
	File        string    `json:"file"`
	Version     string    `json:"version"`
	Locales     []string  `json:"locales"` // the first is the default
	Totals      []Total   `json:"totals"`  // by locale
	Sections    []Section `json:"sections"`
}

// Total is how much of a script there is in a locale.
type Total struct {
	Locale   string  `json:"locale"`
	Texts    int     `json:"texts"` // all but missing and built-in ones
	Recorded int     `json:"recorded"`
	ToRecord int     `json:"to_record"`
	Variable int     `json:"variable"`
	Missing  int     `json:"missing"`
	Words    int     `json:"fragments_to_record"` // for spoken values
	Seconds  float64 `json:"seconds"`             // of the texts together
	Measured bool    `json:"measured"`            // none of them is estimated
}

// Section is the script of one flow.
type Section struct {
	Flow      string     `json:"flow"`
	Called    string     `json:"called,omitempty"` // as its callers name it; empty for the flow itself
	Texts     []Text     `json:"texts"`
	Values    []Value    `json:"values,omitempty"`
	Fragments []Fragment `json:"fragments,omitempty"` // still to be recorded
}

// Kind is what a text is.
type Kind string

// The kinds of text.
const (
	Prompt  Kind = "prompt"  // of the catalogue
	Inline  Kind = "text"    // written into a step
	File    Kind = "file"    // an audio file named by a step
	BuiltIn Kind = "builtin" // the language's own: the apology
)

// Text is one thing that callers can hear.
type Text struct {
	Key  string `json:"key"` // of the catalogue; else of the step, with a number
	Kind Kind   `json:"kind"`
	In   []Form `json:"in"` // by locale
	Uses []Use  `json:"uses"`
}

// Status says how a text stands in a locale.
type Status string

// The states.
const (
	Recorded Status = "recorded"
	ToRecord Status = "to record" // a synthesiser speaks it so far
	Variable Status = "variable"  // it holds values, and only a synthesiser can speak it
	Missing  Status = "missing"   // callers hear it in the flow's default language
	Given    Status = "built in"  // of the language; on_error takes its place
)

// Form is a text in a locale.
type Form struct {
	Locale   string  `json:"locale"`
	Status   Status  `json:"status"`
	Text     string  `json:"text,omitempty"`
	SSML     bool    `json:"ssml,omitempty"`
	Voice    string  `json:"voice,omitempty"` // of the synthesiser
	File     string  `json:"file,omitempty"`
	Seconds  float64 `json:"seconds"`
	Measured bool    `json:"measured"` // of the recording; else estimated
}

// Use is a place at which a text is heard.
type Use struct {
	State   string   `json:"state"`
	Step    string   `json:"step"`
	When    string   `json:"when"`            // a sentence
	If      string   `json:"if,omitempty"`    // a condition
	Often   string   `json:"often,omitempty"` // if that is said in the flow
	Keys    string   `json:"keys"`            // what a key does meanwhile, a sentence
	Before  []string `json:"before"`          // what is heard before, one of these
	After   []string `json:"after"`           // and after
	Place   string   `json:"place"`
	Another string   `json:"another,omitempty"` // who hears it, if not the caller
}

// Value is something that is spoken and known only in a call.
type Value struct {
	Kind       string    `json:"say_as"`
	Value      string    `json:"value"` // the expression
	Currencies []string  `json:"currencies,omitempty"`
	Sensitive  bool      `json:"sensitive,omitempty"`
	Steps      []string  `json:"steps"`
	Examples   []Example `json:"examples"`
}

// Example is a value in the words that are heard.
type Example struct {
	Locale   string `json:"locale"`
	Value    string `json:"value"`
	Words    string `json:"words"`
	Recorded bool   `json:"recorded"` // recordings say all values of this kind
}

// Fragment is a recording of a few words that spoken values need.
type Fragment struct {
	Key    string   `json:"key"`
	Locale string   `json:"locale"`
	Words  string   `json:"words"`
	For    []string `json:"for"` // say_as
}

// Of is the script of a flow. file is what its file is called in places; empty: as the
// flow was loaded.
func Of(f *flow.Flow, file string) *Script {
	s := &Script{Flow: f.Name, Description: f.Description, File: cmp.Or(file, f.File), Version: f.Version, Locales: slices.Clone(f.Locales)}
	for _, m := range f.Members() {
		w := newWriter(m, f.Locales)
		w.section.Flow, w.section.Called, w.file = m.Name, m.Key, m.File
		if m == f {
			w.file = s.File
		}
		w.write()
		s.Sections = append(s.Sections, w.section)
	}
	for _, locale := range s.Locales {
		s.Totals = append(s.Totals, s.total(locale))
	}
	return s
}

func (s *Script) total(locale string) Total {
	t := Total{Locale: locale, Measured: true}
	for _, section := range s.Sections {
		for _, text := range section.Texts {
			for _, form := range text.In {
				if form.Locale == locale {
					t.add(form)
				}
			}
		}
		for _, f := range section.Fragments {
			if f.Locale == locale {
				t.Words++
			}
		}
	}
	t.Seconds = round(t.Seconds)
	return t
}

func (t *Total) add(f Form) {
	switch f.Status {
	case Missing:
		t.Missing++
		return
	case Given:
		return // nobody has to do anything about it
	case Recorded:
		t.Recorded++
	case ToRecord:
		t.ToRecord++
	case Variable:
		t.Variable++
	}
	t.Texts++
	t.Seconds += f.Seconds
	t.Measured = t.Measured && f.Measured
}

// form is a catalogue's entry in a locale of the flow that was asked for, which a
// flow that it calls may lack.
func form(c *prompt.Catalogue, locale, key string) Form {
	own := c.Locale(locale)
	if own != locale && !prompt.SameLanguage(own, locale) || !c.Has(own, key) {
		return Form{Locale: locale, Status: Missing}
	}
	e, _ := c.Lookup(own, key)
	f := Form{Locale: locale, Status: ToRecord, Text: e.Text, SSML: e.SSML, Voice: e.Voice, File: e.File, Seconds: seconds(e.Length)}
	if e.Audio != "" {
		f.Status, f.Measured = Recorded, true
	}
	return f
}

func seconds(d time.Duration) float64 { return round(d.Seconds()) }

func round(s float64) float64 { return float64(int(s*100+0.5)) / 100 }

// length is a length for people; an estimate has a ~.
func length(s float64, measured bool) string {
	sign := "~"
	if measured || s == 0 {
		sign = ""
	}
	if s >= 60 {
		return fmt.Sprintf("%s%d:%02d min", sign, int(s)/60, int(s)%60)
	}
	return fmt.Sprintf("%s%.1f s", sign, s)
}

// Only leaves out all languages but one.
func (s *Script) Only(locale string) {
	s.Locales = []string{locale}
	s.Totals = slices.DeleteFunc(s.Totals, func(t Total) bool { return t.Locale != locale })
	for i := range s.Sections {
		section := &s.Sections[i]
		for j := range section.Texts {
			t := &section.Texts[j]
			t.In = slices.DeleteFunc(t.In, func(f Form) bool { return f.Locale != locale })
		}
		section.Texts = slices.DeleteFunc(section.Texts, func(t Text) bool { return len(t.In) == 0 })
		for j := range section.Values {
			v := &section.Values[j]
			v.Examples = slices.DeleteFunc(v.Examples, func(e Example) bool { return e.Locale != locale })
		}
		section.Fragments = slices.DeleteFunc(section.Fragments, func(f Fragment) bool { return f.Locale != locale })
	}
}
