package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

const (
	callID = "11112222-3333-4444-5555-66667777aaaa"
	partID = "22223333-4444-5555-6666-77778888bbbb"
	tenant = "b41b72d0-4e9f-4c26-8a69-f949f367c91d"
)

// onCall is a call's client with the body of a documented request.
type onCall struct {
	ctx context.Context
	graph.CallClient
	calls graph.CallsClient
	body  []byte
	err   error
}

// to reads the body into what the Go method takes.
func to[B any](c *onCall) B {
	var body B
	if len(c.body) > 0 {
		c.err = errors.Join(c.err, json.Unmarshal(c.body, &body))
	}
	return body
}

// text is what of a body a method takes as plain arguments.
type text struct {
	ClientContext string
	Role          graph.ScreenSharingRole
	Status        graph.RecordingStatus
	Quality       graph.DeviceQuality
}

func nothing(err error) (any, error) { return nil, err }

// forms are the Go forms of the methods, by graph.Method.Go.
var forms = map[string]func(c *onCall) (any, error){
	"CallsClient.Create": func(c *onCall) (any, error) { return c.calls.Create(c.ctx, to[graph.CallResource](c)) },
	"CallsClient.LogTeleconferenceDeviceQuality": func(c *onCall) (any, error) {
		return nothing(c.calls.LogTeleconferenceDeviceQuality(c.ctx, "Teams/1.0 (test)", to[text](c).Quality))
	},
	"CallClient.Get":       func(c *onCall) (any, error) { return c.Get(c.ctx) },
	"CallClient.Delete":    func(c *onCall) (any, error) { return nothing(c.Delete(c.ctx)) },
	"CallClient.KeepAlive": func(c *onCall) (any, error) { return nothing(c.KeepAlive(c.ctx)) },
	"CallClient.Answer":    func(c *onCall) (any, error) { return nothing(c.Answer(c.ctx, to[graph.AnswerCall](c))) },
	"CallClient.Reject":    func(c *onCall) (any, error) { return nothing(c.Reject(c.ctx, to[graph.RejectRequest](c))) },
	"CallClient.Redirect":  func(c *onCall) (any, error) { return nothing(c.Redirect(c.ctx, to[graph.RedirectRequest](c))) },
	"CallClient.Transfer":  func(c *onCall) (any, error) { return nothing(c.Transfer(c.ctx, to[graph.TransferRequest](c))) },
	"CallClient.PlayPrompt": func(c *onCall) (any, error) {
		return c.PlayPrompt(c.ctx, to[graph.PlayPromptRequest](c))
	},
	"CallClient.RecordResponse": func(c *onCall) (any, error) {
		return c.RecordResponse(c.ctx, to[graph.RecordResponseRequest](c))
	},
	"CallClient.CancelMediaProcessing": func(c *onCall) (any, error) {
		return c.CancelMediaProcessing(c.ctx, to[text](c).ClientContext)
	},
	"CallClient.SubscribeToTone": func(c *onCall) (any, error) { return c.SubscribeToTone(c.ctx, to[text](c).ClientContext) },
	"CallClient.SendDtmfTones": func(c *onCall) (any, error) {
		return c.SendDtmfTones(c.ctx, to[graph.SendDtmfTonesRequest](c))
	},
	"CallClient.Mute":   func(c *onCall) (any, error) { return c.Mute(c.ctx, to[text](c).ClientContext) },
	"CallClient.Unmute": func(c *onCall) (any, error) { return c.Unmute(c.ctx, to[text](c).ClientContext) },
	"CallClient.ChangeScreenSharingRole": func(c *onCall) (any, error) {
		return nothing(c.ChangeScreenSharingRole(c.ctx, to[text](c).Role))
	},
	"CallClient.AddLargeGalleryView": func(c *onCall) (any, error) {
		return c.AddLargeGalleryView(c.ctx, to[text](c).ClientContext)
	},
	"CallClient.UpdateRecordingStatus": func(c *onCall) (any, error) {
		b := to[text](c)
		return c.UpdateRecordingStatus(c.ctx, b.Status, b.ClientContext)
	},
	"CallClient.Participants":  func(c *onCall) (any, error) { return c.Participants(c.ctx) },
	"ParticipantClient.Get":    func(c *onCall) (any, error) { return c.Participant(partID).Get(c.ctx) },
	"ParticipantClient.Delete": func(c *onCall) (any, error) { return nothing(c.Participant(partID).Delete(c.ctx)) },
	"CallClient.Invite":        func(c *onCall) (any, error) { return c.Invite(c.ctx, to[graph.InviteRequest](c)) },
	"ParticipantClient.Mute": func(c *onCall) (any, error) {
		return c.Participant(partID).Mute(c.ctx, to[text](c).ClientContext)
	},
	"CallClient.MuteAll": func(c *onCall) (any, error) { return c.MuteAll(c.ctx, to[graph.MuteAllRequest](c)) },
	"ParticipantClient.StartHoldMusic": func(c *onCall) (any, error) {
		return c.Participant(partID).StartHoldMusic(c.ctx, to[graph.HoldRequest](c))
	},
	"ParticipantClient.StopHoldMusic": func(c *onCall) (any, error) {
		return c.Participant(partID).StopHoldMusic(c.ctx, to[text](c).ClientContext)
	},
	"CallClient.AudioRoutingGroups": func(c *onCall) (any, error) { return c.AudioRoutingGroups(c.ctx) },
	"CallClient.CreateAudioRoutingGroup": func(c *onCall) (any, error) {
		return c.CreateAudioRoutingGroup(c.ctx, to[graph.AudioRoutingGroup](c))
	},
	"GroupClient.Get": func(c *onCall) (any, error) { return c.AudioRoutingGroup(partID).Get(c.ctx) },
	"GroupClient.Update": func(c *onCall) (any, error) {
		return c.AudioRoutingGroup(partID).Update(c.ctx, to[graph.AudioRoutingGroup](c))
	},
	"GroupClient.Delete":                func(c *onCall) (any, error) { return nothing(c.AudioRoutingGroup(partID).Delete(c.ctx)) },
	"CallClient.ContentSharingSessions": func(c *onCall) (any, error) { return c.ContentSharingSessions(c.ctx) },
	"CallClient.ContentSharingSession":  func(c *onCall) (any, error) { return c.ContentSharingSession(c.ctx, partID) },
	"CallClient.Operation":              func(c *onCall) (any, error) { return c.Operation(c.ctx, partID) },
}

