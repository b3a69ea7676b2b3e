package schedule

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/ee"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fi"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/hu"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/is"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lu"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/mt"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/pt"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// nations are the countries without parts of their own, and those with few. The
// lists are the library's, mended where the law says otherwise.
func nations() []region {
	return slices.Concat(unmended(), italian(), french(), []region{
		newRegion("BR", "Brazil", without(br.Holidays, br.Carnaval, br.CorpusChristi)...), // optional days
		newRegion("DK", "Denmark", with(without(dk.Holidays, dk.Grundlovsdag), // not off by law
			called(aa.Easter, "Påskedag"), called(aa.Pentecost, "Pinsedag"))...),
		newRegion("GR", "Greece", with(gr.Holidays, orthodox("Κυριακή του Πάσχα", 0), orthodox("Πεντηκοστή", 49))...),
		newRegion("HU", "Hungary", with(hu.Holidays, called(aa.Easter, "Húsvétvasárnap"), called(aa.Pentecost, "Pünkösdvasárnap"))...),
		newRegion("IS", "Iceland", with(is.Holidays, called(aa.Easter, "Páskadagur"), called(aa.Pentecost, "Hvítasunnudagur"))...),
		newRegion("LT", "Lithuania", with(lt.Holidays, called(aa.Easter, "Velykos"))...),
		newRegion("LU", "Luxembourg", with(without(lu.Holidays, lu.Nationalfeierdag), // the library has it in July
			since(2019, yearly("Europadag", time.May, 9)), yearly("Nationalfeierdag", time.June, 23))...),
		newRegion("NL", "Netherlands", dutch()...),
		newRegion("NO", "Norway", with(no.Holidays, called(aa.Easter, "Første påskedag"), called(aa.Pentecost, "Første pinsedag"))...),
		newRegion("NZ", "New Zealand", with(without(nz.Holidays, nz.QueensBirthday),
			called(nz.QueensBirthday, "King's Birthday"), matariki())...),
		newRegion("PL", "Poland", with(pl.Holidays, called(aa.Easter, "Wielkanoc"), called(aa.Pentecost, "Zielone Świątki"))...),
	})
}

// unmended are the countries whose lists are right.
func unmended() []region {
	return []region{
		newRegion("AT", "Austria", at.Holidays...),
		newRegion("BE", "Belgium", be.Holidays...),
		newRegion("CZ", "Czechia", cz.Holidays...),
		newRegion("EE", "Estonia", ee.Holidays...),
		newRegion("ES", "Spain", es.Holidays...),
		newRegion("FI", "Finland", fi.Holidays...),
		newRegion("HR", "Croatia", hr.Holidays...),
		newRegion("IE", "Ireland", ie.Holidays...),
		newRegion("JP", "Japan", jp.Holidays...),
		newRegion("LV", "Latvia", lv.Holidays...),
		newRegion("MT", "Malta", mt.Holidays...),
		newRegion("PT", "Portugal", pt.Holidays...),
		newRegion("RO", "Romania", ro.Holidays...),
		newRegion("SE", "Sweden", se.Holidays...),
		newRegion("SI", "Slovenia", si.Holidays...),
		newRegion("US", "United States", us.Holidays...), // federal
		newRegion("ZA", "South Africa", za.Holidays...),
	}
}

func italian() []region {
	days := with(it.Holidays, called(aa.Easter, "Pasqua"),
		since(2026, yearly("San Francesco d'Assisi", time.October, 4)))
	return []region{
		newRegion("IT", "Italy", days...),
		newRegion("IT-BZ", "South Tyrol", with(days, called(aa.PentecostMonday, "Lunedì di Pentecoste"))...),
	}
}

// french are the days of France; Alsace and Moselle have two more.
func french() []region {
	eastern := with(fr.Holidays, called(aa.GoodFriday, "Vendredi saint"), called(aa.ChristmasDay2, "Saint Étienne"))
	return []region{
		newRegion("FR", "France", fr.Holidays...),
		newRegion("FR-57", "Moselle", eastern...),
		newRegion("FR-67", "Bas-Rhin", eastern...),
		newRegion("FR-68", "Haut-Rhin", eastern...),
		newRegion("FR-6AE", "Alsace", eastern...),
	}
}

// dutch leaves out Good Friday, on which people work, and gives Liberation Day
// off every five years only. King's Day is a day earlier if it is a Sunday.
func dutch() []*cal.Holiday {
	liberation := onDays(nl.BevrijdingsDag, func(d date) bool { year, _, _ := d.civil(); return year%5 == 0 })
	return with(without(nl.Holidays, nl.GoedeVrijdag, nl.BevrijdingsDag, nl.Koningsdag),
		moved(nl.Koningsdag), liberation, nl.EerstePaasdag, nl.EerstePinksterDag)
}
