package control_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// phoneBot is a bot in a few lines, that knows of the simulator what any bot
// knows of Graph. It answers, plays welcome.wav, and does what a key says: 1
// plays sales.wav, 2 records, 3 hangs up.
type phoneBot struct {
	t     *testing.T
	url   string
	graph string
	app   string // its application id

	mu       sync.Mutex
	token    string
	seen     []string // what callbacks told, in order
	statuses []string // answers to its requests: "playPrompt 200"
	own      sync.WaitGroup
}

func newPhoneBot(t *testing.T) *phoneBot {
	t.Helper()
	b := &phoneBot{t: t, app: graphsim.DefaultAppID}
	server := httptest.NewServer(b)
	t.Cleanup(func() {
		server.Close()
		b.own.Wait()
	})
	b.url = server.URL
	return b
}

func (b *phoneBot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		http.ServeContent(w, r, "a.wav", time.Time{}, bytes.NewReader(prompt.Silence(20*time.Second)))
		return
	}
	var in struct {
		Value []struct {
			ChangeType   string
			ResourceURL  string
			ResourceData json.RawMessage
		}
	}
	if body, err := io.ReadAll(r.Body); err != nil || len(body) > 0 && json.Unmarshal(body, &in) != nil {
		b.t.Errorf("callback %q: %v", body, err)
	}
	w.WriteHeader(http.StatusAccepted)
	for _, n := range in.Value {
		var data struct {
			State      string
			MediaState *struct{ Audio string }
			ToneInfo   *struct{ Tone string }
		}
		_ = json.Unmarshal(n.ResourceData, &data) // a list for participants
		id, _, _ := strings.Cut(strings.TrimPrefix(n.ResourceURL, "/communications/calls/"), "/")
		told := data.State
		var do func(context.Context)
		switch {
		case data.State == "incoming":
			do = func(ctx context.Context) { b.answer(ctx, id) }
		case data.ToneInfo != nil:
			told = data.ToneInfo.Tone
			do = func(ctx context.Context) { b.key(ctx, id, told) }
		case data.MediaState != nil && data.MediaState.Audio == "active":
			told = "audio"
			do = func(ctx context.Context) {
				b.post(ctx, id, "subscribeToTone", `{}`)
				b.play(ctx, id, "welcome")
			}
		}
		b.note(&b.seen, told)
		if do != nil {
			b.own.Go(func() { do(b.t.Context()) })
		}
	}
}

func (b *phoneBot) key(ctx context.Context, id, tone string) {
	switch tone {
	case "tone1":
		b.post(ctx, id, "cancelMediaProcessing", `{}`)
		b.play(ctx, id, "sales")
	case "tone2":
		b.post(ctx, id, "cancelMediaProcessing", `{}`)
		b.post(ctx, id, "recordResponse", `{"maxRecordDurationInSeconds": 5, "playBeep": false}`)
	case "tone3":
		b.ask(ctx, http.MethodDelete, "/communications/calls/"+id, "")
	}
}

func (b *phoneBot) answer(ctx context.Context, id string) {
	b.post(ctx, id, "answer", fmt.Sprintf(`{"callbackUri": %q, "acceptedModalities": ["audio"],
		"mediaConfig": {"@odata.type": "#microsoft.graph.serviceHostedMediaConfig"}}`, b.url+"/calls"))
}

func (b *phoneBot) play(ctx context.Context, id, name string) {
	b.post(ctx, id, "playPrompt", fmt.Sprintf(`{"prompts": [{"@odata.type": "#microsoft.graph.mediaPrompt",
		"mediaInfo": {"@odata.type": "#microsoft.graph.mediaInfo", "uri": %q, "resourceId": %q}}]}`, b.url+"/"+name+".wav", name))
}

// dial calls somebody.
func (b *phoneBot) dial(ctx context.Context, user string) {
	b.ask(ctx, http.MethodPost, "/communications/calls", fmt.Sprintf(`{"@odata.type": "#microsoft.graph.call", "callbackUri": %q,
		"requestedModalities": ["audio"], "mediaConfig": {"@odata.type": "#microsoft.graph.serviceHostedMediaConfig"},
		"targets": [{"@odata.type": "#microsoft.graph.invitationParticipantInfo",
			"identity": {"@odata.type": "#microsoft.graph.identitySet", "user": {"@odata.type": "#microsoft.graph.identity", "id": %q}}}]}`, b.url+"/calls", user))
}

// join joins a meeting by its number.
func (b *phoneBot) join(ctx context.Context, number string) {
	b.ask(ctx, http.MethodPost, "/communications/calls", fmt.Sprintf(`{"@odata.type": "#microsoft.graph.call", "callbackUri": %q,
		"requestedModalities": ["audio"], "mediaConfig": {"@odata.type": "#microsoft.graph.serviceHostedMediaConfig"}, "tenantId": %q,
		"meetingInfo": {"@odata.type": "#microsoft.graph.joinMeetingIdMeetingInfo", "joinMeetingId": %q, "passcode": null}}`, b.url+"/calls", graphsim.DefaultTenant, number))
}

func (b *phoneBot) post(ctx context.Context, id, action, body string) {
	b.ask(ctx, http.MethodPost, "/communications/calls/"+id+"/"+action, body)
}

func (b *phoneBot) ask(ctx context.Context, method, path, body string) {
	status := 0
	defer func() { b.note(&b.statuses, fmt.Sprint(path[strings.LastIndex(path, "/")+1:], " ", status)) }()
	r, err := http.NewRequestWithContext(ctx, method, b.graph+"/v1.0"+path, strings.NewReader(body))
	if err != nil {
		b.t.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+b.bearer(ctx))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return
	}
	resp.Body.Close()
	status = resp.StatusCode
}

// bearer gets a token once, and never again: as libraries do that keep it.
func (b *phoneBot) bearer(ctx context.Context) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.token != "" {
		return b.token
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {b.app},
		"client_secret": {graphsim.DefaultSecret}, "scope": {"https://graph.microsoft.com/.default"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.graph+"/"+graphsim.DefaultTenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Error(err)
		return ""
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	_ = json.NewDecoder(resp.Body).Decode(&out) // a refusal has none
	b.token = out.AccessToken
	return b.token
}

func (b *phoneBot) note(list *[]string, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*list = append(*list, text)
}

func (b *phoneBot) told() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.seen...)
}