// service answers one request as an example says, and keeps it.
type service struct {
	reply  message
	method string
	path   string
	body   []byte
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	h := http.Header{"Content-Type": {"application/json"}}
	resp := &http.Response{StatusCode: http.StatusOK, Header: h, Request: r, Body: http.NoBody}
	if strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") {
		resp.Body = io.NopCloser(strings.NewReader(`{"token_type":"Bearer","expires_in":3600,"access_token":"t"}`))
		return resp, nil
	}
	s.method, s.path = r.Method, r.URL.Path
	if r.Body != nil {
		var err error
		if s.body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	resp.StatusCode = s.reply.Status
	if s.reply.Location != "" {
		h.Set("Location", s.reply.Location)
	}
	if s.reply.RetryAfter != "" {
		h.Set("Retry-After", s.reply.RetryAfter)
	}
	resp.Body = io.NopCloser(strings.NewReader(string(s.reply.Body)))
	return resp, nil
}

// ask sends the request of an example through the client.
func ask(t *testing.T, x exchange, s *service) (any, error) {
	t.Helper()
	method, ok := x.request.method()
	if !ok {
		t.Fatalf("no method %s %s", x.request.Method, x.request.Path)
	}
	client, err := graph.NewClient(graph.Config{ClientID: "app", ClientSecret: ivr.NewSecret("x"), Transport: s,
		BaseURL: "https://graph.microsoft.com/" + x.Version})
	if err != nil {
		t.Fatal(err)
	}
	c := &onCall{ctx: t.Context(), CallClient: client.Call(tenant, callID), calls: client.Calls(tenant), body: x.request.Body}
	result, err := forms[method.Go](c)
	if c.err != nil {
		t.Fatalf("the body does not fit the Go method: %v\n%s", c.err, x.request.Body)
	}
	return result, err
}

