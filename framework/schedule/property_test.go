package schedule_test

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/schedule"
)

// slow is a schedule that looks at every minute of a window, and knows nothing
// of time zones but what their clocks show.
type slow struct {
	zone   *time.Location
	start  time.Time
	latest []int // the latest time shown until each minute, in minutes since 1970
	spans  map[int][][2]int
	labels map[int]string // of dates, in days since 1970
}

const windowDays = 9

// first is the minute in which the clocks first show a time or a later one.
func (w *slow) first(day, minute int) int {
	return sort.SearchInts(w.latest, day*1440+minute)
}

// watch lets the clocks run.
func (w *slow) watch() {
	latest := 0
	for m := range windowDays * 1440 {
		y, mo, d := w.start.Add(time.Duration(m) * time.Minute).In(w.zone).Date()
		h, mi, _ := w.start.Add(time.Duration(m) * time.Minute).In(w.zone).Clock()
		days := int(time.Date(y, mo, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
		latest = max(latest, days*1440+h*60+mi)
		w.latest = append(w.latest, latest)
	}
}

// states are what there is to say of each minute.
func (w *slow) states() []string {
	states := make([]string, len(w.latest))
	firstDay, lastDay := w.latest[0]/1440-1, w.latest[len(w.latest)-1]/1440+1
	fill := func(from, to int, state string) {
		for m := from; m < to && m < len(states); m++ {
			states[m] = state
		}
	}
	for day := firstDay; day <= lastDay; day++ {
		label := w.labels[day]
		if label == "" {
			label = "closed"
		}
		fill(w.first(day, 0), w.first(day+1, 0), label)
	}
	for day := firstDay; day <= lastDay; day++ {
		for _, sp := range w.spans[day] {
			fill(w.first(day, sp[0]), w.first(day, sp[1]), "open")
		}
	}
	return states
}

// random writes a schedule, and the slow one for the same.
func random(r *rand.Rand, zone *time.Location, start time.Time) (*slow, string, string) {
	w := &slow{zone: zone, start: start, spans: map[int][][2]int{}, labels: map[int]string{}}
	w.watch()
	var week [7][][2]int
	var table, file, closed strings.Builder
	for i, day := range []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} {
		if week[i] = spans(r); len(week[i]) > 0 {
			fmt.Fprintf(&table, "  %s: %s\n", day, write(week[i]))
		}
	}
	for day := w.latest[0]/1440 - 1; day <= w.latest[len(w.latest)-1]/1440+1; day++ {
		w.spans[day] = week[(day+4)%7]
		date := time.Unix(int64(day)*86400, 0).UTC().Format("2006-01-02")
		switch r.IntN(6) {
		case 0:
			name := fmt.Sprintf("day %d", day)
			w.labels[day], w.spans[day] = "holiday ("+name+")", spans(r)
			open := "closed"
			if len(w.spans[day]) > 0 {
				open = write(w.spans[day])
			}
			fmt.Fprintf(&file, "- {date: %s, name: %s, open: %s}\n", date, name, open)
		case 1:
			w.labels[day], w.spans[day] = "", nil
			fmt.Fprintf(&closed, "  - %s\n", date)
		}
	}
	text := "timezone: " + zone.String() + "\nholidays: [./days.yaml]\nopen:\n  mon-sun: closed\n"
	if table.Len() > 0 {
		text = strings.Replace(text, "  mon-sun: closed\n", table.String(), 1)
	}
	if closed.Len() > 0 {
		text += "closed:\n" + closed.String()
	}
	return w, text, file.String() + "- {date: 2099-01-01}\n"
}

// spans are up to three, the last of which may go past midnight.
func spans(r *rand.Rand) [][2]int {
	if r.IntN(5) == 0 {
		return [][2]int{{0, 1440}}
	}
	var out [][2]int
	for at := r.IntN(300); len(out) < r.IntN(4); {
		end := at + 1 + r.IntN(600)
		if r.IntN(8) == 0 {
			end = 1440
		}
		if at >= 1440 || end <= at {
			break
		}
		out = append(out, [2]int{at, min(end, at+1439)})
		at = end + r.IntN(2)*r.IntN(300)
	}
	return out
}

func write(spans [][2]int) string {
	texts := make([]string, 0, len(spans))
	for _, sp := range spans {
		to := sp[1]
		if to > 1440 {
			to -= 1440
		}
		texts = append(texts, fmt.Sprintf("%02d:%02d-%02d:%02d", sp[0]/60, sp[0]%60, to/60, to%60))
	}
	return `"` + strings.Join(texts, ", ") + `"`
}

// At, Until and NextOpen equal a search minute by minute, in random schedules
// around the nights on which clocks are changed.
func TestEqualsSlowSearch(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata",
		"America/Havana", "America/Santiago", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Apia", "America/St_Johns", "UTC"}
	years := map[string]int{"Pacific/Apia": 2011, "America/St_Johns": 2010}
	for _, name := range zones {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		year := 2026
		if y, ok := years[name]; ok {
			year = y
		}
		for i, change := range changes(zone, year) {
			r := rand.New(rand.NewPCG(uint64(i), uint64(len(name))))
			for range 4 {
				w, text, file := random(r, zone, change.Add(-(windowDays/2)*24*time.Hour).Truncate(time.Minute))
				s, list := findings(t, text, days(file))
				if list.HasErrors() {
					t.Fatalf("%s%s%s", list, text, file)
				}
				compare(t, w, s, text+file)
			}
		}
	}
}

// changes are when the clocks of a zone are changed in a year, its first moment
// included.
func changes(zone *time.Location, year int) []time.Time {
	at := time.Date(year, 1, 1, 0, 0, 0, 0, zone)
	out := []time.Time{at}
	for {
		_, end := at.ZoneBounds()
		if end.IsZero() || end.Year() > year {
			return out
		}
		out = append(out, end)
		at = end
	}
}

// compare asks the middle of the window; its ends lack what is around them.
func compare(t *testing.T, w *slow, s *schedule.Schedule, text string) {
	t.Helper()
	states := w.states()
	until, next := len(states), len(states)
	for m := len(states) - 2*1440; m >= 2*1440; m-- {
		if states[m] != states[m+1] || until == len(states) {
			until = later(states, m, func(s string) bool { return s != states[m] })
		}
		if states[m] == "open" {
			next = m
		} else if next == len(states) {
			next = later(states, m, func(s string) bool { return s == "open" })
		}
		if m%11 > 0 && states[m] == states[m-1] && states[m] == states[m+1] {
			continue // nothing changes
		}
		at := w.start.Add(time.Duration(m) * time.Minute)
		st := s.At(at)
		got := st.State.String()
		if st.Name != "" {
			got += " (" + st.Name + ")"
		}
		if got != states[m] || until < len(states) && !st.Until.Equal(w.start.Add(time.Duration(until)*time.Minute)) {
			t.Fatalf("%s: got %s until %s, want %s until minute %d\n%s", at.In(w.zone), got, st.Until, states[m], until-m, text)
		}
		if n, ok := s.NextOpen(at); next < len(states) && (!ok || !n.Equal(w.start.Add(time.Duration(next)*time.Minute))) {
			t.Fatalf("%s: next is %s, want it in minute %d\n%s", at.In(w.zone), n, next-m, text)
		}
	}
}

func later(states []string, m int, is func(string) bool) int {
	for m++; m < len(states) && !is(states[m]); m++ {
	}
	return m
}
