package graph_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const callback = "https://bot.example/api/calls/s1/a/secret"

var params = graph.Params{CallID: call1, CallbackURI: callback, Session: "s1"}

// newCall is of a call that does not exist yet.
var newCall = graph.Params{CallbackURI: "https://bot.example/api/calls/s1/b9/secret", Session: "s1", Tenant: "aa67bd4c-8475-432d-bd41-39f255720e0a"}

func withMedia(n int) graph.Params {
	p := params
	for i := range n {
		p.Media = append(p.Media, graph.MediaInfo{URI: fmt.Sprintf("https://bot.example/media/%d.wav", i+1), ResourceID: fmt.Sprintf("sha-%d", i+1)})
	}
	return p
}

func at(n int) ivr.Duration { return ivr.Duration(time.Duration(n) * time.Second) }

// requests is a request of each form; the file in testdata/requests holds its
// method, path and body.
func requests() []struct {
	file   string
	cmd    ivr.Command
	params graph.Params
} {
	record := ivr.RecordResponse{Op: 9, Max: at(60), Silence: at(4), InitialSilence: at(5), StopKeys: []ivr.Key{'1', '*', '#'}, Beep: true}
	plain := ivr.RecordResponse{Op: 9, Max: at(1), Silence: at(120), InitialSilence: at(120)}
	user := ivr.Target{Kind: ivr.PartyUser, ID: "550fae72-d251-43ec-868c-373732c2704f"}
	phone := ivr.Target{Kind: ivr.PartyPhone, ID: "+15550100"}
	app := ivr.Target{Kind: ivr.PartyApplication, ID: "832899f8-2ea1-4604-8413-27bd2892079f"}
	return []struct {
		file   string
		cmd    ivr.Command
		params graph.Params
	}{
		{"answer", ivr.Answer{Op: 1}, params},
		{"answer_prefetch", ivr.Answer{Op: 1}, withMedia(2)},
		{"reject", ivr.Reject{Op: 1, Reason: ivr.RejectBusy}, params},
		{"redirect", ivr.Redirect{Op: 1, Targets: []ivr.Target{user}}, params},
		{"redirect_many", ivr.Redirect{Op: 1, Targets: []ivr.Target{user, phone, app}, Ring: at(30)}, params},
		{"subscribe", ivr.SubscribeToTone{Op: 2}, params},
		{"play", ivr.PlayPrompt{Op: 3}, withMedia(2)},
		{"play_loop", ivr.PlayPrompt{Op: 3, Loop: true}, withMedia(1)},
		{"record", record, params},
		{"record_plain", plain, params},
		{"cancel", ivr.CancelMedia{Op: 4}, params},
		{"transfer_user", ivr.Transfer{Op: 5, Target: user}, params},
		{"transfer_phone", ivr.Transfer{Op: 5, Target: phone}, params},
		{"transfer_application", ivr.Transfer{Op: 5, Target: app}, params},
		{"send_tones", ivr.SendTones{Op: 5, Keys: []ivr.Key{'1', '0', '*', '#', 'a'}, Between: ivr.Duration(300 * time.Millisecond)}, params},
		{"transfer_voicemail", ivr.Transfer{Op: 5, Target: ivr.Target{Kind: ivr.PartyVoicemail, ID: user.ID}}, params},
		{"create_call_user", ivr.CreateCall{Op: 9, Leg: "b9", Target: user, Ring: ivr.Duration(30 * time.Second)}, newCall},
		{"create_call_phone", ivr.CreateCall{Op: 9, Leg: "b9", Target: phone, Source: ivr.Party{Kind: ivr.PartyApplication, ID: app.ID}}, newCall},
		{"transfer_consult", ivr.Transfer{Op: 5, Target: user, Replaces: "e5d39592-99bd-4db8-bca8-30fb894ec51d"}, params},
		{"mute", ivr.Mute{Op: 5}, params},
		{"unmute", ivr.Mute{Op: 5, Off: true}, params},
		{"mute_one", ivr.Mute{Op: 5, Who: []string{"p/1"}}, params},
		{"mute_all", ivr.Mute{Op: 5, Who: []string{"p1", "p2"}}, params},
		{"join_link", ivr.CreateCall{Op: 9, Leg: "b9", Meeting: &ivr.Meeting{Link: "https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0?context=%7b%22Tid%22%3a%22aa67bd4c-8475-432d-bd41-39f255720e0a%22%2c%22Oid%22%3a%22112f7296-5ca4-4ae8-a692-15d4b8aa67bd%22%7d"}}, newCall},
		{"join_id", ivr.CreateCall{Op: 9, Leg: "b9", Meeting: &ivr.Meeting{JoinID: "123 456 789 0", Passcode: "x1"}, Source: ivr.Party{Kind: ivr.PartyApplication, ID: app.ID}}, newCall},
		{"join_organizer", ivr.CreateCall{Op: 9, Leg: "b9", Meeting: &ivr.Meeting{Thread: "19:meeting_abc@thread.v2", Reply: "1", Organizer: user.ID, Tenant: newCall.Tenant}}, newCall},
		{"invite", ivr.Invite{Op: 5, Targets: []ivr.Target{user, phone, app}}, params},
		{"hold", ivr.Hold{Op: 5, Who: "p1"}, params},
		{"hold_music", ivr.Hold{Op: 5, Who: "p1"}, withMedia(1)},
		{"resume", ivr.Hold{Op: 5, Who: "p1", Off: true}, params},
		{"route", ivr.RouteAudio{Op: 5, Source: "p1", Receivers: []string{"p2"}}, params},
		{"route_many", ivr.RouteAudio{Op: 5, Group: "g/1", Source: "p1", Receivers: []string{"p2", "p3"}}, params},
		{"route_off", ivr.RouteAudio{Op: 5, Group: "g1", Off: true}, params},
		{"gallery", ivr.AddGallery{Op: 5}, params},
		{"recording_status", ivr.TellRecording{Op: 5, Status: ivr.RecordingOff}, params},
		{"hang_up", ivr.HangUp{Op: 6}, params},
		{"keep_alive", ivr.KeepAlive{Op: 7}, params},
		{"read", ivr.ReadCall{Op: 8}, params},
	}
}

