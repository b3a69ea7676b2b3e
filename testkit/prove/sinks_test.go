package prove

import (
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// The loader lets no flow through that tells a secret, so that commands are made
// here.
func TestSecretsAreSeenWhereTheyMustNotBe(t *testing.T) {
	fs := &facts{secrets: []string{"739462"}}
	for name, tt := range map[string]struct {
		cmd  ivr.Command
		want string
	}{
		"a log":                  {ivr.Mark{Kind: "log", Text: "pin 739462"}, "a log"},
		"a log without it":       {ivr.Mark{Kind: "log", Text: "pin ***"}, ""},
		"said":                   {ivr.PlayPrompt{Parts: []ivr.Part{{Text: "739462"}}}, "what is said"},
		"said in a joined part":  {ivr.PlayPrompt{Parts: []ivr.Part{{Joined: []ivr.Part{{Text: "x"}, {Words: "739462"}}}}}, "what is said"},
		"said as sensitive":      {ivr.PlayPrompt{Parts: []ivr.Part{{Text: "739462", Sensitive: true}}}, ""},
		"an input":               {ivr.RunAction{Name: "a", In: map[string]any{"x": "739462"}}, "the input x of a"},
		"a sensitive input":      {ivr.RunAction{Name: "a", In: map[string]any{"x": "739462"}, Sensitive: []string{"x"}}, ""},
		"an address":             {ivr.HTTPRequest{URL: []ivr.Piece{{Kind: ivr.PieceLiteral, Text: "https://x/739462"}}}, "the address"},
		"a value in the address": {ivr.HTTPRequest{URL: []ivr.Piece{{Kind: ivr.PieceValue, Text: "739462"}}}, ""},
		"a target":               {ivr.Transfer{Target: ivr.Target{ID: "+44739462"}}, "whom the call is handed to"},
	} {
		if got := fs.leaks(tt.cmd); (got == "") != (tt.want == "") || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestLimitsOfThePlatform(t *testing.T) {
	seconds := func(n float64) ivr.Duration { return ivr.Duration(n * float64(time.Second)) }
	user := ivr.Target{Kind: ivr.PartyUser, ID: someID}
	for name, tt := range map[string]struct {
		cmd ivr.Command
		ok  bool
	}{
		"a prompt":             {ivr.PlayPrompt{Parts: make([]ivr.Part, 20)}, true},
		"a long prompt":        {ivr.PlayPrompt{Parts: make([]ivr.Part, 21)}, false},
		"an empty prompt":      {ivr.PlayPrompt{}, false},
		"a recording":          {ivr.RecordResponse{Max: seconds(120), Silence: seconds(1), InitialSilence: seconds(5)}, true},
		"a long recording":     {ivr.RecordResponse{Max: seconds(121), Silence: seconds(1), InitialSilence: seconds(5)}, false},
		"half seconds":         {ivr.RecordResponse{Max: seconds(60), Silence: seconds(1.5), InitialSilence: seconds(5)}, false},
		"a redirect":           {ivr.Redirect{Targets: []ivr.Target{user}}, true},
		"a redirect to nobody": {ivr.Redirect{}, false},
		"a wide redirect":      {ivr.Redirect{Targets: make([]ivr.Target, 26)}, false},
		"a transfer":           {ivr.Transfer{Target: user}, true},
		"a transfer to a word": {ivr.Transfer{Target: ivr.Target{Kind: ivr.PartyUser, ID: "sales"}}, false},
		"a call":               {ivr.CreateCall{Target: user, Ring: seconds(40)}, true},
		"a call for ever":      {ivr.CreateCall{Target: user, Ring: seconds(200)}, false},
		"a meeting":            {ivr.CreateCall{Meeting: &ivr.Meeting{Link: "x"}}, true},
		"no keys":              {ivr.SendTones{}, false},
	} {
		if got := beyond(tt.cmd); (got == "") != tt.ok {
			t.Errorf("%s: %q", name, got)
		}
	}
}
