package main

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// The tests that are written in YAML. They need no Go: ivrflow test plays them,
// too.
func TestFiles(t *testing.T) {
	testkit.Run(t, "helpdesk.ivr.yaml")
	testkit.Run(t, "call_back.ivr.yaml")
}

// The offer with the code that answers real calls: the order is repeated with the same
// key if the store was away.
func TestOrder(t *testing.T) {
	const ann, ben = "5f0c7c7e-0000-4000-8000-000000000001", "5f0c7c7e-0000-4000-8000-000000000002"
	var orders []bot.Order
	dial := func(_ context.Context, o bot.Order) (bot.Started, error) {
		orders = append(orders, o)
		if len(orders) == 1 {
			return bot.Started{}, errors.New("the store is away")
		}
		return bot.Started{Session: "the-session-of-this-order", Fresh: true}, nil
	}
	call := testkit.DialWith(t, "helpdesk.ivr.yaml", testkit.Given{Caller: ivr.Party{Kind: ivr.PartyPhone, ID: "+441632960123"}, Config: map[string]any{"first": ann, "second": ben},
		Targets: map[string]graphsim.Behaviour{ann: graphsim.Busy, ben: graphsim.Busy}}, testkit.Options{Register: func(b *bot.Bot) error { return errors.Join(register(b, dial), b.Ready()) }})
	call.Hears("nobody_free", "this_or_other").Press("1").Hears("we_call_back").HearsEnd("goodbye").Ended("flow")
	if len(orders) != 2 || !reflect.DeepEqual(orders[0], orders[1]) || orders[0].Key != "call back test" {
		t.Fatalf("the orders are %+v, want one twice", orders)
	}
	if o := orders[1]; o.Flow != "call_back" || o.Params["number"] != "+441632960123" || o.From != account {
		t.Errorf("the order is %+v", o)
	}
}
