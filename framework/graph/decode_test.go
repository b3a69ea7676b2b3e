package graph_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

const (
	call1 = "11112222-3333-4444-5555-66667777aaaa"
	op1   = "aaaa1111-bbbb-2222-cccc-3333dddd4444"
)

// notifications is what our own callbacks in testdata decode to.
var notifications = []struct{ file, event string }{
	{"incoming_user", "incoming " + call1 + " from user:aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee to bot:0b0b0b0b-0000-1111-2222-333333333333"},
	{"incoming_phone", "incoming " + call1 + " from phone:+15550100 to application:0b0b0b0b-0000-1111-2222-333333333333"},
	{"incoming_guest", "incoming " + call1 + " from guest:guest-1 to phone:+15550199"},
	{"incoming_encrypted", "incoming " + call1 + " from encrypted:1OpaqueText to bot:0b0b0b0b-0000-1111-2222-333333333333"},
	{"incoming_unknown_identity", "incoming " + call1 + " from : to bot:0b0b0b0b-0000-1111-2222-333333333333"},
	{"established_mixed_case", "changed established audio unknown"},
	{"audio_active", "changed established audio active"},
	{"new_state", "changed unknown audio unknown"},
	{"tone_pound", "tone # seq 7"},
	{"tone_flash", "changed established audio unknown"},
	{"transfer_failed", "changed established audio unknown result 500/7700 service"},
	{"terminated_transferred", "terminated 0/0 transferred"},
	{"terminated_without_data", "terminated 0/0"},
	{"terminated_strings", "terminated 480/10199 not_allowed"},
	{"resource_only_app_alias", "changed establishing audio unknown"},
	{"no_leading_slash", `completed op 4 remote "` + op1 + `" 0/0`},
	{"prompt_running", "none"},
	{"prompt_cancelled", `failed op 4 remote "` + op1 + `" 400/8508 cancelled`},
	{"prompt_cancelled_completed", `failed op 4 remote "` + op1 + `" 0/0 cancelled`},
	{"prompt_unheard", `failed op 4 remote "` + op1 + `" 0/0 media`},
	{"prompt_unknown_but_200", `completed op 4 remote "` + op1 + `" 200/0`},
	{"prompt_failed_bare", `failed op 4 remote "` + op1 + `" 0/0 service`},
	{"prompt_foreign_context", `completed op 0 remote "` + op1 + `" 0/0`},
	{"record_stop_tone", `completed op 9 remote "` + op1 + `" 0/0 recording "stop_tone" at "https://media.example/r1"`},
	{"record_max_v1", `completed op 9 remote "` + op1 + `" 200/8515 recording "max_duration" at "https://media.example/r1"`},
	{"record_max_silence", `completed op 9 remote "` + op1 + `" 400/8509 recording "max_silence" at "https://media.example/r1"`},
	{"record_initial_silence", `completed op 9 remote "` + op1 + `" 400/8510 recording "initial_silence" at ""`},
	{"record_broken_off", `completed op 9 remote "` + op1 + `" 0/0 recording "failed" at "https://media.example/r1"`},
	{"record_nothing_received", `failed op 9 remote "` + op1 + `" 0/0 media`},
	{"record_cancelled", `failed op 9 remote "` + op1 + `" 400/8508 cancelled`},
	{"record_new_reason", `failed op 9 remote "` + op1 + `" 500/9999 service`},
	{"roster", "roster p1="},
	{"joining", "none"},
}

func TestNotifications(t *testing.T) {
	for _, test := range notifications {
		t.Run(test.file, func(t *testing.T) {
			n := decodeOne(t, read(t, filepath.Join("testdata", "notifications", test.file+".json")))
			if n.CallID != call1 {
				t.Errorf("call id: got %s, want %s", n.CallID, call1)
			}
			event, ok := n.Event(epoch, "a")
			if got := describe(event, ok); got != test.event {
				t.Errorf("event:\n got %s\nwant %s", got, test.event)
			}
			if ok && !event.When().Equal(epoch) {
				t.Errorf("time: got %s, want %s", event.When(), epoch)
			}
		})
	}
}

func TestIncomingIsComplete(t *testing.T) {
	n := decodeOne(t, read(t, "testdata/notifications/incoming_user.json"))
	event, _ := n.Event(epoch, "a")
	want := ivr.CallIncoming{
		Head: ivr.Head{At: epoch, Leg: "a"},
		Call: call1,
		Caller: ivr.Party{Kind: ivr.PartyUser, ID: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", Name: "Ada",
			Tenant: "99990000-1111-2222-3333-444455556666"},
		Called:  ivr.Party{Kind: ivr.PartyBot, ID: "0b0b0b0b-0000-1111-2222-333333333333", Name: "Front desk"},
		Tenant:  "99990000-1111-2222-3333-444455556666",
		ChainID: "chain-1",
	}
	if event != ivr.Event(want) {
		t.Errorf("got  %+v\nwant %+v", event, want)
	}
}

