package prompt

import "strings"

// german speaks German.
type german struct{ voice }

// ordinal is the form after an article, (der) erste, unless a gender asks for
// the one without: erster, erstes.
func (g german) ordinal(n int64, gender string) string {
	switch gender {
	case "masculine":
		return g.spell(whole(n), "%spellout-ordinal-r")
	case "neuter":
		return g.spell(whole(n), "%spellout-ordinal-s")
	}
	if n >= 1e6 && n%1e6 == 0 {
		return g.millionth(n)
	}
	return g.spell(whole(n), "%spellout-ordinal")
}

// millionth is zweimillionste, for which the data has "zwei Millionenste".
func (g german) millionth(n int64) string {
	words := strings.TrimSuffix(strings.TrimPrefix(g.number(whole(n)), "eine "), "en")
	return strings.ToLower(strings.ReplaceAll(strings.TrimSuffix(words, "e"), " ", joint)) + joint + "ste"
}

func (g german) money(m money) []string {
	return g.amount(m, purse{
		families: []family{
			{dollars, name{"Dollar", "Dollar", "masculine"}}, {pounds, name{"Pfund", "Pfund", "neuter"}}, {pesos, name{"Peso", "Pesos", "masculine"}},
			{francs, name{"Franken", "Franken", "masculine"}}, {rupees, name{"Rupie", "Rupien", "feminine"}}, {rands, name{"Rand", "Rand", "masculine"}},
			{yens, name{"Yen", "Yen", "masculine"}},
		},
		coins: []coin{
			{dollars + " EUR ZAR BND KYD XCD SRD", name{"Cent", "Cent", "masculine"}}, {"GBP GIP FKP SHP", name{"Penny", "Pence", "masculine"}},
			{"CHF", name{"Rappen", "Rappen", "masculine"}}, {"DKK NOK SEK", name{"Öre", "Öre", "neuter"}},
			{"PLN", name{"Groschen", "Groschen", "masculine"}}, {"CZK", name{"Heller", "Heller", "masculine"}},
			{"INR", name{"Paisa", "Paise", "masculine"}}, {"MXN ARS BRL PHP COP CUP UYU DOP", name{"Centavo", "Centavos", "masculine"}},
			{"RON", name{"Ban", "Bani", "masculine"}}, {"TRY", name{"Kuruş", "Kuruş", "masculine"}},
		},
		and: "und", minus: "minus", feminine: feminineGerman,
	}, g.number, g.character)
}

// feminineGerman finds the noun, which may stand behind an adjective or a
// hyphen.
func feminineGerman(name string) bool {
	for _, noun := range [...]string{"Krone", "Rupi", "Lira", "Hrywnja", "Gourde", "Mark "} {
		if strings.Contains(name, noun) {
			return true
		}
	}
	return false
}

// date has no article: erster Januar.
func (g german) date(d date) string {
	words := g.spell(whole(int64(d.day)), "%spellout-ordinal-r") + " " + g.data.Months[d.month-1]
	if d.year == 0 {
		return words
	}
	return words + " " + g.year(d.year)
}

func (g german) clock(c clock) string {
	words := g.before(int64(c.hour), "masculine") + " Uhr"
	if c.minute > 0 {
		words += " " + g.number(whole(int64(c.minute)))
	}
	return words
}

func (g german) duration(d duration) []string { return g.units(d, g.before) }

func (g german) phone(p phone) []string { return spokenPhone(p, "plus", g.character) }

func (g german) character(r rune) string {
	return g.named(r, []signName{{' ', "Leerzeichen"}, {'*', "Stern"}, {'#', "Raute"}, {'-', "Bindestrich"}, {'.', "Punkt"}, {'@', "At"},
		{'/', "Schrägstrich"}, {'_', "Unterstrich"}, {'+', "Plus"}, {',', "Komma"}, {':', "Doppelpunkt"}, {'&', "und"}, {'%', "Prozent"},
		{'=', "gleich"}, {'ß', "Eszett"}})
}
