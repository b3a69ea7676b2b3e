package graphsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// incomingCaller rings the bot's telephone number, so that telephone targets
// are allowed.
func incomingCaller() graphsim.Caller {
	return graphsim.Caller{ID: ivr.Party{Kind: ivr.PartyPhone, ID: "+14255550199"},
		Called: ivr.Party{Kind: ivr.PartyPhone, ID: "+14255550100"}}
}

const (
	prompt = `{"@odata.type":"#microsoft.graph.mediaPrompt","mediaInfo":{"uri":"https://bot.test/audio/a.wav"}}`
	target = `{"identity":{"user":{"id":"550fae72-d251-43ec-868c-373732c2704f"}}}`
)

// Every body here is refused with 400 and a message that names the cause, or
// accepted if want is empty.
func TestBodies(t *testing.T) {
	many := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	config := func(s string) string {
		return `{"callbackUri":"https://bot.test/x","acceptedModalities":["audio"],"mediaConfig":` + s + `}`
	}
	tests := []struct{ action, body, want string }{
		{"answer", ``, "'callbackUri' of the operation 'answer' is missing"},
		{"answer", `[]`, "an object is expected"},
		{"answer", `{`, "an object is expected"},
		{"answer", `{} {}`, "something follows"},
		{"answer", strings.Replace(answerBody, "https://bot.test/leg", "http://bot.test/leg", 1), "http on loopback only"},
		{"answer", strings.Replace(answerBody, "https://bot.test/leg", "http://127.0.0.1:8080/leg", 1), ""},
		{"answer", strings.Replace(answerBody, "callbackUri", "callbackURI", 1), "'callbackURI' in the request payload is not a valid parameter"},
		{"answer", strings.Replace(answerBody, `["audio"]`, `["Audio"]`, 1), "acceptedModalities[0] is 'Audio'"},
		{"answer", strings.Replace(answerBody, `["audio"]`, `[]`, 1), "'acceptedModalities' is empty"},
		{"answer", strings.Replace(answerBody, `["audio"]`, `"audio"`, 1), "'acceptedModalities' must be a list"},
		{"answer", config(`{}`), "mediaConfig has no '@odata.type'"},
		{"answer", config(`{"@odata.type":"#microsoft.graph.mediaConfig"}`), "mediaConfig has the type '#microsoft.graph.mediaConfig'"},
		{"answer", config(`{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig","prefetch":[]}`), "'prefetch' does not exist"},
		{"answer", config(`{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig","preFetchMedia":[{"resourceId":"1"}]}`), "preFetchMedia[0].uri is missing"},
		{"answer", config(`{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig","preFetchMedia":{}}`), "'preFetchMedia' must be a list"},
		{"answer", strings.Replace(answerBody, "{", `{"callOptions":{},`, 1), "callOptions has no '@odata.type'"},
		{"answer", answerBody, ""},
		{"answer", strings.Replace(answerBody, "{", `{"$id":"1",`, 1), "the name '$id' is not allowed"},
		{"answer", config(`{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig","preFetchMedia":{"$id":"1","$values":[]}}`), "is not allowed"},
		{"answer", config(`{"@odata.type":"microsoft.graph.serviceHostedMediaConfig"}`), "mediaConfig has the type 'microsoft.graph.serviceHostedMediaConfig'"},
		{"answer", config(`{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig","preFetchMedia":[{"uri":"https://a.test","resourceId":7}]}`), "'resourceId' must be text"},
		{"answer", config(`{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig","preFetchMedia":[{"@odata.type":"#microsoft.graph.mediaPrompt","uri":"https://a.test"}]}`), "expected '#microsoft.graph.mediaInfo'"},
		{"answer", config(`{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig","removeFromDefaultAudioGroup":"no"}`), "must be true or false"},
		{"answer", strings.Replace(answerBody, "{", `{"callOptions":{"@odata.type":"#microsoft.graph.outgoingCallOptions"},`, 1), "callOptions has the type"},
		{"answer", strings.Replace(answerBody, "{", `{"callOptions":{"@odata.type":"#microsoft.graph.incomingCallOptions","isDeltaRosterEnabled":"yes"},`, 1), "'isDeltaRosterEnabled' must be true or false"},
		{"answer", strings.Replace(answerBody, "{", `{"callOptions":{"@odata.type":"#microsoft.graph.incomingCallOptions","loud":true},`, 1), "'loud' does not exist"},
		{"answer", strings.Replace(answerBody, "{", `{"callOptions":{"@odata.type":"#microsoft.graph.incomingCallOptions","isDeltaRosterEnabled":true},`, 1), ""},
		{"answer", strings.Replace(answerBody, "{", `{"participantCapacity":1.5,`, 1), "'participantCapacity' must be a whole number"},
		{"answer", strings.Replace(answerBody, `["audio"]`, `["audio","video","videoBasedScreenSharing"]`, 1), ""},
		{"answer", strings.Replace(answerBody, `["audio"]`, `["audio","data"]`, 1), "acceptedModalities[1] is 'data'"},
		{"answer", strings.Replace(answerBody, `"`+leg+`"`, `""`, 1), "callbackUri: is missing"},
		{"answer", strings.Replace(answerBody, `"`+leg+`"`, `null`, 1), "'callbackUri' of the operation 'answer' is missing"},
		{"answer", strings.Replace(answerBody, leg, "https://me:pw@bot.test/leg", 1), "holds credentials"},
		{"reject", `{"reason":"busy","reason":"none"}`, "a name twice"},
		{"reject", `{"reason":"bu\"sy:","callbackUri":"https://bot.test/a:b"}`, "'reason' is 'bu\"sy:'"},
		{"reject", `{"reason":"unknownFutureValue"}`, "'reason' is 'unknownFutureValue'"},
		{"reject", `{"reason":null}`, ""},
		{"reject", `{"callbackUri":"http://bot.test/x"}`, "http on loopback only"},
		{"reject", `{"callbackUri":""}`, "callbackUri: is missing"},
		{"reject", `{"reason":"Busy"}`, "'reason' is 'Busy'"},
		{"reject", `{"reason":7}`, "'reason' must be text"},
		{"reject", `{"callbackUri":"bot"}`, "is not absolute"},
		{"reject", ``, ""},
		{"redirect", `{}`, "'targets' of the operation 'redirect' is missing"},
		{"redirect", `{"targets":[]}`, "has 0 elements"},
		{"redirect", `{"targets":[` + many(26, target) + `]}`, "has 26 elements"},
		{"redirect", `{"targets":[` + target + `],"timeout":14}`, "'timeout' is 14"},
		{"redirect", `{"targets":[` + target + `],"timeout":91}`, "'timeout' is 91"},
		{"redirect", `{"targets":[` + target + `],"timeout":15.5}`, "'timeout' must be a whole number"},
		{"redirect", `{"targets":[7]}`, "targets[0] must be an object"},
		{"redirect", `{"targets":[` + target + `],"timeout":15}`, ""},
		{"redirect", `{"targets":[` + many(25, target) + `],"timeout":90}`, ""},
		{"redirect", `{"targets":[` + target + `],"callbackUri":"http://bot.test/x"}`, "http on loopback only"},
		{"redirect", `{"targets":[` + target + `],"targetDisposition":"SimultaneousRing"}`, "'targetDisposition' is 'SimultaneousRing'"},
		{"redirect", `{"targets":[` + target + `],"targetDisposition":"simultaneousRing","maskCaller":true,"maskCallee":false}`, ""},
		{"redirect", `{"targets":[` + target + `],"routingPolicies":["disableForwarding"]}`, "'routingPolicies' in the request payload is not a valid parameter"},
		{"transfer", strings.Replace(`{"transferTarget":`+target+`}`, `{"identity"`, `{"endpointType":"Default","identity"`, 1), "'endpointType' is 'Default'"},
		{"transfer", strings.Replace(`{"transferTarget":`+target+`}`, `{"identity"`, `{"hidden":"yes","identity"`, 1), "'hidden' must be true or false"},
		{"transfer", `{"transferTarget":{"identity":{"user":{"id":7}}}}`, "'id' must be text"},
		{"transfer", `{"transferTarget":{"identity":{"user":"a"}}}`, "without an id"},
		{"transfer", `{"transferTarget":{"identity":{"user":{"id":"a","$ref":"1"}}}}`, "the name '$ref' is not allowed"},
		{"transfer", `{"transferTarget":{"identity":{"guest":{"id":"a"}}}}`, "has 'guest'"},
		{"transfer", `{"transferTarget":{"identity":{"applicationInstance":{"id":"a"}}}}`, ""},
		{"transfer", `{}`, "'transferTarget' of the operation 'transfer' is missing"},
		{"transfer", `{"transferTarget":{}}`, "transferTarget.identity is missing"},
		{"transfer", `{"transferTarget":{"identity":{}}}`, "names 0 parties"},
		{"transfer", `{"transferTarget":{"identity":{"user":{"id":"a"},"phone":{"id":"+14255550100"}}}}`, "names 2 parties"},
		{"transfer", `{"transferTarget":{"identity":{"user":{}}}}`, "without an id"},
		{"transfer", `{"transferTarget":{"identity":{"phone":{"id":"0049 30"}}}}`, "not a number in E.164"},
		{"transfer", `{"transferTarget":{"identity":{"device":{"id":"a"}}}}`, "has 'device'"},
		{"transfer", `{"transferTarget":{"who":1,"identity":{"user":{"id":"a"}}}}`, "'who' does not exist"},
		{"transfer", `{"transferTarget":{"@odata.type":"#microsoft.graph.participantInfo","identity":{"user":{"id":"a"}}}}`, "expected '#microsoft.graph.invitationParticipantInfo'"},
		{"transfer", `{"transferTarget":` + target + `,"transferee":{}}`, "group calls only"},
		{"transfer", `{"transferTarget":` + target + `}`, ""},
		{"transfer", `{"transferTarget":{"identity":{"phone":{"id":"+14255550100"}}}}`, ""},
		{"transfer", `{"transferTarget":` + target + `,"clientContext":"1"}`, "'clientContext' in the request payload is not a valid parameter"},
		{"playPrompt", `{}`, "'prompts' of the operation 'playPrompt' is missing"},
		{"playPrompt", `{"prompts":[]}`, "'prompts' is empty"},
		{"playPrompt", `{"prompts":[` + many(21, prompt) + `]}`, "has 21 elements; at most 20"},
		{"playPrompt", `{"prompts":[{"mediaInfo":{"uri":"https://a.test"}}]}`, "prompts[0] has no '@odata.type'"},
		{"playPrompt", `{"prompts":[{"@odata.type":"microsoft.graph.mediaPrompt","mediaInfo":{"uri":"https://a.test"}}]}`, "prompts[0] has the type"},
		{"playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt"}]}`, "prompts[0].mediaInfo must be an object"},
		{"playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt","mediaInfo":{}}]}`, "prompts[0].mediaInfo.uri is missing"},
		{"playPrompt", `{"prompts":[null]}`, "prompts[0] must be an object"},
		{"playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.ttsPrompt"}]}`, "prompts[0] has the type '#microsoft.graph.ttsPrompt'"},
		{"playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt","loop":"5","mediaInfo":{"uri":"https://a.test"}}]}`, "'loop' must be a whole number"},
		{"playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt","loop":5,"mediaInfo":{"uri":"https://bot.test/audio/a.wav"}}]}`, ""},
		{"playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt","mediaInfo":{"uri":"https://a.test","resourceid":"x"}}]}`, "'resourceid' does not exist"},
		{"playPrompt", `{"prompts":` + prompt + `}`, "'prompts' must be a list"},
		{"playPrompt", `{"prompts":[` + prompt + `],"loop":"true"}`, "'loop' must be true or false"},
		{"playPrompt", `{"prompts":[` + prompt + `],"clientContext":"` + strings.Repeat("é", 257) + `"}`, "has 257 characters"},
		{"playPrompt", `{"prompts":[` + prompt + `],"clientContext":"` + strings.Repeat("é", 256) + `"}`, ""},
		{"playPrompt", `{"prompts":[` + many(20, prompt) + `],"loop":true}`, ""},
		{"playPrompt", `{"prompts":[` + prompt + `],"loop":null}`, ""},
		{"microsoft.graph.playPrompt", `{"prompts":[` + prompt + `]}`, ""},
		{"MICROSOFT.GRAPH.PlayPrompt", `{"prompts":[` + prompt + `]}`, ""},
		{"recordResponse", `{"prompts":[` + many(2, prompt) + `]}`, "at most 1"},
		{"recordResponse", `{"maxRecordDurationInSeconds":0}`, "is 0; it must be 1 to 120"},
		{"recordResponse", `{"maxSilenceTimeoutInSeconds":121}`, "is 121"},
		{"recordResponse", `{"initialSilenceTimeoutInSeconds":"5"}`, "must be a whole number"},
		{"recordResponse", `{"initialSilenceTimeoutInSeconds":0}`, "is 0; it must be 1 to 120"},
		{"recordResponse", `{"initialSilenceTimeoutInSeconds":121}`, "is 121"},
		{"recordResponse", `{"maxSilenceTimeoutInSeconds":0}`, "is 0"},
		{"recordResponse", `{"maxRecordDurationInSeconds":121}`, "is 121"},
		{"recordResponse", `{"maxRecordDurationInSeconds":2147483648}`, "must be a whole number"},
		{"recordResponse", `{"initialSilenceTimeoutInSeconds":1,"maxSilenceTimeoutInSeconds":1,"maxRecordDurationInSeconds":1}`, ""},
		{"recordResponse", `{"initialSilenceTimeoutInSeconds":120,"maxSilenceTimeoutInSeconds":120,"streamWhileRecording":false}`, ""},
		{"recordResponse", `{"stopTones":["12"]}`, "stopTones[0] is '12'"},
		{"recordResponse", `{"stopTones":[""]}`, "stopTones[0] is ''"},
		{"recordResponse", `{"stopTones":["#",1]}`, "stopTones[1] is '1'"},
		{"recordResponse", `{"loop":true}`, "'loop' in the request payload is not a valid parameter"},
		{"recordResponse", `{"clientContext":"` + strings.Repeat("x", 257) + `"}`, "has 257 characters"},
		{"recordResponse", `{"stopTones":["tone1"]}`, "stopTones[0] is 'tone1'"},
		{"recordResponse", `{"stopTones":["#","1","*"],"playBeep":false,"maxRecordDurationInSeconds":120}`, ""},
		{"cancelMediaProcessing", `{"all":true}`, "'all' in the request payload"},
		{"cancelMediaProcessing", ``, ""},
		{"cancelMediaProcessing", `{"clientContext":"` + strings.Repeat("x", 257) + `"}`, "has 257 characters"},
		{"subscribeToTone", `{"clientContext":"` + strings.Repeat("x", 257) + `"}`, "has 257 characters"},
		{"keepAlive", `{"clientContext":"1"}`, "'clientContext' in the request payload is not a valid parameter"},
		{"subscribeToTone", `{"clientContext":1}`, "'clientContext' must be text"},
		{"subscribeToTone", `{"@odata.type":"x"}`, ""},
		{"keepAlive", ``, ""},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%s/%d", tt.action, i), func(t *testing.T) {
			w := newWorld(t, nil)
			w.file("a.wav", time.Second)
			c := w.ring(incomingCaller())
			if tt.action != "answer" && tt.action != "reject" && tt.action != "redirect" {
				w.must(c, "answer", answerBody)
				w.clock.forward(time.Second)
			}
			a := w.act(c, tt.action, tt.body)
			switch {
			case tt.want == "" && a.status >= 300:
				t.Errorf("%d %s, want success", a.status, a.raw)
			case tt.want != "" && (a.status != 400 || !strings.Contains(a.message(), tt.want)):
				t.Errorf("%d %q, want 400 with %q", a.status, a.message(), tt.want)
			}
		})
	}
}

