package flow

import (
	"strings"
	"testing"
)

// What was recorded is recorded again; what was typed is entered again.
func TestConfirmIn(t *testing.T) {
	for locale, again := range map[string]string{"en-GB": "To record it again", "de-DE": "Um neu aufzunehmen", "fr-FR": "Pour enregistrer à nouveau",
		"es-ES": "Para volver a grabarlo", "nl-NL": "Om het opnieuw op te nemen", "it-IT": "To record it again"} {
		if got := confirmIn(locale, TypeRecording, '1', '2'); !strings.Contains(got, again) || !strings.Contains(got, "1") || !strings.HasSuffix(got, " 2.") {
			t.Errorf("%s: %q", locale, got)
		}
		if got := confirmIn(locale, TypeDigits, '1', '2'); strings.Contains(got, again) || !strings.HasSuffix(got, " 2.") {
			t.Errorf("%s: %q", locale, got)
		}
	}
}
