package schedule

import (
	"time"

	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/de"
)

// german are the days that are off in all of Germany, and those of its states.
// Assumption Day in Bavaria is off in most municipalities, but not in all, and
// so is not among them; nor is what is off in Augsburg only, or in parts of
// Saxony and Thuringia.
func german() []region {
	return []region{
		newRegion("DE", "Germany", de.Holidays...),
		newRegion("DE-BB", "Brandenburg", with(de.HolidaysBB, called(aa.Easter, "Ostersonntag"), called(aa.Pentecost, "Pfingstsonntag"))...),
		newRegion("DE-BE", "Berlin", with(de.HolidaysBE,
			only(2025, "Tag der Befreiung", time.May, 8), only(2028, "75. Jahrestag des Volksaufstandes", time.June, 17))...),
		newRegion("DE-BW", "Baden-Württemberg", de.HolidaysBW...),
		newRegion("DE-BY", "Bavaria", de.HolidaysBY...),
		newRegion("DE-HB", "Bremen", de.HolidaysHB...),
		newRegion("DE-HE", "Hesse", de.HolidaysHE...),
		newRegion("DE-HH", "Hamburg", de.HolidaysHH...),
		newRegion("DE-MV", "Mecklenburg-Vorpommern", with(de.HolidaysMV, since(2023, de.Frauentag))...), // not yet in the library
		newRegion("DE-NI", "Lower Saxony", de.HolidaysNI...),
		newRegion("DE-NW", "North Rhine-Westphalia", de.HolidaysNW...),
		newRegion("DE-RP", "Rhineland-Palatinate", de.HolidaysRP...),
		newRegion("DE-SH", "Schleswig-Holstein", de.HolidaysSH...),
		newRegion("DE-SL", "Saarland", de.HolidaysSL...),
		newRegion("DE-SN", "Saxony", de.HolidaysSN...),
		newRegion("DE-ST", "Saxony-Anhalt", de.HolidaysST...),
		newRegion("DE-TH", "Thuringia", de.HolidaysTH...),
	}
}
