package prompt

import (
	"slices"
	"strings"
)

// minor is the amount's minor units, 0 to 99. ok is false if the decimals are
// not a whole number of them.
func (d decimal) minor() (units int64, ok bool) {
	f := strings.TrimRight(d.fraction, "0")
	if len(f) > 2 {
		return 0, false
	}
	for i := range 2 {
		units *= 10
		if i < len(f) {
			units += int64(f[i] - '0')
		}
	}
	return units, true
}

// name is the name of a unit of money, with the gender that a number before it
// takes.
type name struct {
	one, other string
	gender     string
}

// coin is a minor unit, and the currencies that have it.
type coin struct {
	codes string
	name
}

// family is currencies of one everyday name: "dollar" is what Americans and
// Canadians call their own; others call only the American one so.
type family struct {
	codes string // of these the first is called so by those who have none of their own
	name
}

// purse is how a language speaks of amounts.
type purse struct {
	families   []family
	coins      []coin
	and, minus string
	feminine   func(name string) bool // of a currency; nil if gender does not matter
	// of joins a round million and a name: d'euros. nil if nothing is needed.
	of func(name string) string
}

// amount says 12.50 GBP as twelve pounds and fifty pence, and an amount that
// pence cannot express as twelve point five zero five pounds.
func (v voice) amount(m money, p purse, number func(decimal) string, spell func(rune) string) []string {
	amount, minus := m.amount, ""
	if amount.negative {
		minus, amount.negative = p.minus+" ", false
	}
	units, exact := amount.minor()
	coin, divided := p.coin(m.currency)
	forms, gender := v.currency(m.currency, p)
	switch {
	case forms == nil:
		amount.fraction = strings.TrimRight(amount.fraction, "0")
		return []string{minus + number(amount), each(m.currency, " ", spell)}
	case exact && units == 0:
		return []string{minus + v.count(whole(amount.whole), forms, gender, p)}
	case !exact || !divided:
		return []string{minus + number(amount) + " " + form(forms, v.plural(amount))}
	}
	minor := v.count(whole(units), map[string]string{"one": coin.one, "other": coin.other}, coin.gender, p)
	if amount.whole == 0 {
		return []string{minus + minor}
	}
	return []string{minus + v.count(whole(amount.whole), forms, gender, p), p.and + " " + minor}
}

// count is a number of things.
func (v voice) count(d decimal, forms map[string]string, gender string, p purse) string {
	category := v.plural(d)
	unit := form(forms, category)
	if category == "many" && p.of != nil {
		unit = p.of(unit)
	}
	return v.before(d.whole, gender) + " " + unit
}

// coin is a currency's minor unit, if it has one with a name.
func (p purse) coin(currency string) (name, bool) {
	for _, c := range p.coins {
		if strings.Contains(c.codes, currency) {
			return c.name, true
		}
	}
	return name{}, false
}

// currency is the name of a currency by plural category: the everyday one
// where it is clear which is meant, else that of the data. Unknown ones have
// none.
func (v voice) currency(code string, p purse) (forms map[string]string, gender string) {
	if f, ok := p.family(code); ok && v.everyday(code, f) {
		return map[string]string{"one": f.one, "other": f.other}, f.gender
	}
	forms = v.data.Currencies[code]
	if forms == nil {
		return nil, ""
	}
	plain := make(map[string]string, len(forms))
	for category, n := range forms {
		plain[category], _, _ = strings.Cut(n, " (") // franc CFA (BEAC)
	}
	if gender = "masculine"; p.feminine != nil && p.feminine(form(plain, "one")) {
		gender = "feminine"
	}
	return plain, gender
}

// beginsWith says of names whether they begin with one of the words.
func beginsWith(words string) func(string) bool {
	return func(name string) bool {
		first, _, _ := strings.Cut(name, " ")
		return slices.Contains(strings.Fields(words), first)
	}
}

func (p purse) family(code string) (family, bool) {
	for _, f := range p.families {
		if strings.Contains(f.codes, code) {
			return f, true
		}
	}
	return family{}, false
}

// everyday says that a currency is called by its family's name here.
func (v voice) everyday(code string, f family) bool {
	home := homeCurrency(v.region())
	if home != "" && strings.Contains(f.codes, home) {
		return code == home
	}
	return strings.HasPrefix(f.codes, code)
}

// homeCurrency is the currency of a country that calls it by a name which it
// shares with others.
func homeCurrency(region string) string {
	const currencies = " AU AUD CA CAD NZ NZD SG SGD HK HKD TW TWD JM JMD BB BBD TT TTD BS BSD BZ BZD GY GYD NA NAD FJ FJD LR LRD" +
		" EG EGP LB LBP GI GIP FK FKP MX MXN AR ARS CL CLP CO COP UY UYU DO DOP CU CUP PH PHP CH CHF LI CHF" +
		" IN INR PK PKR LK LKR NP NPR MU MUR ZA ZAR "
	if region == "" {
		return ""
	}
	_, rest, found := strings.Cut(currencies, " "+region+" ")
	if !found {
		return ""
	}
	return rest[:3]
}

// The currencies of each family; an empty first place is nobody's outside its
// own country.
const (
	dollars = "USD AUD CAD NZD SGD HKD TWD JMD BBD TTD BSD BZD GYD NAD FJD LRD"
	pounds  = "GBP EGP LBP GIP FKP"
	pesos   = "- MXN ARS CLP COP UYU DOP CUP PHP"
	francs  = "- CHF"
	rupees  = "- INR PKR LKR NPR MUR"
	rands   = "- ZAR"
	yens    = "JPY"
)
