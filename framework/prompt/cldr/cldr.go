// Package cldr holds what speaking values needs of the Unicode Common Locale
// Data Repository: spell-out rules, plural rules, months, currencies, units.
//
//	l := cldr.Find("de-AT")
//	l.Months[0]                        // "Jänner"
//	cldr.PluralsOf("pl").Cardinal(cldr.Whole(3)) // "few"
//
// The data is the release that data/VERSION names, under the licence in
// data/LICENSE; generate writes it. The functions keep no state and are safe
// for concurrent use. Each reads its data anew: callers keep the results.
package cldr

import (
	"bytes"
	"embed"
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

//go:generate go run ./generate /tmp/cldr

//go:embed data
var data embed.FS

// Chain is a locale and those from which it inherits, itself first: en-GB,
// en-001, en. A name that is none gives an empty chain.
func Chain(locale string) []string {
	tag, err := language.Parse(locale)
	if err != nil {
		return nil
	}
	name := canonical(tag)
	var chain []string
	for name != "" && name != "und" && !slices.Contains(chain, name) {
		chain = append(chain, name)
		if !entry("data/parents.json", name, &name) {
			name = name[:max(strings.LastIndexByte(name, '-'), 0)]
		}
	}
	return chain
}

// canonical is a locale's name as the data has it: language, script and
// region. The script of Chinese follows from the region.
func canonical(tag language.Tag) string {
	base, script, region := tag.Raw()
	name := base.String()
	switch {
	case name == "tl":
		name = "fil"
	case script.String() != "Zzzz":
		name += "-" + script.String()
	case name == "zh" || name == "yue":
		if s, _ := tag.Script(); s.String() != defaultScript(name) {
			name += "-" + s.String()
		}
	}
	if region.String() != "ZZ" {
		name += "-" + region.String()
	}
	return name
}

// defaultScript is the script of the data under a language's bare name.
func defaultScript(language string) string {
	if language == "yue" {
		return "Hant"
	}
	return "Hans"
}

// entry decodes one entry of a file of the data, which stands on a line of its
// own; it says whether there is one. The data is known to be well formed.
func entry(name, key string, into any) bool {
	b, err := data.ReadFile(name)
	if err != nil {
		return false
	}
	_, rest, ok := bytes.Cut(b, []byte("\n\""+key+"\": "))
	if !ok {
		return false
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	if err := json.Unmarshal(bytes.TrimSuffix(line, []byte(",")), into); err != nil {
		panic("cldr: " + name + ": " + key + ": " + err.Error())
	}
	return true
}

// Rules are the rule-based number formats of a locale, in ICU's notation: its
// own, then those from which it inherits what it lacks. A language that has
// none gives none.
func Rules(locale string) []string {
	var texts []string
	for _, name := range Chain(locale) {
		if b, err := data.ReadFile("data/rbnf/" + name + ".txt"); err == nil {
			texts = append(texts, string(b))
		}
	}
	return texts
}

// Languages lists, sorted, the locales that have spell-out rules of their own.
func Languages() []string {
	entries, err := data.ReadDir("data/rbnf")
	if err != nil {
		panic("cldr: " + err.Error()) // it is embedded
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".txt")
	}
	return names
}

// Locale is how a language writes dates, times, lists and amounts. Strings
// that the data lacks are empty.
type Locale struct {
	Months  []string          // as in a date, January first
	Date    string            // pattern of a long date, such as "d MMMM y"
	Day     string            // the same without the year
	Time    string            // pattern of a short time, such as "HH:mm"
	Periods map[string]string // names of parts of the day: am, noon, evening1
	Hours   [][2]string       // when each part of the day begins, in order: "18:00", evening1
	Decimal string            // the decimal sign
	List    map[string]string // patterns: 2, start, middle, end
	// Units has for day, hour, minute and second a pattern by plural category,
	// such as "{0} hours", and the gender.
	Units map[string]map[string]string
	// Currencies has the names of currencies, by ISO 4217 code and category.
	Currencies map[string]map[string]string
	Signs      map[string]string // names of @, #, *, ...
}

// Find is what is known of a locale; its own words before inherited ones.
func Find(locale string) Locale {
	var l Locale
	for _, name := range slices.Backward(Chain(locale)) {
		base, _, _ := strings.Cut(name, "-")
		entry("data/locale/"+base+".json", name, &l) // entries of maps are added
	}
	return l
}
