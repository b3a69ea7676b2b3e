package flows_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/testkit"
)

// What a caller types of a card stands nowhere in the log, also if the payment fails.
func TestCardIsNotLogged(t *testing.T) {
	for outcome, hears := range map[string]string{"ok": "paid", "declined": "another_card", "failed": "unclear"} {
		var log bytes.Buffer
		given := testkit.Given{Actions: map[string][]testkit.Reply{"find_invoice": {{Out: map[string]any{"amount": "12.50 GBP"}}}, "pay": testkit.Returns(outcome), "note_payment": testkit.Returns("ok")}}
		call := testkit.DialWith(t, "card/example.ivr.yaml", given, testkit.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		call.Hears("enter_invoice").Press("654321").Hears("enter_card").Press("4111111111111111#").Hears("right_or_again").Press("1")
		call.Hears("enter_expiry").Press("0328").Hears("enter_code").Press("7373#").Hears(hears).HangUp()
		if log.Len() == 0 {
			t.Error("nothing was logged at all")
		}
		for _, secret := range []string{"4111", "1111", "0328", "7373"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("%s: the log has %s:\n%s", outcome, secret, log.String())
			}
		}
	}
}
