package engine_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Sessions share what Step did not write. So a session must stay as it is,
// whatever is made of it, and two that were made of the same one must not see
// each other.
func TestStepIsPure(t *testing.T) {
	fl := family(t, everyVerb)
	chance := rand.New(rand.NewPCG(1, 2))
	written := func(s engine.Session) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for range 200 {
		now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
		s, _, err := engine.Step(fl, engine.New("s", fl, nil), ivr.CallIncoming{Head: ivr.Head{At: now}, Call: "c"})
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			now = now.Add(100 * time.Millisecond)
			one := eventOf(s, now, byte(chance.Uint32()), byte(chance.Uint32()))
			two := eventOf(s, now, byte(chance.Uint32()), byte(chance.Uint32()))
			before := written(s)
			next, _, _ := engine.Step(fl, s, one) // an undeclared outcome is an error, rightly
			after := written(next)
			_, _, _ = engine.Step(fl, s, two)
			if written(s) != before {
				t.Fatalf("%T or %T changed the session that it was given:\n%s\n%s", one, two, before, written(s))
			}
			if written(next) != after {
				t.Fatalf("%T changed what %T had made:\n%s\n%s", two, one, after, written(next))
			}
			s = next
		}
	}
}
