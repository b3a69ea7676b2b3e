package prompt

import "strings"

// english speaks English: "one hundred and one", "the first of May" in Britain
// and where people speak as there, "one hundred one", "May first" in America.
type english struct {
	voice
	american bool
}

func newEnglish(v voice) english {
	american := !v.inherits("en-001")
	v.verbose = !american
	return english{voice: v, american: american}
}

func (e english) money(m money) []string {
	return e.amount(m, purse{
		families: []family{
			{dollars, name{"dollar", "dollars", ""}}, {pounds, name{"pound", "pounds", ""}}, {pesos, name{"peso", "pesos", ""}},
			{francs, name{"franc", "francs", ""}}, {rupees, name{"rupee", "rupees", ""}}, {rands, name{"rand", "rand", ""}},
			{yens, name{"yen", "yen", ""}},
		},
		coins: []coin{
			{dollars + " EUR ZAR BND KYD XCD SRD", name{"cent", "cents", ""}}, {"GBP GIP FKP SHP", name{"penny", "pence", ""}},
			{"CHF MAD", name{"centime", "centimes", ""}}, {"DKK NOK", name{"øre", "øre", ""}}, {"SEK", name{"öre", "öre", ""}},
			{"PLN", name{"grosz", "groszy", ""}}, {"CZK", name{"haler", "halers", ""}}, {"INR", name{"paisa", "paise", ""}},
			{"MXN ARS BRL PHP COP CUP UYU DOP", name{"centavo", "centavos", ""}}, {"RON", name{"ban", "bani", ""}},
			{"BGN", name{"stotinka", "stotinki", ""}}, {"TRY", name{"kuruş", "kuruş", ""}}, {"ILS", name{"agora", "agorot", ""}},
		},
		and: "and", minus: "minus",
	}, e.number, e.character)
}

func (e english) date(d date) string {
	day, month := e.ordinal(int64(d.day), ""), e.data.Months[d.month-1]
	if strings.HasPrefix(e.data.Date, "M") {
		if d.year == 0 {
			return month + " " + day
		}
		return month + " " + day + ", " + e.year(d.year)
	}
	if d.year == 0 {
		return "the " + day + " of " + month
	}
	return "the " + day + " of " + month + " " + e.year(d.year)
}

// year is the data's, but for 2006: two thousand *and* six.
func (e english) year(y int) string {
	if !e.american && y%1000 > 0 && y%1000 < 10 {
		return e.number(whole(int64(y)))
	}
	return e.voice.year(y)
}

// clock has twelve hours everywhere: where 15:04 is written people still say
// three oh four PM.
func (e english) clock(c clock) string {
	half := "AM"
	if c.hour >= 12 {
		half = "PM"
	}
	hour := e.number(whole(int64((c.hour+11)%12 + 1)))
	switch {
	case c.minute == 0 && c.hour == 0:
		return "midnight"
	case c.minute == 0 && c.hour == 12:
		return "noon"
	case c.minute == 0:
		return hour + " " + half
	case c.minute < 10:
		return hour + " oh " + e.number(whole(int64(c.minute))) + " " + half
	}
	return hour + " " + e.number(whole(int64(c.minute))) + " " + half
}

func (e english) duration(d duration) []string { return e.units(d, e.before) }

func (e english) phone(p phone) []string { return spokenPhone(p, "plus", e.character) }

func (e english) character(r rune) string {
	if r == '#' && e.american {
		return "pound"
	}
	return e.named(r, []signName{{' ', "space"}, {'*', "star"}, {'#', "hash"}, {'-', "dash"}, {'.', "dot"}, {'@', "at"}, {'/', "slash"},
		{'_', "underscore"}, {'+', "plus"}, {',', "comma"}, {':', "colon"}, {'&', "and"}, {'%', "percent"}, {'=', "equals"}})
}