func TestVersions(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.file("a.wav", time.Second)
	post := func(version, action, body string) answer {
		return w.send(w.request(http.MethodPost, "/"+version+"/calls/"+string(c.ID())+"/"+action, body))
	}
	loop := `{"prompts":[` + prompt + `],"loop":true}`
	if a := post("v1.0/communications", "playPrompt", loop); a.status != 400 {
		t.Errorf("loop on v1.0: %d, want 400", a.status)
	}
	promptLoop := strings.Replace(`{"prompts":[`+prompt+`]}`, `"mediaInfo"`, `"loop":1,"mediaInfo"`, 1)
	if a := post("v1.0/communications", "playPrompt", promptLoop); a.status != 400 {
		t.Errorf("a prompt's loop on v1.0: %d, want 400", a.status)
	}
	a := post("v1.0/communications", "playPrompt", `{"prompts":[`+prompt+`]}`)
	if _, has := a.body["completionReason"]; a.status != 200 || has {
		t.Errorf("v1.0: %d %s, want 200 without completionReason", a.status, a.raw)
	}
	w.clock.forward(2 * time.Second)
	w.expect("deleted playPromptOperation completed 200/0")
}

func TestFrontDoor(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	id := string(c.ID())
	for _, tt := range []struct {
		method, path, kind string
		status             int
		code               string
	}{
		{"GET", "/beta/communications/calls/" + id, "", 200, ""},
		{"GET", "/beta/communications/calls/00000000-0000-4000-8000-000000000000", "", 404, "8522"},
		{"PATCH", "/beta/communications/calls/" + id, "", 405, "MethodNotAllowed"},
		{"GET", "/beta/communications/calls/" + id + "/answer", "", 405, "MethodNotAllowed"},
		{"POST", "/beta/communications/calls/" + id + "/dance", "", 404, "ResourceNotFound"},
		{"POST", "/beta/communications/calls/" + id + "/participants/invite", "", 400, "BadRequest"},
		{"POST", "/beta/communications/calls/" + id + "/participants/muteAll", "", 400, "8548"},
		{"POST", "/v1.0/communications/calls/" + id + "/participants/muteAll", "", 404, "ResourceNotFound"},
		{"POST", "/beta/communications/calls/" + id + "/participants/admitAllFromLobby", "", 501, "NotImplemented"},
		{"PUT", "/beta/communications/calls/" + id + "/participants", "", 405, "MethodNotAllowed"},
		{"POST", "/beta/communications/calls/" + id + "/participants/x/dance", "", 404, "ResourceNotFound"},
		{"POST", "/beta/communications/calls/" + id + "/answer/more", "", 404, "ResourceNotFound"},
		{"POST", "/beta/communications/calls", "", 400, "BadRequest"},
		{"GET", "/beta/communications/calls", "", 501, "NotImplemented"},
		{"GET", "/v2/communications/calls/" + id, "", 404, "ResourceNotFound"},
		{"GET", "/beta/users", "", 404, "ResourceNotFound"},
		{"POST", "/beta/communications/calls/" + id + "/playPrompt", "text/plain", 415, "UnsupportedMediaType"},
	} {
		body := ""
		if tt.kind != "" {
			body = "{}"
		}
		r := w.request(tt.method, tt.path, body)
		r.Header.Set("Client-Request-Id", "my-id")
		if tt.kind != "" {
			r.Header.Set("Content-Type", tt.kind)
		}
		a := w.send(r)
		if a.status != tt.status || a.code() != tt.code {
			t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.path, a.status, a.code(), tt.status, tt.code)
		}
		if tt.code != "" && a.header.Get("request-id") != "" {
			inner, _ := a.body["error"].(map[string]any)["innerError"].(map[string]any)
			if inner["request-id"] != a.header.Get("request-id") || inner["client-request-id"] != "my-id" || inner["date"] == nil {
				t.Errorf("%s: innerError %v", tt.path, inner)
			}
		}
	}
	if e, ok := find[graphsim.Request](w); !ok || e.Status != 200 || e.Call != c.ID() {
		t.Errorf("observed %+v, want the first request", e)
	}
}

