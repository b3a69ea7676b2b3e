package main

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// locale is what cldr.Locale is read from; what is empty is inherited.
type locale struct {
	Months     []string                     `json:"months,omitempty"`
	Date       string                       `json:"date,omitempty"`
	Day        string                       `json:"day,omitempty"`
	Time       string                       `json:"time,omitempty"`
	Periods    map[string]string            `json:"periods,omitempty"`
	Hours      [][2]string                  `json:"hours,omitempty"`
	Decimal    string                       `json:"decimal,omitempty"`
	List       map[string]string            `json:"list,omitempty"`
	Units      map[string]map[string]string `json:"units,omitempty"`
	Currencies map[string]map[string]string `json:"currencies,omitempty"`
	Signs      map[string]string            `json:"signs,omitempty"`
}

// full are the languages for which all currencies are kept.
func full() []string { return []string{"en", "de", "fr", "es", "nl"} }

// major are the currencies that are kept for every language.
func major() []string {
	return strings.Fields(`AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK
		JPY KRW MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR`)
}

func signs() string { return "*#@-./_+,:&%=!?$€£" }

// readLocales reads what speaking needs, by language and, within it, by
// locale. A locale holds only what differs from its parent.
func readLocales(src *source, languages map[string]bool, parents map[string]string) map[string]map[string]locale {
	all := map[string]locale{}
	for _, name := range src.folders("cldr-dates-full/main") {
		if languages[languageOf(name)] {
			all[name] = readLocale(src, name)
		}
	}
	out := map[string]map[string]locale{}
	for name, l := range all {
		parent := parentOf(name, parents)
		for parent != "" && parent != "und" && reflect.DeepEqual(all[parent], locale{}) {
			parent = parentOf(parent, parents)
		}
		if l = without(l, all[parent]); reflect.DeepEqual(l, locale{}) {
			continue
		}
		if out[languageOf(name)] == nil {
			out[languageOf(name)] = map[string]locale{}
		}
		out[languageOf(name)][name] = l
	}
	return out
}

func parentOf(name string, parents map[string]string) string {
	if p, ok := parents[name]; ok {
		return p
	}
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		return name[:i]
	}
	return ""
}

// without leaves out what the parent has too. Maps are compared entry by
// entry, since they are inherited so.
func without(l, parent locale) locale {
	if slices.Equal(l.Months, parent.Months) {
		l.Months = nil
	}
	for _, f := range [][2]*string{{&l.Date, &parent.Date}, {&l.Day, &parent.Day}, {&l.Time, &parent.Time}, {&l.Decimal, &parent.Decimal}} {
		if *f[0] == *f[1] {
			*f[0] = ""
		}
	}
	if slices.Equal(l.Hours, parent.Hours) {
		l.Hours = nil
	}
	l.Periods = differing(l.Periods, parent.Periods)
	l.List, l.Signs = differing(l.List, parent.List), differing(l.Signs, parent.Signs)
	l.Units, l.Currencies = differing(l.Units, parent.Units), differing(l.Currencies, parent.Currencies)
	return l
}

func differing[V any](m, parent map[string]V) map[string]V {
	out := maps.Clone(m)
	maps.DeleteFunc(out, func(k string, v V) bool { return reflect.DeepEqual(parent[k], v) })
	if len(out) == 0 {
		return nil
	}
	return out
}

