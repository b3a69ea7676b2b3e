package prove_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// What is only asked whether it is set is not forgotten, and comes in both ways from
// outside.
func TestAsksWhetherSet(t *testing.T) {
	const variable = `ivr: 1
flow: f
vars: {x: {type: string}}
prompts: {one: Press 1 or 2., then: And then., yes_set: It is set., not_set: It is not.}
start: main
states:
  main:
    - menu: one
      keys: {1: put, 2: look}
      gave_up: look
  put: [{set: {x: hello}}, {goto: look}]
  look:
    - play: then
    - switch: [{when: EXPR, then: asked}]
    - play: not_set
    - end
  asked: [{play: yes_set}, end]
`
	const caller = `ivr: 1
flow: f
prompts: {yes_set: It is set., not_set: It is not.}
start: main
states:
  main:
    - switch: [{when: EXPR, then: asked}]
    - play: not_set
    - end
  asked: [{play: yes_set}, end]
`
	const answer = `ivr: 1
flow: f
vars: {x: {type: string}}
actions: {get: {out: [x]}}
prompts: {yes_set: It is set., not_set: It is not.}
start: main
states:
  main:
    - do: get
      failed: end
    - switch: [{when: EXPR, then: asked}]
    - play: not_set
    - end
  asked: [{play: yes_set}, end]
`
	for text, exprs := range map[string][]string{answer: {"x == nil", "has(x)"}, variable: {"x == nil", "x != nil", "has(x)", `(x ?? "") == ""`}, caller: {"call.caller == nil", "has(call.caller)"}} {
		for _, expr := range exprs {
			src := strings.Replace(text, "EXPR", "'"+expr+"'", 1)
			f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(src)}}, "f.ivr.yaml")
			if f == nil {
				t.Fatal(list, err)
			}
			r, err := prove.Run(t.Context(), f, prove.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict() != prove.Proved {
				t.Errorf("%s: not proved, although both states are reached: %v", expr, r.Doubts)
			}
		}
	}
}
