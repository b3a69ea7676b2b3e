package prompt

import (
	"strconv"
	"strings"
)

// french speaks French; Swiss and Belgian numbers follow from the data.
type french struct{ voice }

// ordinal leaves out the un of un millionième.
func (f french) ordinal(n int64, gender string) string {
	return strings.TrimPrefix(f.voice.ordinal(n, gender), "un ")
}

func (f french) money(m money) []string {
	return f.amount(m, purse{
		families: []family{
			{dollars, name{"dollar", "dollars", "masculine"}}, {pounds, name{"livre", "livres", "feminine"}}, {pesos, name{"peso", "pesos", "masculine"}},
			{francs, name{"franc", "francs", "masculine"}}, {rupees, name{"roupie", "roupies", "feminine"}}, {rands, name{"rand", "rands", "masculine"}},
			{yens, name{"yen", "yens", "masculine"}},
		},
		coins: []coin{
			{"EUR CHF MAD", name{"centime", "centimes", "masculine"}}, {dollars + " ZAR", name{"cent", "cents", "masculine"}},
			{"GBP GIP FKP SHP", name{"penny", "pence", "masculine"}}, {"DKK NOK", name{"øre", "øre", "masculine"}}, {"SEK", name{"öre", "öre", "masculine"}},
			{"MXN ARS BRL PHP COP CUP UYU DOP", name{"centavo", "centavos", "masculine"}}, {"PLN", name{"grosz", "groszy", "masculine"}},
		},
		and: "et", minus: "moins", feminine: beginsWith("livre couronne roupie hryvnia gourde rufiyaa"), of: ofFrench,
	}, f.number, f.character)
}

// ofFrench is what comes after a million: un million d'euros.
func ofFrench(name string) string {
	if strings.ContainsRune("aeiouyéè", []rune(name)[0]) && !strings.HasPrefix(name, "y") {
		return "d'" + name
	}
	return "de " + name
}

// date begins with the article: le premier janvier.
func (f french) date(d date) string {
	day := f.before(int64(d.day), "masculine")
	if d.day == 1 {
		day = f.ordinal(1, "masculine")
	}
	words := "le " + day + " " + f.data.Months[d.month-1]
	if d.year == 0 {
		return words
	}
	return words + " " + f.year(d.year)
}

func (f french) clock(c clock) string {
	words := f.unit("hour", int64(c.hour), f.before)
	switch {
	case c.minute == 0 && c.hour == 0:
		return f.data.Periods["midnight"]
	case c.minute == 0 && c.hour == 12:
		return f.data.Periods["noon"]
	case c.minute == 0:
		return words
	}
	return words + " " + f.before(int64(c.minute), "feminine")
}

func (f french) duration(d duration) []string { return f.units(d, f.before) }

// phone reads pairs of digits as numbers, as is done in Europe: zéro six,
// douze, trente-quatre; the first digit alone if their number is odd. Written
// groups of up to three digits are a number each, and so are short numbers:
// cent douze. In Canada digits are read one by one.
func (f french) phone(p phone) []string {
	if f.region() == "CA" {
		return spokenPhone(p, "plus", f.character)
	}
	if all := strings.Join(p.groups, ""); !p.written && (p.country != "" || len(all) > 3) {
		p.groups = pairs(all)
	}
	var groups []string
	if p.country != "" {
		groups = append(groups, "plus "+f.pair(p.country))
	}
	for _, g := range p.groups {
		short := []string{g}
		if len(g) > 3 {
			short = pairs(g)
		}
		for _, digits := range short {
			groups = append(groups, f.pair(digits))
		}
	}
	for i := range len(groups) - 1 {
		groups[i] += ","
	}
	return groups
}

// pairs are the digits in twos, a single one first.
func pairs(digits string) []string {
	var pairs []string
	if len(digits)%2 == 1 {
		pairs, digits = append(pairs, digits[:1]), digits[1:]
	}
	for ; digits != ""; digits = digits[2:] {
		pairs = append(pairs, digits[:2])
	}
	return pairs
}

// pair says a few digits as a number, unless they begin with a zero.
func (f french) pair(digits string) string {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || digits[0] == '0' {
		return each(digits, " ", f.character)
	}
	return f.number(whole(n))
}

func (f french) character(r rune) string {
	return f.named(r, []signName{{' ', "espace"}, {'*', "étoile"}, {'#', "dièse"}, {'-', "tiret"}, {'.', "point"}, {'@', "arobase"},
		{'/', "barre oblique"}, {'_', "tiret bas"}, {'+', "plus"}, {',', "virgule"}, {':', "deux-points"}, {'&', "et"}, {'%', "pour cent"},
		{'=', "égal"}})
}
