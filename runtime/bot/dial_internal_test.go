package bot

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

const reminder = `
ivr: 1
flow: reminder
kind: outgoing
params: {number: {type: phone}, name: {type: string, default: ""}}
start: main
states:
  main:
    - dial: {phone: "${number}"}
      answered: end
      failed: [{log: "${name}"}, end]
`

func reminderFlow(t *testing.T) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"r.ivr.yaml": {Data: []byte(reminder)}}, "r.ivr.yaml")
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// An order that cannot be carried out is refused with the reason, and starts
// nothing.
func TestDialRefuses(t *testing.T) {
	b := newRouted(t, Config{}, "one")
	if err := reconfigure(b, map[string]map[string]any{"one": {"of": "one"}}, append(flowsNamed(t, "one"), reminderFlow(t))...); err != nil {
		t.Fatal(err)
	}
	number := map[string]any{"number": "+442071838750"}
	for name, tt := range map[string]struct {
		order Order
		want  string
	}{
		"no such flow":     {Order{Flow: "remind"}, `flow "remind": the bot has no such flow`},
		"an incoming flow": {Order{Flow: "one"}, "it is of kind incoming"},
		"missing":          {Order{Flow: "reminder"}, `parameter "number" is missing`},
		"unknown":          {Order{Flow: "reminder", Params: map[string]any{"numbre": "+442071838750"}}, `no parameter "numbre"; did you mean "number"?`},
		"does not fit":     {Order{Flow: "reminder", Params: map[string]any{"number": "bob"}}, "want a telephone number"},
	} {
		t.Run(name, func(t *testing.T) {
			if began, err := b.Dial(context.Background(), tt.order); err == nil || !strings.Contains(err.Error(), tt.want) || began != (Started{}) {
				t.Errorf("session %+v, error %v; want one with %q", began, err, tt.want)
			}
		})
	}
	if n := b.calls.Live(); n != 0 {
		t.Errorf("%d sessions were started", n)
	}
	b.cfg.Tenants = append(b.cfg.Tenants, "5f0c7c7e-0000-4000-8000-000000000009")
	if _, err := b.Dial(context.Background(), Order{Flow: "reminder", Params: number}); err == nil || !strings.Contains(err.Error(), "set Tenant") {
		t.Errorf("two tenants and none named: %v", err)
	}
}

// Calls are not sent to an outgoing flow: not by a route, and not because it is
// the only one.
func TestOutgoingTakesNoCalls(t *testing.T) {
	b := newRouted(t, Config{}, "one")
	values := map[string]map[string]any{"one": {"of": "one"}}
	if err := reconfigure(b, values, append(flowsNamed(t, "one"), reminderFlow(t))...); err != nil {
		t.Fatal(err)
	}
	if got := picked(t, b, ivr.CallIncoming{}); got != "one" {
		t.Errorf("%q takes the call", got)
	}
	if err := reconfigure(b, nil, reminderFlow(t)); err != nil {
		t.Fatal(err)
	}
	if s := b.pick(ivr.CallIncoming{}); s != nil {
		t.Errorf("%q takes the call", s.flow.Name)
	}
	cfg := b.Config()
	cfg.Routes = []Route{{Flow: "reminder"}}
	if _, err := b.Reconfigure(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), "takes no calls") {
		t.Errorf("a route to it: %v", err)
	}
}

// reconfigure gives a bot other flows.
func reconfigure(b *Bot, values map[string]map[string]any, flows ...*flow.Flow) error {
	cfg := b.Config()
	cfg.Flows, cfg.FlowConfig = flows, values
	_, err := b.Reconfigure(context.Background(), cfg)
	return err
}

const assistant = `
ivr: 1
flow: assistant
kind: meeting
params: {name: {type: string, default: ""}}
start: main
states:
  main:
    - join:
      failed: [{log: "${name}"}, end]
    - end
`

// A flow of a meeting is started by Join alone, and takes no calls.
func TestJoinRefuses(t *testing.T) {
	f, list, err := flow.Load(fstest.MapFS{"a.ivr.yaml": {Data: []byte(assistant)}}, "a.ivr.yaml")
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	b := newRouted(t, Config{}, "one")
	if err := reconfigure(b, map[string]map[string]any{"one": {"of": "one"}}, append(flowsNamed(t, "one"), f, reminderFlow(t))...); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"remind": "the bot has no such flow", "one": "kind incoming; write kind: meeting", "reminder": "kind outgoing"} {
		if began, err := b.Join(context.Background(), Order{Flow: name}, graph.Join{}); err == nil || !strings.Contains(err.Error(), want) || began != (Started{}) {
			t.Errorf("%s: session %+v, error %v; want one with %q", name, began, err, want)
		}
	}
	if _, err := b.Dial(context.Background(), Order{Flow: "assistant"}); err == nil || !strings.Contains(err.Error(), "kind meeting") {
		t.Errorf("dialled: %v", err)
	}
	if _, err := b.Join(context.Background(), Order{Flow: "assistant", Params: map[string]any{"nam": "x"}}, graph.Join{}); err == nil || !strings.Contains(err.Error(), `no parameter "nam"`) {
		t.Errorf("a parameter that there is not: %v", err)
	}
	if got := picked(t, b, ivr.CallIncoming{}); got != "one" {
		t.Errorf("%q takes the call", got)
	}
	cfg := b.Config()
	cfg.Routes = []Route{{Flow: "assistant"}}
	if _, err := b.Reconfigure(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), "takes no calls") {
		t.Errorf("a route to it: %v", err)
	}
}