func readLocale(src *source, name string) locale {
	var l locale
	gregorian := []string{"main", name, "dates", "calendars", "gregorian"}
	dates := "cldr-dates-full/main/" + name + "/ca-gregorian.json"
	months := map[string]string{}
	src.json(dates, &months, append(gregorian, "months", "format", "wide")...)
	for n := range strings.FieldsSeq("1 2 3 4 5 6 7 8 9 10 11 12") {
		l.Months = append(l.Months, months[n])
	}
	src.json(dates, &l.Date, append(gregorian, "dateFormats", "long")...)
	src.json(dates, &l.Day, append(gregorian, "dateTimeFormats", "availableFormats", "MMMMd")...)
	src.json(dates, &l.Time, append(gregorian, "timeFormats", "short")...)
	src.json(dates, &l.Periods, append(gregorian, "dayPeriods", "format", "wide")...)
	maps.DeleteFunc(l.Periods, func(k, _ string) bool { return strings.Contains(k, "-alt-") })
	l.Hours = readHours(src, name)
	numbers := "cldr-numbers-full/main/" + name + "/"
	src.json(numbers+"numbers.json", &l.Decimal, "main", name, "numbers", "symbols-numberSystem-latn", "decimal")
	src.json("cldr-misc-full/main/"+name+"/listPatterns.json", &l.List, "main", name, "listPatterns", "listPattern-type-standard")
	l.Units, l.Currencies = readUnits(src, name), readCurrencies(src, name)
	l.Signs = readSigns(src, name)
	return l
}

// readHours reads when each part of the day begins, in order: "06:00",
// "morning2". A locale has all of these or none of its own.
func readHours(src *source, name string) [][2]string {
	var rules map[string]map[string]string
	src.json("cldr-core/supplemental/dayPeriods.json", &rules, "supplemental", "dayPeriodRuleSet", name)
	var hours [][2]string
	for period, r := range rules {
		if from, ok := r["_from"]; ok {
			hours = append(hours, [2]string{from, period})
		}
	}
	slices.SortFunc(hours, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
	return hours
}

// readUnits reads the units of time: their gender, and their form by plural
// category.
func readUnits(src *source, name string) map[string]map[string]string {
	units := map[string]map[string]string{}
	for _, unit := range [...]string{"day", "hour", "minute", "second"} {
		var forms map[string]string
		src.json("cldr-units-full/main/"+name+"/units.json", &forms, "main", name, "units", "long", "duration-"+unit)
		units[unit] = categories(forms, "unitPattern-count-")
		if g := forms["gender"]; g != "" {
			units[unit]["gender"] = g
		}
	}
	return units
}

func categories(forms map[string]string, prefix string) map[string]string {
	out := map[string]string{}
	for key, form := range forms {
		if category, ok := strings.CutPrefix(key, prefix); ok {
			out[category] = form
		}
	}
	return out
}

// readCurrencies reads the names of currencies by plural category. Those that
// have no name but their code are left out.
func readCurrencies(src *source, name string) map[string]map[string]string {
	var all map[string]map[string]string
	src.json("cldr-numbers-full/main/"+name+"/currencies.json", &all, "main", name, "numbers", "currencies")
	out := map[string]map[string]string{}
	for _, code := range kept(src, languageOf(name)) {
		forms := categories(all[code], "displayName-count-")
		if d := all[code]["displayName"]; forms["other"] == "" && d != "" && d != code {
			forms["other"] = d
		}
		if len(forms) > 0 {
			out[code] = forms
		}
	}
	return out
}

func kept(src *source, language string) []string {
	if !slices.Contains(full(), language) {
		return major()
	}
	return tender(src)
}

// tender lists the currencies that some country uses now.
func tender(src *source) []string {
	var regions map[string][]map[string]map[string]string
	src.json("cldr-core/supplemental/currencyData.json", &regions, "supplemental", "currencyData", "region")
	now := map[string]bool{}
	for _, list := range regions {
		for _, entry := range list {
			for code, use := range entry {
				if use["_to"] == "" && use["_tender"] != "false" {
					now[code] = true
				}
			}
		}
	}
	return sorted(now)
}

func readSigns(src *source, name string) map[string]string {
	var all map[string]map[string][]string
	src.json("cldr-annotations-full/annotations/"+name+"/annotations.json", &all, "annotations", "annotations")
	out := map[string]string{}
	for _, r := range signs() {
		if tts := all[string(r)]["tts"]; len(tts) > 0 && tts[0] != "" {
			out[string(r)] = tts[0]
		}
	}
	return out
}
