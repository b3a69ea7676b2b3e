package prompt

import "strings"

// unit is a number of days, hours, minutes or seconds. say puts the number
// into words, or figures.
func (v voice) unit(name string, n int64, say func(n int64, gender string) string) string {
	forms := v.data.Units[name]
	pattern := form(forms, v.plural(whole(n)))
	if pattern == "" {
		pattern = "{0} " + name[:1]
	}
	return spaced(strings.ReplaceAll(pattern, "{0}", say(n, forms["gender"])))
}

// spaced has plain spaces where the data has those that do not break a line.
func spaced(s string) string {
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s)
}

// units are the parts of a length that are not zero, enumerated.
func (v voice) units(d duration, say func(n int64, gender string) string) []string {
	var items []string
	for i, n := range d.parts() {
		if n > 0 {
			items = append(items, v.unit([...]string{"day", "hour", "minute", "second"}[i], n, say))
		}
	}
	if len(items) == 0 {
		items = append(items, v.unit("second", 0, say))
	}
	return v.list(items)
}

// list enumerates items, each with the words and commas that belong to it.
func (v voice) list(items []string) []string {
	for i := 1; i < len(items); i++ {
		pattern := v.data.List["middle"]
		switch {
		case len(items) == 2:
			pattern = v.data.List["2"]
		case i == len(items)-1:
			pattern = v.data.List["end"]
		case i == 1:
			pattern = v.data.List["start"]
		}
		between, found := strings.CutPrefix(pattern, "{0}")
		between, ends := strings.CutSuffix(between, "{1}")
		if !found || !ends {
			between = ", "
		}
		comma := between[:len(between)-len(strings.TrimLeft(between, ",،、 "))]
		items[i-1] += strings.TrimRight(comma, " ")
		items[i] = strings.TrimLeft(between[len(comma):], " ") + items[i]
	}
	return items
}
