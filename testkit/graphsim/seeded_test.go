package graphsim_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Every form is picked by some seed and left out by another, and the same seed
// picks the same.
func TestSomeSettings(t *testing.T) {
	values := map[string]map[any]bool{}
	for seed := range uint64(50) {
		some := graphsim.SomeSettings(seed)
		if some != graphsim.SomeSettings(seed) {
			t.Errorf("seed %d picks different settings", seed)
		}
		v := reflect.ValueOf(some)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if values[name] == nil {
				values[name] = map[any]bool{}
			}
			values[name][v.Field(i).Interface()] = true
		}
	}
	picked := 0
	for _, seen := range values {
		if len(seen) > 1 {
			picked++
		}
	}
	if picked != 35 || len(values["Audio"]) != 3 || len(values["Start"]) != 3 || len(values["PromptCancel"]) != 3 {
		t.Errorf("50 seeds vary %d settings, want 35; %v", picked, values)
	}
}

// Whatever the forms and the oddities, a call goes its way to its end.
func TestEveryMixtureOfFormsEnds(t *testing.T) {
	for seed := range uint64(100) {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Seed, c.Settings, c.Oddities = seed, graphsim.SomeSettings(seed), graphsim.SomeOddities(seed/2)
			c.Settings.OddChance = 0.5
		})
		w.status = func(n int) int { return map[bool]int{true: 204, false: 202}[n == 1] }
		c := w.ring(graphsim.Caller{})
		w.act(c, "answer", answerBody)
		w.clock.forward(time.Second)
		w.act(c, "subscribeToTone", "")
		w.act(c, "playPrompt", play("1", w.file("a.wav", 2*time.Second)))
		c.Press('1')
		w.clock.forward(time.Second)
		w.act(c, "cancelMediaProcessing", "")
		w.act(c, "recordResponse", "{}")
		w.clock.forward(time.Second)
		w.act(c, "transfer", `{"transferTarget":`+target+`}`)
		w.clock.forward(time.Hour)
		c.HangUp()
		w.clock.forward(time.Hour)
		if c.State() != ivr.StateTerminated || len(w.clock.jobs) != 0 {
			t.Errorf("seed %d: state %v, %d timers are left", seed, c.State(), len(w.clock.jobs))
		}
		for _, b := range w.bodies {
			if !json.Valid(b) {
				t.Errorf("seed %d: body is no JSON: %s", seed, b)
			}
		}
	}
}
