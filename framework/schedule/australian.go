package schedule

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/au"
)

// australian are the holidays of the states and territories, without the
// evenings before Christmas and New Year and the days of single towns. Under
// AU are those that all of them have. Australia Day at a weekend is moved to
// Monday.
func australian() []region {
	state := func(code, name string, holidays []*cal.Holiday, more ...*cal.Holiday) region {
		return newRegion("AU-"+code, name, reigning(with(holidays, more...))...)
	}
	anzac := func(year, day int) *cal.Holiday { return only(year, "Anzac Day", time.April, day) }
	return []region{
		newRegion("AU", "Australia", au.NewYear, moved(au.AustraliaDay), au.GoodFriday, au.EasterMonday, au.AnzacDay,
			au.ChristmasDay, au.BoxingDay),
		state("ACT", "Australian Capital Territory", au.HolidaysACT),
		state("NSW", "New South Wales", au.HolidaysNSW, anzac(2026, 27), anzac(2027, 26)), // added by proclamation
		state("NT", "Northern Territory", au.HolidaysNT),
		state("QLD", "Queensland", au.HolidaysQLD),
		state("SA", "South Australia", au.HolidaysSA, since(2024, au.EasterSunday)),
		state("TAS", "Tasmania", au.HolidaysTAS),
		state("VIC", "Victoria", au.HolidaysVIC),
		state("WA", "Western Australia", au.HolidaysWA, since(2022, au.EasterSunday)),
	}
}

// reigning moves Australia Day, and names the sovereign's birthday after the
// King, whom the library does not know everywhere.
func reigning(holidays []*cal.Holiday) []*cal.Holiday {
	out := slices.Clone(holidays)
	for i, h := range out {
		switch h {
		case au.AustraliaDay:
			out[i] = moved(h)
		case au.QueensBirthday, au.QueensBirthdayQld:
			out[i] = called(h, "King's Birthday")
		}
	}
	return out
}
