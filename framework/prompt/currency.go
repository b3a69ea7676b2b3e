package prompt

import "strings"

// currency holds a currency's names. Where a minor unit is missing the
// currency has none that is spoken.
type currency struct {
	code string
	// English, one and many; of the minor unit too.
	one, many, minorOne, minorMany string
	// German: one unit with its article, and the names for many.
	deOne, deMany, deMinorOne, deMinorMany string
}

// currencyOf finds a currency by its ISO 4217 code.
func currencyOf(code string) (currency, bool) {
	for _, c := range [...]currency{
		{"EUR", "euro", "euros", "cent", "cents", "ein Euro", "Euro", "ein Cent", "Cent"},
		{"GBP", "pound", "pounds", "penny", "pence", "ein Pfund", "Pfund", "ein Penny", "Pence"},
		{"USD", "dollar", "dollars", "cent", "cents", "ein Dollar", "Dollar", "ein Cent", "Cent"},
		{"CHF", "franc", "francs", "centime", "centimes", "ein Franken", "Franken", "ein Rappen", "Rappen"},
		{"CAD", "Canadian dollar", "Canadian dollars", "cent", "cents", "ein kanadischer Dollar", "kanadische Dollar", "ein Cent", "Cent"},
		{"AUD", "Australian dollar", "Australian dollars", "cent", "cents", "ein australischer Dollar", "australische Dollar", "ein Cent", "Cent"},
		{"NZD", "New Zealand dollar", "New Zealand dollars", "cent", "cents", "ein neuseeländischer Dollar", "neuseeländische Dollar", "ein Cent", "Cent"},
		{"DKK", "Danish krone", "Danish kroner", "øre", "øre", "eine dänische Krone", "dänische Kronen", "ein Öre", "Öre"},
		{"NOK", "Norwegian krone", "Norwegian kroner", "øre", "øre", "eine norwegische Krone", "norwegische Kronen", "ein Öre", "Öre"},
		{"SEK", "Swedish krona", "Swedish kronor", "öre", "öre", "eine schwedische Krone", "schwedische Kronen", "ein Öre", "Öre"},
		{"PLN", "zloty", "zlotys", "grosz", "groszy", "ein Zloty", "Zloty", "ein Groschen", "Groschen"},
		{"CZK", "Czech koruna", "Czech korunas", "haler", "halers", "eine tschechische Krone", "tschechische Kronen", "ein Heller", "Heller"},
		{"INR", "rupee", "rupees", "paisa", "paise", "eine Rupie", "Rupien", "ein Paisa", "Paise"},
		{"ZAR", "rand", "rand", "cent", "cents", "ein Rand", "Rand", "ein Cent", "Cent"},
		{"JPY", "yen", "yen", "", "", "ein Yen", "Yen", "", ""},
		{"KRW", "won", "won", "", "", "ein Won", "Won", "", ""},
	} {
		if c.code == code {
			return c, true
		}
	}
	return currency{}, false
}

// minor is the amount's minor units, 0 to 99. ok is false if the decimals are
// not a whole number of them.
func (d decimal) minor() (units int64, ok bool) {
	f := d.fraction
	for len(f) > 2 && f[len(f)-1] == '0' {
		f = f[:len(f)-1]
	}
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

// wording is how a language words an amount of one currency.
type wording struct {
	known, divided bool // whether the currency has names, and its minor unit too
	plural, and    string
	number         func(decimal) string
	character      func(rune) string
	major, minor   func(int64) string
}

// words says 12.50 GBP as twelve pounds and fifty pence, and an amount that
// pence cannot express as twelve point five zero five pounds.
func (m money) words(w wording) string {
	minor, exact := m.amount.minor()
	amount, minus := m.amount, ""
	if amount.negative {
		minus = "minus "
		amount.negative = false
	}
	switch {
	case !w.known:
		amount.fraction = strings.TrimRight(amount.fraction, "0")
		return minus + w.number(amount) + " " + each(m.currency, " ", w.character)
	case exact && minor == 0:
		return minus + w.major(amount.whole)
	case !exact || !w.divided:
		return minus + w.number(amount) + " " + w.plural
	case amount.whole == 0:
		return minus + w.minor(minor)
	}
	return minus + w.major(amount.whole) + " " + w.and + " " + w.minor(minor)
}
