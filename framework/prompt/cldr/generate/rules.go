package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// named finds the rule sets that a rule names.
var named = regexp.MustCompile(`%%?[A-Za-z0-9-]+`)

// readRules reads the rule-based number formats, by locale: its spell-out
// rules, then its ordinals in figures.
func readRules(src *source) map[string]string {
	rules := map[string]string{}
	for _, name := range src.folders("cldr-rbnf/rbnf") {
		base, ok := strings.CutSuffix(name, ".txt")
		locale, group, found := strings.Cut(base, "-")
		if !ok || !found || locale == "root" || group == "NumberingSystemRules" {
			continue
		}
		locale = strings.ReplaceAll(locale, "_", "-")
		sets := parseSets(src.text("cldr-rbnf/rbnf/" + name))
		if text := pruned(sets); group == "SpelloutRules" {
			rules[locale] = text + rules[locale]
		} else {
			rules[locale] += text
		}
	}
	return rules
}

type ruleSet struct{ name, text string }

func parseSets(text string) []ruleSet {
	var sets []ruleSet
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "%"):
			sets = append(sets, ruleSet{name: strings.TrimSuffix(line, ":")})
		default:
			sets[len(sets)-1].text += line + "\n"
		}
	}
	return sets
}

// pruned leaves out what nobody speaks: rules for parsing, the forms on
// cheques, and the private sets that then nothing names.
func pruned(sets []ruleSet) string {
	used := map[string]bool{}
	var use func(name string)
	use = func(name string) {
		i := slices.IndexFunc(sets, func(s ruleSet) bool { return s.name == name })
		if i < 0 || used[name] {
			return
		}
		used[name] = true
		for _, n := range named.FindAllString(sets[i].text, -1) {
			use(n)
		}
	}
	for _, s := range sets {
		if !strings.HasPrefix(s.name, "%%") && !strings.HasSuffix(s.name, "-financial") {
			use(s.name)
		}
	}
	var b strings.Builder
	for _, s := range sets {
		if used[s.name] {
			b.WriteString(s.name + ":\n" + s.text)
		}
	}
	return b.String()
}

func readParents(src *source) map[string]string {
	var parents map[string]string
	src.json("cldr-core/supplemental/parentLocales.json", &parents, "supplemental", "parentLocales", "parentLocale")
	return parents
}

// plural is the rules of one language, by category; "other" has none.
type plural struct {
	Cardinal map[string]string `json:"cardinal,omitempty"`
	Ordinal  map[string]string `json:"ordinal,omitempty"`
}

func readPlurals(src *source) map[string]plural {
	var cardinals, ordinals map[string]map[string]string
	src.json("cldr-core/supplemental/plurals.json", &cardinals, "supplemental", "plurals-type-cardinal")
	src.json("cldr-core/supplemental/ordinals.json", &ordinals, "supplemental", "plurals-type-ordinal")
	plurals := map[string]plural{}
	for locale, rules := range cardinals {
		plurals[locale] = plural{Cardinal: conditions(rules), Ordinal: conditions(ordinals[locale])}
	}
	return plurals
}

// readSamples reads the numbers that the data names for each category.
func readSamples(src *source) map[string]map[string]map[string]string {
	kinds := map[string]map[string]map[string]string{}
	for kind, file := range map[string]string{"cardinal": "plurals", "ordinal": "ordinals"} {
		var rules map[string]map[string]string
		src.json("cldr-core/supplemental/"+file+".json", &rules, "supplemental", "plurals-type-"+kind)
		for _, categories := range rules {
			for category, rule := range categories {
				_, samples, _ := strings.Cut(rule, "@")
				delete(categories, category)
				categories[strings.TrimPrefix(category, "pluralRule-count-")] = "@" + samples
			}
		}
		kinds[kind] = rules
	}
	return kinds
}

// conditions leaves out the samples behind the @ and the rule of the category
// other, which is none.
func conditions(rules map[string]string) map[string]string {
	out := map[string]string{}
	for category, rule := range rules {
		condition, _, _ := strings.Cut(rule, "@")
		if condition = strings.TrimSpace(condition); condition != "" {
			out[strings.TrimPrefix(category, "pluralRule-count-")] = condition
		}
	}
	return out
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
