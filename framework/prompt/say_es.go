package prompt

import "strings"

// spanish speaks Spanish: twelve hours and "el primero de mayo" in America,
// twenty-four and "el uno de mayo" in Spain.
type spanish struct {
	voice
	american bool
}

func newSpanish(v voice) spanish { return spanish{voice: v, american: v.inherits("es-419")} }

// ordinal leaves out the un of un millonésimo.
func (s spanish) ordinal(n int64, gender string) string {
	return strings.TrimPrefix(s.voice.ordinal(n, gender), "un ")
}

func (s spanish) money(m money) []string {
	return s.amount(m, purse{
		families: []family{
			{dollars, name{"dólar", "dólares", "masculine"}}, {pounds, name{"libra", "libras", "feminine"}}, {pesos, name{"peso", "pesos", "masculine"}},
			{francs, name{"franco", "francos", "masculine"}}, {rupees, name{"rupia", "rupias", "feminine"}}, {rands, name{"rand", "rands", "masculine"}},
			{yens, name{"yen", "yenes", "masculine"}},
		},
		coins: []coin{
			{"EUR CHF MAD", name{"céntimo", "céntimos", "masculine"}},
			{dollars + " ZAR MXN ARS BRL PHP COP CUP UYU DOP BOB HNL NIO", name{"centavo", "centavos", "masculine"}},
			{"PEN CRC PYG VES", name{"céntimo", "céntimos", "masculine"}}, {"GTQ", name{"centavo", "centavos", "masculine"}},
			{"GBP GIP FKP SHP", name{"penique", "peniques", "masculine"}}, {"DKK NOK SEK", name{"øre", "øre", "masculine"}},
		},
		and: "con", minus: "menos", feminine: beginsWith("libra corona rupia lira grivna leona rufiya"),
		of: func(name string) string { return "de " + name },
	}, s.number, s.character)
}

// date begins with the article: el uno de enero de dos mil veintiséis.
func (s spanish) date(d date) string {
	day := s.number(whole(int64(d.day)))
	if d.day == 1 && s.american {
		day = s.ordinal(1, "masculine")
	}
	words := "el " + day + " de " + s.data.Months[d.month-1]
	if d.year == 0 {
		return words
	}
	return words + " de " + s.year(d.year)
}

// clock begins with the article: las tres y cuatro de la tarde, las quince
// horas y cuatro minutos, la una. Where the data writes twelve hours, the part
// of the day follows.
func (s spanish) clock(c clock) string {
	if strings.ContainsRune(s.data.Time, 'h') {
		return s.twelve(c)
	}
	words := "las " + s.unit("hour", int64(c.hour), s.before)
	if c.hour == 1 {
		words = "la una"
	}
	if c.minute == 0 {
		return words
	}
	return words + " y " + s.unit("minute", int64(c.minute), s.before)
}

func (s spanish) twelve(c clock) string {
	hour := (c.hour+11)%12 + 1
	words := "las " + s.before(int64(hour), "feminine")
	if hour == 1 {
		words = "la una"
	}
	switch {
	case c.hour == 12 && c.minute == 0:
		return words + " " + s.data.Periods["noon"]
	case c.hour == 0 && c.minute == 0:
		return words + " de la noche"
	case c.minute > 0:
		words += " y " + s.number(whole(int64(c.minute)))
	}
	return words + " " + s.period(c)
}

func (s spanish) duration(d duration) []string { return s.units(d, s.before) }

func (s spanish) phone(p phone) []string { return spokenPhone(p, "más", s.character) }

func (s spanish) character(r rune) string {
	if r == '#' && s.american {
		return "numeral"
	}
	return s.named(r, []signName{{' ', "espacio"}, {'*', "asterisco"}, {'#', "almohadilla"}, {'-', "guion"}, {'.', "punto"}, {'@', "arroba"},
		{'/', "barra"}, {'_', "guion bajo"}, {'+', "más"}, {',', "coma"}, {':', "dos puntos"}, {'&', "y"}, {'%', "por ciento"}, {'=', "igual"}})
}
