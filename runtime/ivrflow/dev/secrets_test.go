package dev_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/ivrflow/dev"
)

// planted asks for a secret and does with it whatever a flow may. MARK is
// sensitive: true, or nothing.
const planted = `
ivr: 1
flow: planted
prompts: {ask: Type it., you: You typed, bye: Goodbye.}
vars:
  pin: {type: digits, length: 8 MARK}
  copy: {type: string MARK}
  other: {type: digits}
actions:
  verify: {in: [pin], out: [token], outcomes: [ok]}
start: main
states:
  main:
    - collect: pin
      prompt: ask
      gave_up: bye
    - set: {copy: "no. ${pin}"}
    - play: [you, {say_as: digits, value: "${pin}"}, {say: "in short ${copy}"}]
    - confirm: pin
      rejected: bye
      gave_up: bye
    - do: verify
      into: {token: other}
      failed: bye
    - do: verify
      into: {token: copy}
      failed: bye
    - log: "typed: ${has(pin)}"
    - goto: bye
  bye: [{play: bye}, end]
`

// Of a sensitive variable the screen and the record show nothing, in no form;
// of any other they do.
func TestSecretsOnTheScreen(t *testing.T) {
	const secret = "73194628"
	sum := sha256.Sum256([]byte(secret))
	forms := []string{secret, secret[1:], secret[:7], "82649137", "7 3 1 9", "7, 3, 1", "seven, three", hex.EncodeToString(sum[:])}
	for _, marked := range []bool{true, false} {
		mark := ""
		if marked {
			mark = ", sensitive: true"
		}
		r := run(t, dev.Options{Path: flowFile(t, strings.ReplaceAll(planted, " MARK", mark)), Fast: true, Script: secret + ",1"}, "")
		wantCode(t, r, dev.ExitOK)
		seen := 0
		for _, form := range forms {
			if strings.Contains(r.out+r.err, form) {
				seen++
				if marked {
					t.Errorf("%q is on the screen:\n%s%s", form, r.out, r.err)
				}
			}
		}
		if !marked && seen < 4 {
			t.Errorf("without the mark only %d forms are on the screen:\n%s", seen, r.out)
		}
		if marked && (!strings.Contains(r.out, "••••••••") || strings.Contains(r.out, "token: ") && !strings.Contains(r.out, "token: (hidden)")) {
			t.Errorf("the keys are not shown as dots, or a token is shown:\n%s", r.out)
		}
	}
}
