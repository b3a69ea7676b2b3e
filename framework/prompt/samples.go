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
		var values []any
		for i := range 100 {
			values = append(values, fmt.Sprintf("%d.%02d EUR", i, i))
		}
		for _, n := range numbers() {
			values = append(values, fmt.Sprintf("%.0f EUR", n))
		}
		return append(values, "-1.00 EUR")
	case "date":
		return dates()
	case "time":
		var values []any
		for minute := range 24 * 60 {
			values = append(values, fmt.Sprintf("%02d:%02d", minute/60, minute%60))
		}
		return values
	case "duration":
		var values []any
		for i := range 60 {
			values = append(values, fmt.Sprintf("%dh%dm%ds", i, i, i))
		}
		return values
	case "phone":
		var values []any
		for i := range 100 {
			values = append(values, fmt.Sprintf("+33 %02d", i), fmt.Sprintf("%02d", i))
		}
		return values
	}
	return nil
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
