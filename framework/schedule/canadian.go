package schedule

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/ca"
)

// canadian are the statutory holidays of the provinces and territories. Under
// CA are those that all of them have; the library's list has also those of the
// federal administration. Remembrance Day and the National Day for Truth and
// Reconciliation stay on their date, Canada Day has a Monday after a Sunday.
func canadian() []region {
	nation := []*cal.Holiday{ca.NewYear, ca.GoodFriday, observed(ca.CanadaDay, sundayOnly()...), ca.LabourDay, ca.ChristmasDay}
	family := nth("Family Day", 3, time.Monday, time.February)
	thanksgiving, victoria := ca.ThanksgivingDay, ca.VictoriaDay
	remembrance := observed(ca.RemembranceDay)
	truth := func(since int) *cal.Holiday {
		return observed(ca.NationalDayForTruthAndReconciliation).Clone(&cal.Holiday{StartYear: since})
	}
	august := func(name string) *cal.Holiday { return called(ca.CivicDay, name) }
	indigenous := yearly("National Indigenous Peoples Day", time.June, 21)
	province := func(code, name string, more ...*cal.Holiday) region {
		return newRegion("CA-"+code, name, with(nation, more...)...)
	}
	return []region{
		newRegion("CA", "Canada", nation...),
		province("AB", "Alberta", family, victoria, thanksgiving, remembrance),
		province("BC", "British Columbia", family, victoria, august("British Columbia Day"), truth(2023), thanksgiving, remembrance),
		province("MB", "Manitoba", called(family, "Louis Riel Day"), victoria, truth(2024), thanksgiving),
		province("NB", "New Brunswick", family, august("New Brunswick Day"), remembrance),
		province("NL", "Newfoundland and Labrador", remembrance),
		province("NS", "Nova Scotia", called(family, "Heritage Day"), remembrance),
		province("NT", "Northwest Territories", victoria, indigenous, august("Civic Holiday"), truth(2022), thanksgiving, remembrance),
		province("NU", "Nunavut", victoria, since(2020, yearly("Nunavut Day", time.July, 9)), august("Civic Holiday"), truth(2022), thanksgiving, remembrance),
		province("ON", "Ontario", family, victoria, thanksgiving, ca.BoxingDay),
		province("PE", "Prince Edward Island", called(family, "Islander Day"), truth(2022), remembrance),
		province("QC", "Quebec", called(victoria, "Journée nationale des patriotes"),
			observed(yearly("Fête nationale du Québec", time.June, 24), sundayOnly()...), thanksgiving),
		province("SK", "Saskatchewan", family, victoria, august("Saskatchewan Day"), thanksgiving, remembrance),
		province("YT", "Yukon", victoria, since(2017, indigenous), nth("Discovery Day", 3, time.Monday, time.August),
			truth(2023), thanksgiving, remembrance),
	}
}