func TestRecordingTokenIsHidden(t *testing.T) {
	n := decodeOne(t, read(t, "testdata/notifications/record_stop_tone.json"))
	event, _ := n.Event(epoch, "a")
	done, ok := event.(ivr.OperationCompleted)
	if !ok || done.Recording == nil {
		t.Fatalf("got %#v, want a completed recording", event)
	}
	if got := done.Recording.Token.Reveal(); got != "tok" {
		t.Errorf("token: got %q, want %q", got, "tok")
	}
	if got := done.Recording.Token.String(); got != "***" {
		t.Errorf("token as text: got %q, want ***", got)
	}
}

// TestBatch has bad elements between good ones: each stands alone.
func TestBatch(t *testing.T) {
	good := `{"changeType":"updated","resourceUrl":"/communications/calls/` + call1 + `","resourceData":{"state":"established"}}`
	tests := []struct {
		name, element string
		bad           bool
	}{
		{"null", `null`, true},
		{"number", `7`, true},
		{"empty", `{}`, true},
		{"no call", `{"changeType":"updated","resourceUrl":"/communications/onlineMeetings/1"}`, true},
		{"empty call id", `{"changeType":"updated","resourceUrl":"/communications/calls//operations/1"}`, true},
		{"long call id", `{"resourceUrl":"/communications/calls/` + strings.Repeat("x", 300) + `"}`, true},
		{"long operation id", `{"resourceUrl":"/communications/calls/1/operations/` + strings.Repeat("x", 300) + `"}`, true},
		{"state of a wrong type", `{"resourceUrl":"/communications/calls/1","resourceData":{"state":{}}}`, true},
		{"change of a wrong type", `{"changeType":[],"resourceUrl":"/communications/calls/1"}`, true},
		{"status of a wrong type", `{"resourceUrl":"/communications/calls/1/operations/2","resourceData":{"status":1}}`, true},
		{"unknown resource", `{"changeType":"updated","resourceUrl":"/communications/calls/1/holograms/2","resourceData":{}}`, false},
		{"call data is a list", `{"changeType":"updated","resourceUrl":"/communications/calls/1","resourceData":[{"state":"established"}]}`, false},
		{"operation with a call's data", `{"changeType":"deleted","resourceUrl":"/communications/calls/1/operations/2","resourceData":{"@odata.type":"#microsoft.graph.call"}}`, false},
		{"update without data", `{"changeType":"updated","resourceUrl":"/communications/calls/1"}`, false},
		{"null data", `{"changeType":"updated","resourceUrl":"/communications/calls/1","resourceData":null}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list, err := graph.DecodeNotifications([]byte(`{"value":[` + good + `,` + test.element + `,` + good + `]}`))
			if err != nil || len(list) != 3 {
				t.Fatalf("got %d notifications, error %v; want 3", len(list), err)
			}
			for _, i := range []int{0, 2} {
				if got := describe(list[i].Event(epoch, "a")); got != "changed established audio unknown" {
					t.Errorf("neighbour %d: got %s", i, got)
				}
			}
			if got := list[1].Err != nil; got != test.bad {
				t.Errorf("error: got %v, want one: %t", list[1].Err, test.bad)
			}
			if got := describe(list[1].Event(epoch, "a")); got != "none" {
				t.Errorf("event: got %s, want none", got)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ name, body, message string }{
		{"empty", " \r\n", "the body is empty"},
		{"no JSON", "hello", "invalid character"},
		{"list", "[]", "cannot unmarshal array"},
		{"value is an object", `{"value":{}}`, "cannot unmarshal object"},
		{"trailing text", `{"value":[]} x`, "invalid character"},
		{"same key twice", `{"value":[],"value":[]}`, `an object has the key "value" twice`},
		{"keys differ in case", `{"value":[{"resourceData":{"state":"established","State":"terminated"}}]}`, `has the key "State" twice; case does not count`},
		{"escaped key", `{"value":[{"st\u0061te":1,"state":2}]}`, `the key "state" twice`},
		{"folded key", `{"\u017ftate":1,"state":2}`, "twice"},
		{"a letter of three forms", `{"Σ":1,"ς":2}`, "twice"},
		{"too large", `{"x":"` + strings.Repeat("x", graph.MaxBody) + `"}`, "at most 262144 are read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list, err := graph.DecodeNotifications([]byte(test.body))
			if err == nil {
				t.Fatalf("got %d notifications, want an error with %q", len(list), test.message)
			}
			if !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %q, want it to contain %q", err, test.message)
			}
		})
	}
	if _, err := graph.DecodeNotifications(nil); !errors.Is(err, graph.ErrEmpty) {
		t.Errorf("empty body: got %v, want ErrEmpty", err)
	}
}

func TestDecodeAccepts(t *testing.T) {
	tests := []struct {
		name, body string
		n          int
	}{
		{"empty batch", `{"value":[]}`, 0},
		{"no batch", `{}`, 0},
		{"null batch", `{"value":null}`, 0},
		{"byte order mark", "\ufeff" + `{"value":[]}`, 0},
		{"same key in different objects", `{"value":[{"resourceUrl":"/calls/1","resourceData":{"id":"1","source":{"id":"2"}}}]}`, 1},
		{"Windows-1252 text", `{"value":[{"resourceUrl":"/calls/1","resourceData":{"subject":"caf` + "\xe9" + `"}}]}`, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list, err := graph.DecodeNotifications([]byte(test.body))
			if err != nil || len(list) != test.n {
				t.Fatalf("got %d notifications, error %v; want %d", len(list), err, test.n)
			}
			for _, n := range list {
				if n.Err != nil {
					t.Errorf("notification: %v", n.Err)
				}
			}
		})
	}
}

func TestIsLegacy(t *testing.T) {
	tests := []struct {
		body string
		want bool
	}{
		{`{"id":"1","callState":"incoming","participants":[],"links":{}}`, true},
		{`{"callInvitation":{},"from":{}}`, true},
		{`{"value":[]}`, false},
		{`{"Value":[]}`, false},
		{`{"@odata.type":"#microsoft.graph.commsNotifications"}`, false},
		{`{}`, false},
		{``, false},
		{`[]`, false},
		{`{"a":1,"A":2}`, false},
		{`{"a":`, false},
	}
	for _, test := range tests {
		if got := graph.IsLegacy([]byte(test.body)); got != test.want {
			t.Errorf("IsLegacy(%s): got %t, want %t", test.body, got, test.want)
		}
	}
}

// The address of a resource may have a query; the ids are those without it.
func TestAddressWithQuery(t *testing.T) {
	n := decodeOne(t, []byte(`{"value":[{"changeType":"deleted","resourceUrl":"/communications/calls/`+call1+`/operations/op-1?$select=id","resourceData":{"status":"completed"}}]}`))
	if n.Kind != graph.KindOperation || n.CallID != ivr.NormalizeCallID(call1) || n.OperationID != string(ivr.NormalizeCallID("op-1")) {
		t.Errorf("read as %s %q of call %q", n.Kind, n.OperationID, n.CallID)
	}
}

// TestRoundTrip writes notifications as the simulator does and reads them as
// the bot does.
func TestRoundTrip(t *testing.T) {
	for _, test := range notifications {
		n := decodeOne(t, read(t, filepath.Join("testdata", "notifications", test.file+".json")))
		body := marshal(t, graph.NewNotifications(n))
		again := decodeOne(t, body)
		if got := describe(again.Event(epoch, "a")); got != test.event {
			t.Errorf("%s:\n got %s\nwant %s\nbody %s", test.file, got, test.event, body)
		}
	}
}

func TestClientContext(t *testing.T) {
	if got := graph.ClientContext("s-1", 42); got != "s-1.42" {
		t.Errorf("ClientContext: got %q, want %q", got, "s-1.42")
	}
	tests := []struct {
		text    string
		session ivr.SessionID
		op      ivr.OpID
		ok      bool
	}{
		{"s-1.42", "s-1", 42, true},
		{"a.b.7", "a.b", 7, true},
		{"", "", 0, false},
		{"s-1", "", 0, false},
		{".7", "", 0, false},
		{"s.0", "", 0, false},
		{"s.-1", "", 0, false},
		{"s.+1", "", 0, false},
		{"s.07", "", 0, false},
		{"s.", "", 0, false},
		{"s.99999999999", "", 0, false},
		{strings.Repeat("s", 260) + ".1", "", 0, false},
		{"d45324c1-fcb5-430a-902c-f20af696537c", "", 0, false},
	}
	for _, test := range tests {
		session, op, ok := graph.ParseClientContext(test.text)
		if session != test.session || op != test.op || ok != test.ok {
			t.Errorf("ParseClientContext(%q): got %q, %d, %t; want %q, %d, %t",
				test.text, session, op, ok, test.session, test.op, test.ok)
		}
	}
}

func TestTones(t *testing.T) {
	for _, key := range []byte("0123456789*#abcd") {
		tone := graph.ToneOf(ivr.Key(key))
		if got, ok := tone.Key(); !ok || got != ivr.Key(key) {
			t.Errorf("tone %q: got %s, %t; want %c", tone, got, ok, key)
		}
	}
	for _, tone := range []graph.Tone{"", "flash", "tone", "tone10", "tonea", "toneStar", "e"} {
		if got, ok := tone.Key(); ok {
			t.Errorf("tone %q: got %s, want none", tone, got)
		}
	}
	if got := graph.ToneOf('1') + graph.ToneOf('*') + graph.ToneOf('#') + graph.ToneOf(0); got != "tone1starpound" {
		t.Errorf("ToneOf: got %q", got)
	}
}
