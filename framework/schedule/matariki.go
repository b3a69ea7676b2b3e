package schedule

import (
	"time"

	"github.com/rickar/cal/v2"
)

// matarikiDays are the days of Matariki from 2022 on, as months and days: the
// schedule of the act of 2022, which ends in 2052. The library has none.
var matarikiDays = [...]int{
	624, 714, 628, 620, 710, 625, 714, 706, 621, 711, 702, 624, 707, 629, 718, 710,
	625, 715, 706, 719, 711, 703, 624, 707, 629, 719, 703, 625, 715, 630, 621,
}

func matariki() *cal.Holiday {
	const first = 2022
	return &cal.Holiday{Name: "Matariki", StartYear: first, EndYear: first + len(matarikiDays) - 1,
		Func: func(_ *cal.Holiday, year int) time.Time {
			day := matarikiDays[year-first]
			return time.Date(year, time.Month(day/100), day%100, 0, 0, 0, 0, time.UTC)
		}}
}
