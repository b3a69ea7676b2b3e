package graphsim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Requests in the form of the documentation's examples are taken.
func TestDocumentedRequests(t *testing.T) {
	media := `{"@odata.type":"#microsoft.graph.mediaInfo","uri":"https://bot.test/audio/a.wav","resourceId":"1D6DE2D4-CD51-4309-8DAA-70768651088E"}`
	user := `{"@odata.type":"#microsoft.graph.identity","id":"` + targetID + `","tenantId":"` + graphsim.DefaultTenant + `","displayName":"Heidi Steen"}`
	phone := `{"@odata.type":"#microsoft.graph.identity","id":"+12345678901"}`
	full := func(kind, identity string) string {
		return `{"@odata.type":"#microsoft.graph.invitationParticipantInfo","endpointType":"default","identity":{"@odata.type":"#microsoft.graph.identitySet","` +
			kind + `":` + identity + `},"languageId":"en-us","region":"amer"}`
	}
	for _, tt := range []struct{ action, body string }{
		{"answer", `{"@odata.type":"#microsoft.graph.callAnswerRequestBody","callbackUri":"` + leg + `","acceptedModalities":["audio"],
			"mediaConfig":{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig","preFetchMedia":[` + media + `,` + media + `]}}`},
		{"reject", `{"reason":"busy"}`},
		{"reject", `{"reason":"forbidden","callbackUri":"` + leg + `"}`},
		{"redirect", `{"targets":[` + full("application", user) + `],"callbackUri":"` + leg + `"}`},
		{"redirect", `{"targets":[` + full("user", user) + `,` + full("phone", phone) + `],"targetDisposition":"default","timeout":60,"maskCallee":false,"maskCaller":false}`},
		{"transfer", `{"transferTarget":` + full("user", user) + `}`},
		{"transfer", `{"transferTarget":` + full("phone", phone) + `}`},
		{"transfer", `{"transferTarget":{"endpointType":"default","identity":{"phone":` + phone + `},"languageId":"x","region":"y"}}`},
		{"playPrompt", `{"clientContext":"d45324c1","prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt","mediaInfo":` + media + `}],"loop":false}`},
		{"recordResponse", `{"bargeInAllowed":true,"clientContext":"d45324c1","prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt","mediaInfo":` + media + `}],
			"maxRecordDurationInSeconds":10,"initialSilenceTimeoutInSeconds":5,"maxSilenceTimeoutInSeconds":2,"playBeep":true,"stopTones":["#","1","*"]}`},
		{"cancelMediaProcessing", `{"clientContext":"d45324c1"}`},
		{"subscribeToTone", `{"clientContext":"d45324c1"}`},
	} {
		w := newWorld(t, nil)
		c := w.ring(incomingCaller())
		if tt.action != "answer" && tt.action != "reject" && tt.action != "redirect" {
			w.must(c, "answer", answerBody)
			w.clock.forward(time.Second)
		}
		if a := w.act(c, tt.action, tt.body); a.status >= 300 {
			t.Errorf("%s: %d %s\n%s", tt.action, a.status, a.raw, tt.body)
		}
	}
}

