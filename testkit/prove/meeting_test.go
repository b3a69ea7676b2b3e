package prove

import "testing"

// Each state of these meetings is reached by some call, which is found only if people
// come into the lobby later, too, and if a key says that somebody is on hold, and who.
func TestMeetingsReachTheirStates(t *testing.T) {
	for name, src := range map[string]string{
		"somebody who was there comes back into the lobby": `
config: {chair: {type: string}}
start: main
states:
  main:
    - join:
      lobby: end
      failed: end
    - switch: [{when: 'not any(call.roster, #.who == config.chair and not #.lobby)', then: leave}]
    - wait: 5s
    - switch: [{when: 'any(call.roster, #.who == config.chair and #.lobby)', then: knocked}]
    - goto: leave
  knocked: [{wait: 1s}, {goto: leave}]
  leave: [end]
`,
		"somebody is on hold whom the flow does not name": `
start: main
states:
  main:
    - join:
      lobby: end
      failed: end
    - wait: {for: 5s, keys: {1: apart, 2: both}}
    - goto: both
  apart:
    - switch: [{when: call.participants < 2, then: both}]
    - hold: {participant: "${call.roster[1].id}"}
      failed: both
    - goto: both
  both:
    - wait: 1s
    - switch: [{when: call.held, then: held}]
    - end
  held: [{wait: 1s}, end]
`,
		"whoever is on hold stays when another leaves": `
config: {chair: {type: string}, clerk: {type: string}}
start: main
states:
  main:
    - join:
      lobby: end
      failed: end
    - wait: {for: 5s, keys: {1: first, 2: second}}
    - end
  first:
    - hold: {user: "${config.chair}"}
      failed: end
    - goto: both
  second:
    - wait: 1s
    - hold: {user: "${config.clerk}"}
      failed: end
    - goto: both
  both:
    - switch: [{when: 'not any(call.roster, #.who == config.chair and not #.lobby)', then: leave}]
    - wait: 5s
    - switch: [{when: 'call.held and not any(call.roster, #.who == config.chair)', then: without}]
    - goto: leave
  without: [{wait: 1s}, {goto: leave}]
  leave: [end]
`,
	} {
		t.Run(name, func(t *testing.T) {
			f := loaded(t, "ivr: 1\nflow: g\nkind: meeting\n"+src)
			if f == nil {
				t.Fatal("the flow has mistakes")
			}
			r, err := Run(t.Context(), f, Options{})
			if err != nil || !r.Complete {
				t.Fatal(err, r)
			}
			for _, p := range r.Properties {
				for _, x := range p.Findings {
					if p.Name == "reach" {
						t.Error(x.Text)
					}
				}
			}
		})
	}
}
