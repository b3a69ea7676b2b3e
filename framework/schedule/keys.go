package schedule

import "strings"

// Key is a key of a schedule's map, or of one in it.
type Key struct {
	Name     string
	Doc      string
	Required bool
}

// Keys are the keys of a schedule's map.
func Keys() []Key {
	return []Key{
		{Name: "timezone", Required: true, Doc: "where its clocks are"},
		{Name: "open", Required: true, Doc: "its hours: a weekly table, or a text such as Mo-Fr 09:00-17:00; PH off"},
		{Name: "holidays", Doc: "regions whose public holidays it keeps, and files of days"},
		{Name: "closed", Doc: "days at which it is closed, whatever else it says"},
	}
}

// DayKeys are the keys of a day under closed.
func DayKeys() []Key {
	return []Key{
		{Name: "date", Required: true, Doc: "2026-12-24, 12-24 for every year, or a range of them with two dots"},
		{Name: "name", Doc: "what the day is called"},
	}
}

// WeekKeys are the keys of a weekly table, from Monday on. Two with a dash
// between them are a key, too.
func WeekKeys() []string { return weekKeys[:] }

// Zones are the names of the time zones.
func Zones() []string { return strings.Fields(zoneNames) }

func namesOf(keys []Key) []string {
	names := make([]string, 0, len(keys))
	for _, k := range keys {
		names = append(names, k.Name)
	}
	return names
}
