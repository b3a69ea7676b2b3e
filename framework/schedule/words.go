package schedule

import (
	"slices"
	"strings"
	"time"
)

// spelling is a word of the hours and how else people write it.
type spelling struct {
	word   string
	others string
}

// weekdays are in the order of time.Weekday.
var weekdays = [...]spelling{
	{"Su", "sun sunday so sonntag"}, {"Mo", "mon monday montag"}, {"Tu", "tue tues tuesday di dienstag"},
	{"We", "wed wednesday mi mittwoch"}, {"Th", "thu thur thurs thursday do donnerstag"},
	{"Fr", "fri friday freitag"}, {"Sa", "sat saturday samstag"},
}

// months are in the order of time.Month, less one.
var months = [...]spelling{
	{"Jan", "january januar"}, {"Feb", "february februar"}, {"Mar", "march mär märz"}, {"Apr", "april"},
	{"May", "mai"}, {"Jun", "june juni"}, {"Jul", "july juli"}, {"Aug", "august"},
	{"Sep", "sept september"}, {"Oct", "october okt oktober"}, {"Nov", "november"}, {"Dec", "december dez dezember"},
}

// otherWords are the other words that hours may have.
var otherWords = [...]spelling{
	{"PH", "holiday holidays feiertag feiertage"}, {"off", "geschlossen"}, {"closed", "close"}, {"open", "offen"},
}

func weekdayOf(t token) (time.Weekday, bool) {
	i := slices.IndexFunc(weekdays[:], func(s spelling) bool { return t.is(s.word) })
	return time.Weekday(i), i >= 0
}

func monthOf(t token) (int, bool) {
	i := slices.IndexFunc(months[:], func(s spelling) bool { return t.is(s.word) })
	return i + 1, i >= 0
}

// meant is the word that was probably meant by another.
func meant(text string) (string, bool) {
	text = strings.ToLower(text)
	for _, s := range slices.Concat(weekdays[:], months[:], otherWords[:]) {
		if text == strings.ToLower(s.word) || slices.Contains(strings.Fields(s.others), text) {
			return s.word, true
		}
	}
	return "", false
}

// refused are the parts of the OpenStreetMap form that are not understood, by
// the word or character that shows them, with the reason and the mend.
var refused = [...]struct{ words, why string }{
	{"sunrise sunset dawn dusk", "the sun rises and sets at other times in other places, and a schedule has no place; write a time such as 07:00"},
	{"easter", "days counted from Easter are not understood; take them from holidays:, or list them under closed:"},
	{"week", "weeks of the year are not understood; write dates such as Jan 1-Mar 31, or list the days under closed:"},
	{"SH", "school holidays are not known; list them under closed:, or in a file of days under holidays:"},
	{"unknown", "a caller hears that it is open or closed, and nothing between; write hours, or off"},
	{"|", "what stands after || depends on what nobody knows; write one part after the other, with ; between them"},
	{"[", "weekdays counted in their month, such as Mo[1], are not understood; list the days under closed:"},
	{"+", "hours that end some time, such as 17:00+, are not understood; write the end, as in 17:00-22:00"},
	{"/", "times that repeat, such as 10:00-16:00/90, are not understood; write from when to when it is open"},
	{"(", "reckoning in brackets is not understood; write the times"},
}

// unexpected is the problem with a token that cannot stand where it does. Want
// says what could.
func unexpected(t token, want string) *problem {
	for _, r := range refused {
		if t.kind != endOfText && t.kind != quoted && slices.Contains(strings.Fields(r.words), t.text) {
			return problemAt(t, "%s: %s", t, r.why)
		}
	}
	word, near := meant(t.text)
	switch {
	case t.kind == quoted:
		return problemAt(t, "%s: comments are not understood; leave it out", t)
	case t.kind == number && len(t.text) == 4:
		return problemAt(t, "%s: hours for one year are not understood; list its days in a file under holidays:, with hours of their own", t)
	case near && word != t.text:
		return problemAt(t, "%s is written %s here", t, word)
	}
	return problemAt(t, "want %s here, not %s", want, t)
}
