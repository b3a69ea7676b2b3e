package ivr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func TestHeard(t *testing.T) {
	tenth := ivr.Duration(100 * time.Millisecond)
	word := func(text string) ivr.Part { return ivr.Part{Text: text, Length: tenth} }
	first := ivr.Part{Key: "_digit/1", Text: "one", Words: "one, two", Length: tenth}
	more := ivr.Part{Key: "_digit/2", Text: "two", Continued: true, Length: tenth}
	joined := func(parts ...ivr.Part) ivr.Part { return ivr.Part{Joined: parts} }
	for _, tt := range []struct {
		name  string
		parts []ivr.Part
		want  string
	}{
		{"nothing", nil, ""},
		{"parts", []ivr.Part{word("a"), {Silence: tenth}, word("b")}, "a|silence|b"},
		{"a value", []ivr.Part{word("a"), first, more, more, word("b")}, "a|one, two 300ms|b"},
		{"its end alone", []ivr.Part{more, word("b")}, "b"},
		{"joined", []ivr.Part{joined(word("a"), word("b")), word("c")}, "a|b|c"},
		{"a value across files", []ivr.Part{joined(word("a"), first), more, word("c")}, "a|one, two 200ms|c"},
		{"a joined value", []ivr.Part{{Text: "one, two", Joined: []ivr.Part{first, more}, Length: 2 * tenth}}, "one, two 200ms"},
		{"joined twice", []ivr.Part{joined(joined(word("a")), joined(word("b")))}, "a|b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range ivr.Heard(tt.parts) {
				switch {
				case p.Silence > 0:
					got = append(got, "silence")
				case p.Length == tenth:
					got = append(got, p.Text)
				default:
					got = append(got, p.Text+" "+p.Length.Std().String())
				}
			}
			if s := strings.Join(got, "|"); s != tt.want {
				t.Errorf("got %s, want %s", s, tt.want)
			}
		})
	}
}
