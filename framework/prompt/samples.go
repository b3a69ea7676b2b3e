package prompt

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// samples are values of a kind that together need all its common words.
func samples(kind string) []any {
	switch kind {
	case "digits":
		return []any{"0123456789*#"}
	case "characters":
		return []any{"abcdefghijklmnopqrstuvwxyz0123456789"}
	case "number":
		return append(numbers(), "-1.5", "0.123456")
	case "ordinal":
		return numbers()
	case "money":
		return amounts()
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

// many are n values.
func many(n int, value func(int) string) []any {
	values := make([]any, n)
	for i := range values {
		values[i] = value(i)
	}
	return values
}

// amounts are euros and cents, and a minus.
func amounts() []any {
	values := many(100, func(n int) string { return fmt.Sprintf("%d.%02d EUR", n, n) })
	for _, n := range numbers() {
		values = append(values, fmt.Sprintf("%.0f EUR", n))
	}
	return append(values, "-1.00 EUR")
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