// Each action is tried in each state that a call can be in.
func TestWrongState(t *testing.T) {
	reach := map[string]func(*world) *graphsim.Call{
		"incoming": func(w *world) *graphsim.Call { return w.ring(incomingCaller()) },
		"establishing": func(w *world) *graphsim.Call {
			c := w.ring(incomingCaller())
			w.must(c, "answer", answerBody)
			return c
		},
		"no audio": func(w *world) *graphsim.Call {
			c := w.ring(incomingCaller())
			w.must(c, "answer", answerBody)
			w.clock.forward(350 * time.Millisecond)
			return c
		},
		"transferring": func(w *world) *graphsim.Call {
			c := w.connected()
			w.must(c, "transfer", `{"transferTarget":`+target+`}`)
			return c
		},
		"terminated": func(w *world) *graphsim.Call {
			c := w.connected()
			c.HangUp()
			return c
		},
		"established": (*world).connected,
	}
	bodies := map[string]string{"answer": answerBody, "reject": "{}", "redirect": `{"targets":[` + target + `]}`,
		"transfer": `{"transferTarget":` + target + `}`, "playPrompt": `{"prompts":[` + prompt + `]}`,
		"recordResponse": "{}", "subscribeToTone": "{}", "cancelMediaProcessing": "{}", "keepAlive": ""}
	want := map[string]map[string]string{
		"incoming": {"answer": "", "reject": "", "redirect": "", "transfer": "8585", "playPrompt": "8501",
			"recordResponse": "8501", "subscribeToTone": "8501", "cancelMediaProcessing": "8501", "keepAlive": ""},
		"establishing": {"answer": "8585", "reject": "8585", "redirect": "8585", "transfer": "8585", "playPrompt": "8501",
			"recordResponse": "8501", "subscribeToTone": "8501", "cancelMediaProcessing": "8501", "keepAlive": ""},
		"no audio": {"answer": "8585", "reject": "8585", "redirect": "8585", "transfer": "", "playPrompt": "8503",
			"recordResponse": "8503", "subscribeToTone": "8503", "cancelMediaProcessing": "8503", "keepAlive": ""},
		"established": {"answer": "8585", "reject": "8585", "redirect": "8585", "transfer": "", "playPrompt": "",
			"recordResponse": "", "subscribeToTone": "", "cancelMediaProcessing": "", "keepAlive": ""},
		"transferring": {"answer": "8585", "reject": "8585", "redirect": "8585", "transfer": "8607", "playPrompt": "8585",
			"recordResponse": "8585", "subscribeToTone": "8585", "cancelMediaProcessing": "8585", "keepAlive": ""},
		"terminated": {"answer": "8522", "reject": "8522", "redirect": "8522", "transfer": "8522", "playPrompt": "8522",
			"recordResponse": "8522", "subscribeToTone": "8522", "cancelMediaProcessing": "8522", "keepAlive": "8522"},
	}
	for state, arrive := range reach {
		for action, body := range bodies {
			t.Run(state+"/"+action, func(t *testing.T) {
				w := newWorld(t, nil)
				a := w.act(arrive(w), action, body)
				if a.code() != want[state][action] {
					t.Errorf("%d %q, want %q", a.status, a.code(), want[state][action])
				}
			})
		}
	}
}

func FuzzBody(f *testing.F) {
	f.Add("answer", []byte(answerBody))
	f.Add("playPrompt", []byte(play("1", "https://bot.test/a.wav")))
	f.Add("transfer", []byte(`{"transferTarget":`+target+`}`))
	f.Add("redirect", []byte(`{"targets":[null,{"identity":{"user":null}}]}`))
	f.Add("recordResponse", []byte(`{"stopTones":[null],"prompts":[{}],"playBeep":null}`))
	f.Fuzz(func(t *testing.T, action string, body []byte) {
		if strings.ContainsAny(action, "/?#% ") || strings.ContainsFunc(action, func(r rune) bool { return r < 33 || r > 126 }) {
			return
		}
		w := newWorld(t, nil)
		c := w.ring(graphsim.Caller{})
		r := w.request(http.MethodPost, "/beta/communications/calls/"+string(c.ID())+"/"+action, string(body))
		r.Header.Set("Content-Type", "application/json")
		if a := w.send(r); a.status < 200 || a.status == 500 {
			t.Errorf("%s %q: %d", action, body, a.status)
		}
	})
}