func TestBuild(t *testing.T) {
	for _, test := range requests() {
		t.Run(test.file, func(t *testing.T) {
			r, err := graph.Build(test.cmd, test.params)
			if err != nil {
				t.Fatal(err)
			}
			if r.Class != graph.Class(test.cmd) || r.CallID != test.params.CallID || r.Name == "" {
				t.Errorf("got name %q, call %s, class %s", r.Name, r.CallID, r.Class)
			}
			got := []byte(r.Method + " " + r.Path + "\n")
			if r.Body != nil {
				var indented bytes.Buffer
				if err := json.Indent(&indented, marshal(t, r.Body), "", "  "); err != nil {
					t.Fatal(err)
				}
				got = append(append(got, indented.Bytes()...), '\n')
			}
			golden(t, filepath.Join("testdata", "requests", test.file+".http"), got)
		})
	}
}

// golden compares with a file, or rewrites it.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, path); !bytes.Equal(got, want) {
		t.Errorf("%s differs\n got %s\nwant %s", path, got, want)
	}
}

// TestRequestsAreRead shows that the simulator reads what the bot writes.
func TestRequestsAreRead(t *testing.T) {
	r, err := graph.Build(ivr.RecordResponse{Op: 9, Max: at(60), Silence: at(4), InitialSilence: at(5)}, params)
	if err != nil {
		t.Fatal(err)
	}
	var body graph.RecordResponseRequest
	if err := json.Unmarshal(marshal(t, r.Body), &body); err != nil {
		t.Fatal(err)
	}
	if body.PlayBeep == nil || *body.PlayBeep {
		t.Error("a recording without a beep must say so: the service's default is to beep")
	}
	if got := *body.MaxRecordDurationInSeconds; got != 60 {
		t.Errorf("max: got %d, want 60", got)
	}
}

