package prompt

import "strings"

// dutch speaks Dutch.
type dutch struct{ voice }

// stressed writes the number one as één, which een, the article, is not.
func stressed(words string) string {
	list := strings.Split(words, " ")
	for i, w := range list {
		if w == "een" {
			list[i] = "één"
		}
	}
	return strings.Join(list, " ")
}

func (n dutch) number(d decimal) string { return stressed(n.voice.number(d)) }

func (n dutch) before(i int64, _ string) string { return n.number(whole(i)) }

func (n dutch) money(m money) []string {
	clauses := n.amount(m, purse{
		families: []family{
			{dollars, name{"dollar", "dollar", ""}}, {pounds, name{"pond", "pond", ""}}, {pesos, name{"peso", "peso", ""}},
			{francs, name{"frank", "frank", ""}}, {rupees, name{"roepie", "roepie", ""}}, {rands, name{"rand", "rand", ""}},
			{yens, name{"yen", "yen", ""}},
		},
		coins: []coin{
			{dollars + " EUR ZAR SRD AWG XCG BND KYD XCD", name{"cent", "cent", ""}}, {"GBP GIP FKP SHP", name{"penny", "pence", ""}},
			{"CHF", name{"rappen", "rappen", ""}}, {"DKK NOK", name{"øre", "øre", ""}}, {"SEK", name{"öre", "öre", ""}},
			{"PLN", name{"grosz", "groszy", ""}}, {"MXN ARS BRL PHP COP CUP UYU DOP", name{"centavo", "centavo", ""}},
		},
		and: "en", minus: "min",
	}, n.number, n.character)
	for i := range clauses {
		clauses[i] = stressed(clauses[i])
	}
	return clauses
}

// date has no article: drieëntwintig november.
func (n dutch) date(d date) string {
	words := n.number(whole(int64(d.day))) + " " + n.data.Months[d.month-1]
	if d.year == 0 {
		return words
	}
	return words + " " + n.year(d.year)
}

func (n dutch) clock(c clock) string {
	words := n.number(whole(int64(c.hour))) + " uur"
	if c.minute > 0 {
		words += " " + n.number(whole(int64(c.minute)))
	}
	return words
}

func (n dutch) duration(d duration) []string { return n.units(d, n.before) }

func (n dutch) phone(p phone) []string { return spokenPhone(p, "plus", n.character) }

func (n dutch) character(r rune) string {
	return stressed(n.named(r, []signName{{' ', "spatie"}, {'*', "sterretje"}, {'#', "hekje"}, {'-', "streepje"}, {'.', "punt"}, {'@', "apenstaartje"},
		{'/', "schuine streep"}, {'_', "laag streepje"}, {'+', "plus"}, {',', "komma"}, {':', "dubbele punt"}, {'&', "en"}, {'%', "procent"},
		{'=', "is gelijk aan"}}))
}
