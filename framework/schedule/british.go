package schedule

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/gb"
)

// british are the bank holidays of the parts of the United Kingdom. Under GB
// are those that all of them have.
func british() []region {
	all := []*cal.Holiday{gb.NewYear, gb.GoodFriday, gb.EarlyMay, gb.VEDay, gb.CoronationDay, gb.SpringHoliday,
		gb.SpringHoliday2022, gb.PlatinumJubilee, only(2022, "State Funeral of Queen Elizabeth II", time.September, 19),
		gb.ChristmasDay, gb.BoxingDay}
	english := with(all, gb.EasterMonday, gb.SummerHoliday)
	return []region{
		newRegion("GB", "United Kingdom", all...),
		newRegion("GB-ENG", "England", english...),
		newRegion("GB-WLS", "Wales", english...),
		newRegion("GB-SCT", "Scotland", with(all,
			observed(yearly("2nd January", time.January, 2), afterANextMonday()...),
			only(2026, "World Cup Bank Holiday", time.June, 15),
			gb.SummerHolidayScotland,
			observed(yearly("St Andrew's Day", time.November, 30), nextMonday()...))...),
		newRegion("GB-NIR", "Northern Ireland", with(english,
			observed(yearly("St Patrick's Day", time.March, 17), nextMonday()...),
			observed(yearly("Battle of the Boyne", time.July, 12), nextMonday()...))...),
	}
}
