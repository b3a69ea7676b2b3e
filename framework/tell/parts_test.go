package tell

import (
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// A record calls a value by its words, whether recordings say it or not, joined
// parts one by one, and hides what is sensitive.
func TestPartNames(t *testing.T) {
	one := ivr.Part{Key: "_digit/1", Audio: "a", Text: "one", Words: "one, two"}
	pause := ivr.Part{Silence: ivr.Duration(time.Second), Continued: true}
	two := ivr.Part{Key: "_digit/2", Audio: "b", Text: "two", Continued: true}
	secret := ivr.Part{Text: "one", Joined: []ivr.Part{{Key: "_digit/1", Audio: "a", Text: "one", Sensitive: true}}, Sensitive: true}
	hello := ivr.Part{Key: "hello", Text: "Hello"}
	for _, tt := range []struct {
		name  string
		parts []ivr.Part
		want  string
		told  string // of the first
	}{
		{"a value", []ivr.Part{hello, one, pause, two, hello}, `hello + "one, two" + hello`, "hello: Hello"},
		{"its words", []ivr.Part{one, pause, two}, `"one, two"`, "one, two"},
		{"a secret", []ivr.Part{secret, hello}, "(hidden) + hello", "(a sensitive value, not shown)"},
		{"joined", []ivr.Part{{Joined: []ivr.Part{hello, secret, one}, Sensitive: true}, pause, two}, `hello + (hidden) + "one, two"`, ""},
		{"marks", []ivr.Part{{Key: "bye", Text: "Good <b>bye</b>", SSML: true}}, "bye", "bye: Good bye"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Parts(tt.parts); got != tt.want {
				t.Errorf("called %s, want %s", got, tt.want)
			}
			if got := Heard(ivr.Heard(tt.parts)[0]); tt.told != "" && got != tt.told {
				t.Errorf("told as %s, want %s", got, tt.told)
			}
		})
	}
}