func TestBuildLimits(t *testing.T) {
	target := ivr.Target{Kind: ivr.PartyUser, ID: "u"}
	targets := func(n int) []ivr.Target {
		list := make([]ivr.Target, n)
		for i := range list {
			list[i] = target
		}
		return list
	}
	record := func(longest, silence, initial ivr.Duration) ivr.Command {
		return ivr.RecordResponse{Op: 1, Max: longest, Silence: silence, InitialSilence: initial}
	}
	with := func(change func(*graph.Params)) graph.Params {
		p := withMedia(1)
		change(&p)
		return p
	}
	http := func(uri string) graph.Params { return with(func(p *graph.Params) { p.CallbackURI = uri }) }
	file := func(uri string) graph.Params { return with(func(p *graph.Params) { p.Media[0].URI = uri }) }
	tests := []struct {
		name    string
		cmd     ivr.Command
		params  graph.Params
		message string // "" for no error
	}{
		{"no call id", ivr.HangUp{}, graph.Params{}, "the leg has no call id yet"},
		{"not for Graph", ivr.StartTimer{}, params, "not a request to Graph"},
		{"download", ivr.FetchRecording{}, params, "not a request to Graph"},
		{"nil", nil, params, "not a request to Graph"},

		{"no prompt", ivr.PlayPrompt{Op: 1}, withMedia(0), "0 prompts; Graph plays 1 to 20"},
		{"20 prompts", ivr.PlayPrompt{Op: 1}, withMedia(20), ""},
		{"21 prompts", ivr.PlayPrompt{Op: 1}, withMedia(21), "21 prompts; Graph plays 1 to 20"},
		{"prompt over http", ivr.PlayPrompt{Op: 1}, file("http://bot.example/a.wav"), "prompt http://bot.example is not https"},
		{"prompt on loopback", ivr.PlayPrompt{Op: 1}, file("http://127.0.0.1:80/a.wav"), ""},
		{"prompt from a file", ivr.PlayPrompt{Op: 1}, file("file:///a.wav"), "prompt is no absolute address"},
		{"bad prefetch", ivr.Answer{Op: 1}, file("ftp://x/a.wav"), "prompt ftp://x is not https"},

		{"max 1s", record(at(1), at(1), at(1)), params, ""},
		{"max 120s", record(at(120), at(120), at(120)), params, ""},
		{"max 0", record(0, at(1), at(1)), params, "max is 0s; Graph takes whole seconds from 1s to 120s"},
		{"max 121s", record(at(121), at(1), at(1)), params, "max is 2m1s; Graph takes whole seconds"},
		{"max 1.5s", record(at(3)/2, at(1), at(1)), params, "max is 1.5s; Graph takes whole seconds"},
		{"max negative", record(-at(1), at(1), at(1)), params, "max is -1s"},
		{"silence", record(at(1), at(121), at(1)), params, "silence is 2m1s"},
		{"initial silence", record(at(1), at(1), at(0)), params, "initial_silence is 0s"},

		{"no target", ivr.Redirect{Op: 1}, params, "0 targets; Graph takes 1 to 25"},
		{"25 targets", ivr.Redirect{Op: 1, Targets: targets(25)}, params, ""},
		{"26 targets", ivr.Redirect{Op: 1, Targets: targets(26)}, params, "26 targets; Graph takes 1 to 25"},
		{"ring 15s", ivr.Redirect{Op: 1, Targets: targets(1), Ring: at(15)}, params, ""},
		{"ring 90s", ivr.Redirect{Op: 1, Targets: targets(1), Ring: at(90)}, params, ""},
		{"ring 14s", ivr.Redirect{Op: 1, Targets: targets(1), Ring: at(14)}, params, "ring is 14s; Graph takes whole seconds from 15s to 90s"},
		{"ring 91s", ivr.Redirect{Op: 1, Targets: targets(1), Ring: at(91)}, params, "ring is 1m31s"},
		{"redirect to a bot", ivr.Redirect{Op: 1, Targets: []ivr.Target{{Kind: ivr.PartyBot, ID: "b"}}}, params, `a target of kind "bot" cannot be called`},
		{"transfer to nobody", ivr.Transfer{Op: 1}, params, `a target of kind "" cannot be called`},
		{"transfer without id", ivr.Transfer{Op: 1, Target: ivr.Target{Kind: ivr.PartyPhone}}, params, "a target of kind phone has no id"},

		{"ring out 115s", ivr.CreateCall{Op: 1, Target: target, Ring: at(115)}, newCall, ""},
		{"ring out 116s", ivr.CreateCall{Op: 1, Target: target, Ring: at(116)}, newCall, "ring is 1m56s; Graph takes whole seconds from 1s to 115s"},
		{"call without callback", ivr.CreateCall{Op: 1, Target: target}, graph.Params{Session: "s1"}, "callbackUri is empty"},
		{"call to nobody", ivr.CreateCall{Op: 1}, newCall, `a target of kind "" cannot be called`},
		{"call to a voicemail", ivr.CreateCall{Op: 1, Target: ivr.Target{Kind: ivr.PartyVoicemail, ID: "u"}}, newCall, "a voicemail can be transferred to, not called"},
		{"call a telephone", ivr.CreateCall{Op: 1, Target: ivr.Target{Kind: ivr.PartyPhone, ID: "+15550100"}}, newCall, "called by an application instance"},
		{"call as a user", ivr.CreateCall{Op: 1, Target: target, Source: ivr.Party{Kind: ivr.PartyUser, ID: "u"}}, newCall, `a source of kind "user" cannot call`},
		{"redirect to a voicemail", ivr.Redirect{Op: 1, Targets: []ivr.Target{{Kind: ivr.PartyVoicemail, ID: "u"}}}, params, "a voicemail can be transferred to, not redirected"},

		{"join nothing", ivr.CreateCall{Op: 1, Meeting: &ivr.Meeting{}}, newCall, "neither a link, a meeting id, nor thread and organizer"},
		{"join by half", ivr.CreateCall{Op: 1, Meeting: &ivr.Meeting{Organizer: "u"}}, newCall, "neither a link, a meeting id, nor thread and organizer"},
		{"join what is no link", ivr.CreateCall{Op: 1, Meeting: &ivr.Meeting{Link: "https://example.com/meet/1?p=secret"}}, newCall, `"example.com" is no host of Teams`},
		{"join by a bad id", ivr.CreateCall{Op: 1, Meeting: &ivr.Meeting{JoinID: "12", Passcode: "secret"}}, newCall, "is not 7 to 20 digits"},
		{"join without callback", ivr.CreateCall{Op: 1, Meeting: &ivr.Meeting{JoinID: "1234567"}}, graph.Params{Session: "s1"}, "callbackUri is empty"},
		{"join as a user", ivr.CreateCall{Op: 1, Meeting: &ivr.Meeting{JoinID: "1234567"}, Source: ivr.Party{Kind: ivr.PartyUser, ID: "u"}}, newCall, `a source of kind "user" cannot join`},
		{"invite nobody", ivr.Invite{Op: 1}, params, "0 participants; Graph invites 1 to 5"},
		{"invite 5", ivr.Invite{Op: 1, Targets: targets(5)}, params, ""},
		{"invite 6", ivr.Invite{Op: 1, Targets: targets(6)}, params, "6 participants; Graph invites 1 to 5"},
		{"invite a voicemail", ivr.Invite{Op: 1, Targets: []ivr.Target{{Kind: ivr.PartyVoicemail, ID: "u"}}}, params, "a voicemail can be transferred to, not invited"},
		{"hold with two files", ivr.Hold{Op: 1, Who: "p1"}, withMedia(2), "2 files of hold music; Graph takes 1"},
		{"route to nobody", ivr.RouteAudio{Op: 1, Source: "p1"}, params, "0 receivers; Graph takes at least 1"},
		{"recording status of its own", ivr.TellRecording{Op: 1, Status: "paused"}, params, `the recording status "paused" is none of`},

		{"reject for a new reason", ivr.Reject{Op: 1, Reason: "bored"}, params, `reason "bored" is none of`},
		{"callback over http", ivr.Answer{Op: 1}, http("http://bot.example/cb"), "callbackUri http://bot.example is not https; http is taken on loopback only"},
		{"callback on loopback", ivr.Answer{Op: 1}, http("http://localhost:8080/cb"), ""},
		{"callback on IPv6 loopback", ivr.Reject{Op: 1, Reason: ivr.RejectNone}, http("http://[::1]:8080/cb"), ""},
		{"callback on a lookalike", ivr.Answer{Op: 1}, http("http://localhost.example/cb"), "is not https"},
		{"no callback", ivr.Reject{Op: 1, Reason: ivr.RejectNone}, http(""), "callbackUri is empty"},
		{"relative callback", ivr.Redirect{Op: 1, Targets: targets(1)}, http("/cb"), "callbackUri is no absolute address"},

		{"no session", ivr.SubscribeToTone{Op: 1}, with(func(p *graph.Params) { p.Session = "" }), "needs a session"},
		{"no operation id", ivr.CancelMedia{}, params, "needs a session and an operation id"},
		{"context of 256", ivr.CancelMedia{Op: 1}, with(func(p *graph.Params) { p.Session = ivr.SessionID(strings.Repeat("s", 254)) }), ""},
		{"context of 257", ivr.CancelMedia{Op: 1}, with(func(p *graph.Params) { p.Session = ivr.SessionID(strings.Repeat("s", 255)) }), "clientContext has 257 characters; Graph takes at most 256"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := graph.Build(test.cmd, test.params)
			switch {
			case test.message == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case test.message != "" && err == nil:
				t.Errorf("got no error, want %q", test.message)
			case test.message != "" && !strings.Contains(err.Error(), test.message):
				t.Errorf("got %q, want it to contain %q", err, test.message)
			case strings.Contains(fmt.Sprint(err), "secret"):
				t.Errorf("%q shows the callback's secret", err)
			}
		})
	}
}

// TestBuildEscapesIDs keeps a strange call id from becoming another path.
func TestBuildEscapesIDs(t *testing.T) {
	p := params
	p.CallID = "../users/1?x#y"
	r, err := graph.Build(ivr.HangUp{Op: 1}, p)
	if err != nil {
		t.Fatal(err)
	}
	if want := "/communications/calls/..%2Fusers%2F1%3Fx%23y"; r.Path != want {
		t.Errorf("path: got %s, want %s", r.Path, want)
	}
}
