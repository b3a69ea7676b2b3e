package schedule

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/ch"
)

// swiss are the public holidays of the cantons, after the list of the Federal
// Office of Justice: days that are off in the whole canton, and all day long.
// Under CH are the four that all cantons have. The library's lists differ from
// it for half of the cantons. Aargau, Appenzell Innerrhoden, Fribourg and
// Solothurn are left out, since their holidays differ by district or commune.
func swiss() []region {
	s := swissDays()
	monday, feast := []*cal.Holiday{ch.Ostermontag, ch.Pfingstmontag}, []*cal.Holiday{ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis}
	reformed := with(monday, ch.Karfreitag)
	catholic := with(feast, ch.Fronleichnam)
	may, second, stephen, joseph := ch.TagderArbeit, ch.Berchtoldstag, s.stephen, ch.Josefstag
	canton := func(code, name string, holidays []*cal.Holiday, more ...*cal.Holiday) region {
		return newRegion("CH-"+code, name, with(with(s.nation, holidays...), more...)...)
	}
	return []region{
		newRegion("CH", "Switzerland", s.nation...),
		canton("AR", "Appenzell Ausserrhoden", reformed, s.stephenApart),
		canton("BE", "Bern", reformed, second, stephen),
		canton("BL", "Basel-Landschaft", reformed, may, stephen),
		canton("BS", "Basel-Stadt", reformed, may, stephen),
		canton("GE", "Geneva", reformed, s.fastOfGeneva, s.restoration),
		canton("GL", "Glarus", reformed, s.naefels, ch.Allerheiligen, stephen),
		canton("GR", "Grisons", monday, stephen),
		canton("JU", "Jura", reformed, second, may, ch.Fronleichnam, yearly("Fête de l'Indépendance", time.June, 23),
			ch.MariaHimmelfahrt, ch.Allerheiligen),
		canton("LU", "Lucerne", catholic, ch.Karfreitag, stephen),
		canton("NE", "Neuchâtel", nil, onMonday(second), yearly("Instauration de la République", time.March, 1),
			ch.Karfreitag, may, onMonday(stephen)),
		canton("NW", "Nidwalden", catholic, joseph, ch.Karfreitag),
		canton("OW", "Obwalden", catholic, ch.Karfreitag, yearly("Bruder Klaus", time.September, 25)),
		canton("SG", "St. Gallen", reformed, ch.Allerheiligen, stephen),
		canton("SH", "Schaffhausen", reformed, may, stephen),
		canton("SZ", "Schwyz", with(catholic, reformed...), ch.HeiligeDreiKoenige, joseph, stephen),
		canton("TG", "Thurgau", reformed, second, may, stephen),
		canton("TI", "Ticino", with(catholic, monday...), ch.HeiligeDreiKoenige, joseph, may,
			yearly("San Pietro e Paolo", time.June, 29), stephen),
		canton("UR", "Uri", with(catholic, reformed...), ch.HeiligeDreiKoenige, joseph, s.stephenApart),
		canton("VD", "Vaud", reformed, second, s.mondayOfFast),
		canton("VS", "Valais", catholic, joseph),
		canton("ZG", "Zug", catholic, ch.Karfreitag),
		canton("ZH", "Zurich", reformed, may, stephen),
	}
}

// cantonal are the days that the library does not have.
type cantonal struct {
	nation                                           []*cal.Holiday
	stephen, stephenApart                            *cal.Holiday
	fastOfGeneva, mondayOfFast, restoration, naefels *cal.Holiday
}

func swissDays() cantonal {
	stephen := called(ch.ZweiterWeihnachtsfeiertag, "Stephanstag")
	return cantonal{
		nation:  []*cal.Holiday{ch.Neujahr, ch.Auffahrt, ch.Bundesfeiertag, ch.Weihnachtstag},
		stephen: stephen,
		// Not off where it would be the third day in a row.
		stephenApart: onDays(stephen, func(d date) bool { return d.weekday() != time.Tuesday && d.weekday() != time.Saturday }),
		// The Thursday after the first Sunday of September, and the Monday
		// after the third.
		fastOfGeneva: later(4, nth("Jeûne genevois", 1, time.Sunday, time.September)),
		mondayOfFast: later(1, nth("Lundi du Jeûne fédéral", 3, time.Sunday, time.September)),
		restoration:  yearly("Restauration de la République", time.December, 31),
		naefels:      naefels(),
	}
}

// onMonday is a day that is off if the holiday before it is a Sunday.
func onMonday(h *cal.Holiday) *cal.Holiday {
	return onDays(h, func(d date) bool { return d.weekday() == time.Monday })
}

// naefels is the first Thursday of April; a week later in Holy Week.
func naefels() *cal.Holiday {
	h := nth("Näfelser Fahrt", 1, time.Thursday, time.April)
	return &cal.Holiday{Name: h.Name, Func: func(_ *cal.Holiday, year int) time.Time {
		first, maundy := occurrences(h, year)[0], occurrences(aa.MaundyThursday, year)[0]
		if first == maundy {
			first += 7
		}
		return first.midnight()
	}}
}
