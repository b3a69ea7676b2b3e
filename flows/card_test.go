package flows_test

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/testkit"
)

// What a caller types of a card stands nowhere in the log, also if the payment fails.
func TestCardIsNotLogged(t *testing.T) {
	for _, outcome := range []string{"ok", "declined", "failed"} {
		var log bytes.Buffer
		tests := `flow: ./example.ivr.yaml
tests:
  it:
    given: {find_invoice: {out: {amount: "12.50 GBP"}}, pay: ` + outcome + `, note_payment: ok, now: 2026-11-23T10:00:00Z}
    call: [{press: "123456"}, {press: "4111111111111111#"}, {hears: right_or_again}, {press: "1"}, {press: "0328"}, {hears: enter_code}, {press: "7373#"}, {hears: one_moment}]
`
		dir := t.TempDir()
		example, err := os.ReadFile("card/example.ivr.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"example.ivr.yaml": string(example), "card.ivr-test.yaml": tests} {
			if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		testkit.RunWith(t, "card.ivr-test.yaml", testkit.Options{FS: os.DirFS(dir), Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
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