// sorted is a body with its names in order and without what differs from call
// to call.
func sorted(t *testing.T, v any, drop ...string) string {
	t.Helper()
	if m, ok := v.(map[string]any); ok {
		for _, name := range drop {
			if _, ok := m[name]; !ok {
				t.Errorf("no %s in %v", name, m)
			}
			delete(m, name)
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The answers to media requests, field by field, and their addresses.
func TestMediaAnswers(t *testing.T) {
	for _, tt := range []struct{ version, action, body, want string }{
		{"beta", "playPrompt", play("ctx", "https://bot.test/a.wav"),
			`{"@odata.type":"#microsoft.graph.playPromptOperation","clientContext":"ctx","completionReason":null,"resultInfo":null,"status":"running"}`},
		{"v1.0", "playPrompt", play("ctx", "https://bot.test/a.wav"),
			`{"@odata.type":"#microsoft.graph.playPromptOperation","clientContext":"ctx","resultInfo":null,"status":"running"}`},
		{"beta", "recordResponse", `{"clientContext":"ctx"}`,
			`{"@odata.type":"#microsoft.graph.recordOperation","clientContext":"ctx","completionReason":null,"recordingAccessToken":null,"recordingLocation":null,"resultInfo":null,"status":"running"}`},
		{"v1.0", "recordResponse", `{}`,
			`{"@odata.type":"#microsoft.graph.recordOperation","clientContext":null,"recordingAccessToken":null,"recordingLocation":null,"resultInfo":null,"status":"running"}`},
		{"beta", "subscribeToTone", `{"clientContext":"ctx"}`,
			`{"@odata.type":"#microsoft.graph.subscribeToToneOperation","clientContext":"ctx","resultInfo":null,"status":"completed"}`},
		{"beta", "cancelMediaProcessing", `{"clientContext":"ctx"}`,
			`{"@odata.type":"#microsoft.graph.cancelMediaProcessingOperation","clientContext":"ctx","status":"completed"}`},
	} {
		w := newWorld(t, nil)
		w.version = tt.version
		c := w.connected()
		a := w.act(c, tt.action, tt.body)
		id, _ := a.body["id"].(string)
		prefix := base + "/" + tt.version + "/communications/calls/" + string(c.ID()) + "/operations/"
		location := a.header.Get("Location")
		if a.status != 200 || len(id) != 36 || !strings.HasPrefix(location, prefix) || len(location) != len(prefix)+36 {
			t.Errorf("%s: %d, id %q, Location %q", tt.action, a.status, id, location)
		}
		if same := location == prefix+id; same == (tt.action == "cancelMediaProcessing") {
			t.Errorf("%s: Location %q and id %q", tt.action, location, id)
		}
		if got := sorted(t, a.body, "id"); got != tt.want {
			t.Errorf("%s of %s:\ngot  %s\nwant %s", tt.action, tt.version, got, tt.want)
		}
		if tt.action == "subscribeToTone" || tt.action == "cancelMediaProcessing" {
			w.clock.forward(time.Minute)
			w.expect() // completed in the answer: nothing follows
		}
	}
}

// The whole data of the notifications that end operations, in both versions.
func TestOperationReports(t *testing.T) {
	ok := `{"@odata.type":"#microsoft.graph.resultInfo","code":200,"message":"Action completed successfully.","subcode":0}`
	gone := `{"@odata.type":"#microsoft.graph.resultInfo","code":400,"message":"Action failed, the operation was cancelled.","subcode":8508}`
	full := `{"@odata.type":"#microsoft.graph.resultInfo","code":200,"message":"Action completed, max record duration reached.","subcode":8515}`
	for _, tt := range []struct {
		name, version, action, body string
		set                         graphsim.Settings
		cancel                      bool
		want                        string
	}{
		{"prompt", "beta", "playPrompt", play("ctx", "https://bot.test/audio/a.wav"), graphsim.Settings{}, false,
			`{"@odata.type":"#microsoft.graph.playPromptOperation","clientContext":"ctx","completionReason":"completedSuccessfully","id":"ID","resultInfo":` + ok + `,"status":"completed"}`},
		{"prompt", "v1.0", "playPrompt", play("ctx", "https://bot.test/audio/a.wav"), graphsim.Settings{NoResultInfo: true, NoCompletionReason: true}, false,
			`{"@odata.type":"#microsoft.graph.playPromptOperation","clientContext":"ctx","id":"ID","resultInfo":` + ok + `,"status":"completed"}`},
		{"prompt as in the example", "beta", "playPrompt", play("ctx", "https://bot.test/audio/a.wav"),
			graphsim.Settings{NoOperationID: true, NoResultInfo: true, NoCompletionReason: true}, false,
			`{"@odata.type":"#microsoft.graph.playPromptOperation","clientContext":"ctx","status":"completed"}`},
		{"cancelled prompt", "beta", "playPrompt", play("ctx", "https://bot.test/audio/a.wav"), graphsim.Settings{NoResultInfo: true}, true,
			`{"@odata.type":"#microsoft.graph.playPromptOperation","clientContext":"ctx","completionReason":"operationCanceled","id":"ID","resultInfo":` + gone + `,"status":"failed"}`},
		{"cancelled prompt", "v1.0", "playPrompt", play("", "https://bot.test/audio/a.wav"), graphsim.Settings{}, true,
			`{"@odata.type":"#microsoft.graph.playPromptOperation","clientContext":null,"id":"ID","resultInfo":` + gone + `,"status":"failed"}`},
		{"cancelled recording", "beta", "recordResponse", `{"clientContext":"ctx"}`, graphsim.Settings{}, true,
			`{"@odata.type":"#microsoft.graph.recordOperation","clientContext":"ctx","completionReason":"operationCanceled","id":"ID","recordingAccessToken":"","recordingLocation":"","resultInfo":` + gone + `,"status":"failed"}`},
		{"recording", "beta", "recordResponse", `{"maxRecordDurationInSeconds":1}`, graphsim.Settings{NoResultInfo: true, NoCompletionReason: true}, false,
			`{"@odata.type":"#microsoft.graph.recordOperation","clientContext":null,"completionReason":"maxRecordDurationReached","id":"ID","recordingAccessToken":"TOKEN","recordingLocation":"PLACE","status":"completed"}`},
		{"recording", "v1.0", "recordResponse", `{"maxRecordDurationInSeconds":1}`, graphsim.Settings{}, false,
			`{"@odata.type":"#microsoft.graph.recordOperation","clientContext":null,"id":"ID","recordingAccessToken":"TOKEN","recordingLocation":"PLACE","resultInfo":` + full + `,"status":"completed"}`},
	} {
		t.Run(tt.version+" "+tt.name, func(t *testing.T) {
			w := newWorld(t, func(c *graphsim.Config) { c.Settings = tt.set })
			w.file("a.wav", time.Second)
			w.version = tt.version
			c := w.connected()
			a := w.must(c, tt.action, tt.body)
			w.clock.forward(500 * time.Millisecond)
			if tt.cancel {
				w.must(c, "cancelMediaProcessing", "")
			}
			w.clock.forward(5 * time.Second)
			n := w.heard[0]
			if n.Change != "deleted" || n.URL != n.data["@odata.id"] {
				t.Errorf("%s %s for %v", n.Change, n.URL, n.data["@odata.id"])
			}
			if etag, _ := n.data["@odata.etag"].(string); !strings.HasPrefix(etag, `W/"`) {
				t.Errorf("etag %q", etag)
			}
			got := strings.NewReplacer(fmt.Sprint(`"`, a.body["id"], `"`), `"ID"`, fmt.Sprint(`"`, n.data["recordingAccessToken"], `"`), text(n, "recordingAccessToken", "TOKEN"),
				fmt.Sprint(`"`, n.data["recordingLocation"], `"`), text(n, "recordingLocation", "PLACE")).Replace(sorted(t, n.data, "@odata.id", "@odata.etag"))
			if got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// text is what stands for a value that differs from run to run.
func text(n told, name, instead string) string {
	if n.data[name] == "" {
		return `""`
	}
	return `"` + instead + `"`
}

// GET shows the call with its unset fields null, v1.0 without what the
// metadata declares for the beta.
func TestGet(t *testing.T) {
	betaOnly := []string{"activeModalities", "answeredBy", "meetingCapability", "ringingTimeoutInSeconds", "routingPolicies", "terminationReason"}
	for version, root := range map[string]string{"beta": "communications", "v1.0": "communications", "beta ": "app"} {
		version = strings.TrimSpace(version)
		w := newWorld(t, nil)
		w.version = version
		c := w.ring(graphsim.Caller{})
		early := w.call("GET", c).body
		if early["mediaState"] != nil || early["mediaConfig"] != nil || early["state"] != "incoming" || early["callbackUri"] != webhook {
			t.Errorf("%s: unanswered %v", version, early)
		}
		w.must(c, "answer", answerBody)
		w.clock.forward(time.Second)
		a := w.send(w.request("GET", "/"+version+"/"+root+"/calls/"+string(c.ID()), ""))
		for name, want := range map[string]string{"state": "established", "direction": "incoming", "callbackUri": leg,
			"mediaState": "active", "mediaConfig": "#microsoft.graph.serviceHostedMediaConfig", "tenantId": graphsim.DefaultTenant,
			"@odata.context": base + "/" + version + "/$metadata#" + root + "/calls/$entity", "id": string(c.ID())} {
			if got := fmt.Sprint(a.body[name]); a.status != 200 || !strings.Contains(got, want) {
				t.Errorf("%s: %s is %s, want %s", version, name, got, want)
			}
		}
		for _, name := range []string{"subject", "resultInfo", "chatInfo", "meetingInfo", "transcription", "toneInfo"} {
			if v, ok := a.body[name]; !ok || v != nil {
				t.Errorf("%s: %s is %v, want null", version, name, v)
			}
		}
		for _, name := range betaOnly {
			if _, ok := a.body[name]; ok != (version == "beta") {
				t.Errorf("%s: has %s: %v", version, name, ok)
			}
		}
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Oddities = []graphsim.Oddity{graphsim.Escalates} })
	c := w.connected()
	w.clock.forward(5 * time.Second)
	if a := w.call("GET", c); a.body["chatInfo"] == nil || a.body["meetingInfo"] == nil {
		t.Errorf("a group call: %s", a.raw)
	}
}

// Without a calling permission the source is an encrypted identity and nothing
// else, wherever it shows.
func TestEncryptedCaller(t *testing.T) {
	const who = "8a34a46b-3d17-4adc-8dce-dc4e7d572698"
	from := graphsim.Caller{ID: ivr.Party{Kind: ivr.PartyUser, ID: who, Name: "Heidi Steen", Tenant: graphsim.DefaultTenant}}
	for _, legacy := range []bool{false, true} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Permissions, c.Settings.LegacyFirst, c.Settings.Roster = []string{"User.Read.All"}, legacy, true
		})
		c := w.ring(from)
		w.must(c, "answer", answerBody)
		w.clock.forward(time.Second)
		bodies := append(w.bodies, w.call("GET", c).raw)
		for _, b := range bodies {
			if strings.Contains(string(b), who) || strings.Contains(string(b), "Heidi") {
				t.Errorf("the caller shows in %s", b)
			}
		}
		if legacy {
			continue
		}
		source := w.heard[0].data["source"].(map[string]any)
		identity := source["identity"].(map[string]any)
		if len(source) != 2 || len(identity) != 2 || identity["encrypted"] == nil {
			t.Errorf("source %v, want an encrypted identity only", source)
		}
	}
	w := newWorld(t, nil)
	w.ring(from)
	if source := fmt.Sprint(w.heard[0].data["source"]); !strings.Contains(source, who) || !strings.Contains(source, "Heidi Steen") {
		t.Errorf("with permissions the source is %s", source)
	}
}
