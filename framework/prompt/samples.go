package prompt

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// samples are values of a kind that together need all its common words. Money
// is in the currencies, or else in euros.
func samples(kind string, currencies []string) []any {
	switch kind {
	case "digits":
		return alone("0123456789*#")
	case "characters":
		return alone("abcdefghijklmnopqrstuvwxyz0123456789")
	case "number":
		return append(numbers(), "-1.5", "0.123456")
	case "ordinal":
		return numbers()
	case "money":
		if len(currencies) == 0 {
			return amounts("EUR")
		}
		var values []any
		for _, currency := range currencies {
			values = append(values, amounts(currency)...)
		}
		return values
	case "date":
		return dates()
	case "time":
		return many(24*60, func(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) })
	case "duration":
		return many(60, func(n int) string { return fmt.Sprintf("%dh%dm%ds", n, n, n) })
	case "phone":
		pairs := many(100, func(n int) string { return fmt.Sprintf("%02d", n) })
		return append(pairs, many(100, func(n int) string { return fmt.Sprintf("+33 %02d", n) })...)
	}
	return nil
}

// alone are the characters together and each alone.
func alone(characters string) []any {
	values := []any{characters}
	for _, r := range characters {
		values = append(values, string(r))
	}
	return values
}

// many are n values.
func many(n int, value func(int) string) []any {
	values := make([]any, n)
	for i := range values {
		values[i] = value(i)
	}
	return values
}

// amounts are whole ones, ones with hundredths, and a minus.
func amounts(currency string) []any {
	values := many(100, func(n int) string { return fmt.Sprintf("%d.%02d %s", n, n, currency) })
	for _, n := range numbers() {
		values = append(values, fmt.Sprintf("%.0f %s", n, currency))
	}
	return append(values, "-1.00 "+currency)
}

func numbers() []any {
	var values []any
	for i := range 1000 {
		values = append(values, float64(i))
	}
	for _, n := range [...]float64{1000, 1001, 2000, 5000, 21_000, 100_000, 200_000, 1e6, 2e6, 5e6, 1e9, 2e9} {
		values = append(values, n)
	}
	return values
}

// dates are the days of a leap year, and the years that flows speak of.
func dates() []any {
	var values []any
	for d := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2024; d = d.AddDate(0, 0, 1) {
		values = append(values, d.Format("--01-02"))
	}
	for year := 1930; year <= 2060; year++ {
		values = append(values, fmt.Sprintf("%d-01-01", year))
	}
	return values
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
