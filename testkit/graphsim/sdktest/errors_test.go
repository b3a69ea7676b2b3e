package sdktest

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/communications"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Refusals are the library's ODataError, with the service's code and message.
func TestErrors(t *testing.T) {
	nobody := "5f0c7c7e-0000-4000-8000-000000000001"
	for _, tt := range []struct {
		name   string
		change func(*graphsim.Config)
		do     func(w *world) error
		want   string
	}{
		{"no such call", nil, func(w *world) error {
			_, err := w.calls.ByCallId(nobody).Get(w.t.Context(), nil)
			return err
		}, "404 8522 Call not found."},
		{"no permission", func(c *graphsim.Config) { c.Permissions = []string{} }, func(w *world) error {
			_, err := w.calls.Post(w.t.Context(), newCall(invitation(user("user-Ann"))), nil)
			return err
		}, "403 7504 Insufficient enterprise tenant permissions, cannot access this API. It needs Calls.Initiate.All."},
		{"no target", nil, func(w *world) error {
			_, err := w.calls.Post(w.t.Context(), newCall(), nil)
			return err
		}, "400 BadRequest 'targets' is empty; a call of two needs one."},
		{"no audio yet", nil, func(w *world) error {
			body := communications.NewCallsItemPlayPromptPostRequestBody()
			body.SetPrompts([]models.Promptable{mediaPrompt()})
			_, err := w.call(w.ring(graphsim.Caller{}).ID()).PlayPrompt().Post(w.t.Context(), body, nil)
			return err
		}, "400 8501 Call is not established."},
		{"group only", nil, func(w *world) error {
			_, err := w.call(w.connected(graphsim.Caller{}).ID()).Mute().Post(w.t.Context(), communications.NewCallsItemMutePostRequestBody(), nil)
			return err
		}, "400 8548 The action is for group calls only."},
		{"a type without its tag", nil, func(w *world) error {
			body := communications.NewCallsItemPlayPromptPostRequestBody()
			body.SetPrompts([]models.Promptable{models.NewPrompt()})
			_, err := w.call(w.connected(graphsim.Caller{}).ID()).PlayPrompt().Post(w.t.Context(), body, nil)
			return err
		}, "400 BadRequest prompts[0] has no '@odata.type'; an abstract type cannot be created. Expected '#microsoft.graph.mediaPrompt'."},
		{"compression is not known", func(c *graphsim.Config) { c.Settings.PlainBodies = true }, func(w *world) error {
			return w.call(w.ring(graphsim.Caller{}).ID()).Answer().Post(w.t.Context(), answerBody(), nil)
		}, "400 BadRequest Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."},
		{"old form", func(c *graphsim.Config) { c.Settings.InnerErrorOld = true }, func(w *world) error {
			_, err := w.calls.ByCallId(nobody).Get(w.t.Context(), nil)
			return err
		}, "404 8522 Call not found."},
		{"a fault", func(c *graphsim.Config) {
			c.Faults = []graphsim.Fault{{Action: "answer", Status: 500, Code: "2203", Message: "Internal error."}}
		}, func(w *world) error {
			return w.call(w.ring(graphsim.Caller{}).ID()).Answer().Post(w.t.Context(), answerBody(), nil)
		}, "500 2203 Internal error."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, tt.change, func(w *world) {
				err := tt.do(w)
				if got := said(err); got != tt.want {
					t.Errorf("%q, want %q", got, tt.want)
				}
				var refused *odataerrors.ODataError
				if errors.As(err, &refused) && tt.name != "old form" {
					inner := refused.GetErrorEscaped().GetInnerError()
					if inner == nil || len(value(inner.GetRequestId())) != 36 || value(inner.GetClientRequestId()) == "" || inner.GetDate() == nil {
						t.Errorf("the inner error is read as %+v", inner)
					}
				}
			})
		})
	}
}

// The library waits as long as Retry-After says, and asks again.
func TestThrottled(t *testing.T) {
	inWorld(t, func(c *graphsim.Config) {
		c.Faults = []graphsim.Fault{{Action: "get", Nth: 1, Status: 429, Code: "TooManyRequests", RetryAfter: 7 * time.Second}}
	}, func(w *world) {
		c := w.ring(graphsim.Caller{})
		begin := time.Now()
		got, err := w.call(c.ID()).Get(w.t.Context(), nil)
		w.must(err)
		if wait := time.Since(begin); value(got.GetId()) != string(c.ID()) || wait < 7*time.Second || wait > 20*time.Second {
			t.Errorf("%s after %v", value(got.GetId()), wait)
		}
	})
}

// A whole call over real sockets, by a plain http.Client without the library's
// middleware: the bot answers, plays, and hangs up when a key comes.
func TestPlainClient(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	w := &world{t: t, encoding: map[string]int{}}
	bot := httptest.NewServer(http.HandlerFunc(w.serveBot))
	defer bot.Close()
	w.sim, err = graphsim.New(graphsim.Config{BaseURL: address, Webhook: bot.URL, Key: key(), Settings: graphsim.Settings{
		PascalStatus: true, EstablishingDelay: time.Millisecond, EstablishedDelay: time.Millisecond, AudioDelay: time.Millisecond}})
	w.must(err)
	defer w.sim.Close()
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(w.serveGraph)}}
	server.Start()
	defer server.Close()
	w.calls = callsOf(newAdapter(t, http.DefaultTransport, &http.Client{}, address))

	over := make(chan struct{})
	audio := make(chan struct{}, 1)
	var once sync.Once
	w.sim.Observe(func(e graphsim.Event) {
		switch e := e.(type) {
		case graphsim.AudioActive:
			audio <- struct{}{}
		case graphsim.PromptStarted:
			if e.Problem != "" {
				t.Errorf("prompt: %s", e.Problem)
			}
			once.Do(func() { close(over) })
		}
	})
	c, err := w.sim.Ring(graphsim.Caller{})
	w.must(err)
	call := w.call(c.ID())
	answer := answerBody()
	answer.SetCallbackUri(new(bot.URL))
	w.must(call.Answer().Post(w.t.Context(), answer, nil))
	wait(t, audio)
	info := models.NewMediaInfo()
	info.SetUri(new(bot.URL + "/prompt.wav"))
	prompt := models.NewMediaPrompt()
	prompt.SetMediaInfo(info)
	play := communications.NewCallsItemPlayPromptPostRequestBody()
	play.SetPrompts([]models.Promptable{prompt})
	_, err = call.PlayPrompt().Post(w.t.Context(), play, nil)
	w.must(err)
	wait(t, over)
	w.must(call.Delete(w.t.Context(), nil))
	if _, ended := c.Ended(); !ended {
		t.Errorf("the call is %v", c.State())
	}
	if n, z := w.bodies(""), w.bodies("gzip"); n != 2 || z != 0 {
		t.Errorf("%d bodies as they are and %d compressed, want 2 and none", n, z)
	}
}

func wait(t *testing.T, happened <-chan struct{}) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing happened in 20 s")
	}
}
