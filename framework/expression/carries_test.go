package expression_test

import (
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

func TestCarries(t *testing.T) {
	for _, tt := range []struct{ src, carries, tails string }{
		{src: `pin`, carries: "pin"},
		{src: `pin + account`, carries: "account pin"},
		{src: `upper(trim(pin))`, carries: "pin"},
		{src: `int(pin) % 10`, carries: "pin"},
		{src: `len(pin)`, carries: "pin"},
		{src: `pin ?? "none"`, carries: "pin"},
		{src: `has(pin) ? pin : "none"`, carries: "pin"},
		{src: `pin == "1234" ? account : "none"`, carries: "account"},
		{src: `pin == "1234" ? "yes" : "no"`},
		{src: `[account, pin]`, carries: "account pin"},
		{src: `{a: pin}`, carries: "pin"},
		{src: `[account, pin][0]`, carries: "account pin"},
		{src: `customer[pin]`, carries: "customer pin"},
		{src: `customer.name`, carries: "customer.name"},
		{src: `customer["name"]`, carries: "customer.name"},
		{src: `pin[1:]`, carries: "pin"},
		{src: `pin[-4:]`, tails: "pin"},
		{src: `"…" + pin[-2:]`, tails: "pin"},
		{src: `pin[-5:]`, carries: "pin"},
		{src: `pin[-4:] + pin[:1]`, carries: "pin", tails: "pin"},
		{src: `pin[-4:-1]`, carries: "pin"},
		{src: `options[-4:]`, carries: "options"}, // four elements, not four characters
		{src: `customer.name[-4:]`, carries: "customer.name"},
		{src: `string(pin)[-4:]`, carries: "pin"},
		{src: `has(pin)`},
		{src: `pin != nil`},
		{src: `pin == account`},
		{src: `len(pin) > 4 && pin startsWith "1" || pin matches "^9"`},
		{src: `pin in ["1", "2"]`},
		{src: `!(pin contains "7")`},
		{src: `1 < amount < 5`},
		{src: `vip`, carries: "vip"},
		{src: `!vip`, carries: "vip"},
		{src: `vip && pin == "1"`, carries: "vip"},
		{src: `vip == true`, carries: "vip"},
		{src: `false != !vip`, carries: "vip"},
		{src: `vip in [true]`, carries: "vip"},
		{src: `vip ? "yes" : "no"`, carries: "vip"},
		{src: `customer.vip == true`, carries: "customer.vip"},
		{src: `any(options, # == pin)`},
		{src: `any(options, #)`, carries: "options"},
		{src: `none(options, vip)`, carries: "vip"},
		{src: `any(options, .vip == true)`, carries: "options"},
		{src: `count(options, # == pin)`, carries: "options"},
		{src: `1 + 1`},
	} {
		t.Run(tt.src, func(t *testing.T) {
			e, err := expression.Compile(tt.src, env(), expression.KindAny)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(e.Carries(), " "); got != tt.carries {
				t.Errorf("carries %q, want %q", got, tt.carries)
			}
			if got := strings.Join(e.Tails(), " "); got != tt.tails {
				t.Errorf("tails %q, want %q", got, tt.tails)
			}
			text, err := expression.ParseTemplate("say ${"+tt.src+"} and ${tries}", env())
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Join(text.Carries(), " "), strings.TrimSpace(tt.carries+" tries"); len(got) != len(want) {
				t.Errorf("the template carries %q, want %q", got, want)
			}
		})
	}
}