// undeclared are properties in examples of requests that neither a page nor the
// metadata knows.
var undeclared = []string{"languageId", "region"}

// stray are the same on one page alone.
var stray = map[string][]string{"v1.0/call-transfer": {"clientContext"}, "beta/call-redirect": {"routingPolicies"}}

// unmatched are requests that the client refuses to make, with the words of its
// refusal: what the page's own text forbids.
var unmatched = map[string]string{
	"v1.0/application-post-calls: create a group call with application hosted media":    "has no blob",
	"v1.0/application-post-calls: join scheduled meeting with application hosted media": "has no blob",
}

// TestClientMakesDocumentedRequests: each documented request, made by the Go
// method, is the documented one, and what is answered comes out.
func TestClientMakesDocumentedRequests(t *testing.T) {
	made := map[string]bool{}
	for _, x := range exchanges(t) {
		if slices.Contains(removed, x.request.Path) {
			continue
		}
		t.Run(x.id(), func(t *testing.T) {
			method, _ := x.request.method()
			made[method.Go] = true
			s := &service{reply: x.response}
			if s.reply.Status == 0 { // a page of v1.0 without it
				s.reply = message{Status: http.StatusOK, Body: json.RawMessage(`{}`)}
			}
			result, err := ask(t, x, s)
			if want := unmatched[x.id()]; want != "" {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want the refusal %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, x.request.Body)
			}
			path := "/" + x.Version + strings.NewReplacer("{call}", callID, "{id}", partID, "microsoft.graph.", "").Replace(x.request.Path)
			if s.method != x.request.Method || s.path != path {
				t.Errorf("sent %s %s, want %s %s", s.method, s.path, x.request.Method, path)
			}
			without := slices.Concat(undeclared, stray[x.Version+"/"+x.Page])
			if got, want := simple(t, s.body, false, without...), simple(t, x.request.Body, false, without...); got != want {
				t.Errorf("sent\n%s\ndocumented\n%s", got, want)
			}
			comesOut(t, x, result)
		})
	}
	for name := range forms {
		if !made[name] {
			t.Errorf("no example for %s", name)
		}
	}
}

// comesOut compares a result with the documented answer.
func comesOut(t *testing.T, x exchange, result any) {
	t.Helper()
	if len(x.response.Body) == 0 {
		return
	}
	got, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	want := x.response.Body
	var list struct{ Value json.RawMessage }
	if got[0] == '[' && json.Unmarshal(want, &list) == nil {
		want = list.Value
	}
	if got, want := simple(t, got, true), simple(t, want, true); got != want {
		t.Errorf("read\n%s\nanswered\n%s", got, want)
	}
}

// TestClientReadsDocumentedErrors: what is documented about refusals becomes an
// error that says the same.
func TestClientReadsDocumentedErrors(t *testing.T) {
	seen := 0
	for _, e := range corpus(t) {
		if e.Page != "errors" {
			continue
		}
		for _, m := range e.Messages {
			seen++
			var body struct {
				Error struct {
					Code, Message string
					InnerError    map[string]string
				}
			}
			if err := json.Unmarshal(m.Body, &body); err != nil {
				t.Fatal(err)
			}
			_, err := ask(t, exchange{example: e, request: message{Method: http.MethodGet, Path: "/communications/calls/{call}"}}, &service{reply: m})
			got, ok := errors.AsType[*graph.Error](err)
			if !ok || got.Status != m.Status || got.Code != body.Error.Code || !strings.Contains(err.Error(), body.Error.Message) {
				t.Errorf("%s: got %#v, want %d %+v", e.Name, err, m.Status, body)
				continue
			}
			if got.Retryable() != (m.Status == http.StatusTooManyRequests) {
				t.Errorf("%s: retryable %t", e.Name, got.Retryable())
			}
		}
	}
	if seen < 3 {
		t.Errorf("%d documented errors, want 3 or more", seen)
	}
}
