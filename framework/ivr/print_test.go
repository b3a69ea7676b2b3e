package ivr_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// What may hold a secret prints without it, also inside of something else.
func TestPrint(t *testing.T) {
	for _, tt := range []struct {
		v    any
		want string
	}{
		{ivr.ToneReceived{Key: '7', Seq: 3}, "ToneReceived seq=3"},
		{ivr.RunAction{Op: 4, Name: "verify", In: map[string]any{"pin": "7319", "n": 2.0, "who": nil}, Sensitive: []string{"pin"}},
			"RunAction op=4 verify n=2 pin=*** who=<nil>"},
		{ivr.ActionReturned{Op: 4, Outcome: "ok", Out: map[string]any{"pin": "7319", "a": 1}}, "ActionReturned op=4 ok out=a,pin"},
		{ivr.ActionReturned{Op: 4, Outcome: "failed", Detail: "no answer"}, "ActionReturned op=4 failed no answer"},
		{ivr.Part{Key: "ask", Text: "Your PIN."}, "ask"},
		{ivr.Part{Text: "7319", Sensitive: true}, "***"},
		{ivr.Part{Recording: "r1", Sensitive: true}, "***"},
		{ivr.Part{Key: "_digit/7", Audio: "abc", Text: "seven", Sensitive: true}, "***"},
		{ivr.Part{Text: "seven", Joined: []ivr.Part{{Key: "_digit/7", Sensitive: true}}, Sensitive: true}, "***"},
		{ivr.Part{Joined: []ivr.Part{{Key: "ask"}, {Text: "7319", Sensitive: true}}, Sensitive: true}, "[ask ***]"},
		{ivr.Part{Key: "_digit/1", Text: "one", Words: "one, two"}, `"one, two"`},
		{ivr.Part{Text: "Hello."}, `"Hello."`},
		{ivr.Part{Silence: ivr.Duration(time.Second)}, "silence 1s"},
		{ivr.Part{Recording: "r1"}, "recording r1"},
		{ivr.Part{Audio: "abc"}, "audio abc"},
	} {
		for _, format := range []string{"%v", "%+v", "%s"} {
			if got := fmt.Sprintf(format, tt.v); got != tt.want {
				t.Errorf("%s of %T is %q, want %q", format, tt.v, got, tt.want)
			}
			if got := fmt.Sprintf(format, []any{tt.v}); !strings.Contains(got, tt.want) {
				t.Errorf("%s of a list with %T is %q, want %q in it", format, tt.v, got, tt.want)
			}
		}
	}
}
