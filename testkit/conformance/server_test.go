package conformance_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/server"
)

const appID = "6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11"

// door is a bot's server with the platform's keys on the one side and an intake
// that keeps what comes on the other.
type door struct {
	key                  *rsa.PrivateKey
	handler              http.Handler
	incoming, deliveries []graph.Notification
}

func (d *door) Incoming(_ context.Context, got server.Delivery) error {
	d.incoming = append(d.incoming, got.Notifications...)
	return nil
}

func (d *door) Deliver(_ context.Context, got server.Delivery) error {
	d.deliveries = append(d.deliveries, got.Notifications...)
	return nil
}

// RoundTrip serves the platform's metadata and keys.
func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := json.Marshal(map[string]any{"jwks_uri": "https://" + r.URL.Host + "/keys", "keys": []any{map[string]any{
		"kty": "RSA", "kid": "k", "n": base64.RawURLEncoding.EncodeToString(d.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(d.key.E)).Bytes())}}})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(bytes.NewReader(body))}, err
}

// signingKey is made once: making a key is slow.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newDoor(t *testing.T) *door {
	t.Helper()
	d := &door{key: signingKey()}
	verifier, err := server.NewVerifier(server.VerifierConfig{Profiles: []server.Profile{server.PublicCloud(appID, tenant)}, HTTP: d})
	if err != nil {
		t.Fatal(err)
	}
	if d.handler, err = server.New(server.Config{Verifier: verifier, Intake: d, AppID: appID}); err != nil {
		t.Fatal(err)
	}
	return d
}

// token is one that the platform could have made.
func (d *door) token(t *testing.T) string {
	t.Helper()
	part := func(v any) string { return base64.RawURLEncoding.EncodeToString([]byte(jsonOf(t, v))) }
	signed := part(object{"alg": "RS256", "kid": "k"}) + "." +
		part(object{"iss": "https://graph.microsoft.com", "aud": appID, "tid": tenant, "exp": time.Now().Add(time.Hour).Unix()})
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, d.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// post sends a callback with a good token, and forgets what came before.
func (d *door) post(t *testing.T, path string, body []byte) int {
	t.Helper()
	d.incoming, d.deliveries = nil, nil
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+d.token(t))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Code
}

// TestServerTakesDocumentedNotifications: each is taken at a session's address,
// read whole, and means what its page says.
func TestServerTakesDocumentedNotifications(t *testing.T) {
	d := newDoor(t)
	address := server.CallbackPath("s1", ivr.CallerLeg, server.NewSecret())
	for _, e := range corpus(t) {
		for i, m := range e.Messages {
			if m.Kind != "notification" {
				continue
			}
			t.Run(e.id()+" "+count(i, "th"), func(t *testing.T) {
				if code := d.post(t, address, m.Body); code != http.StatusAccepted || len(d.deliveries) == 0 {
					t.Fatalf("got %d and %d notifications\n%s", code, len(d.deliveries), m.Body)
				}
				taken := d.deliveries
				for _, n := range taken {
					means(t, n)
				}
				incoming := strings.Contains(string(m.Body), `"incoming"`)
				ended := strings.Contains(string(m.Body), `"terminated"`) || e.Page == "call-reject" && !incoming
				if code := d.post(t, server.WebhookPath, m.Body); code != http.StatusAccepted || (len(d.incoming) > 0) != (incoming || ended) {
					t.Errorf("at the webhook: %d and %d notifications; it takes new calls and ends", code, len(d.incoming))
				}
				again, err := json.Marshal(graph.NewNotifications(taken...))
				if err != nil {
					t.Fatal(err)
				}
				if d.post(t, address, again); len(d.deliveries) != len(taken) {
					t.Fatalf("written and posted again: %d notifications, want %d", len(d.deliveries), len(taken))
				}
				for i, n := range d.deliveries {
					was, ok := taken[i].Event(time.Time{}, "a")
					is, okNow := n.Event(time.Time{}, "a")
					if ok != okNow || jsonOf(t, was) != jsonOf(t, is) {
						t.Errorf("written and read again it is %v, was %v", is, was)
					}
				}
			})
		}
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// means checks that nothing of a notification is lost on its reader.
func means(t *testing.T, n graph.Notification) {
	t.Helper()
	if n.Err != nil || n.CallID == "" || n.CallID != ivr.NormalizeCallID(string(n.CallID)) {
		t.Errorf("call %q, error %v", n.CallID, n.Err)
	}
	_, isEvent := n.Event(time.Time{}, "a")
	switch n.Kind {
	case graph.KindCall, graph.KindOperation:
		if !isEvent {
			t.Errorf("a notification about a %s is no event", n.Kind)
		}
	case graph.KindRoster:
		list, err := n.Participants()
		if err != nil || len(list) == 0 {
			t.Errorf("%d participants, %v", len(list), err)
		}
		var roster graph.Roster
		ids := map[string]bool{}
		for _, p := range list {
			ids[p.ID+p.Info.Identity.Party().ID] = true
		}
		if joined := roster.Update(list); len(joined) < len(ids) {
			t.Errorf("%d joined of %d", len(joined), len(ids))
		}
		if left := roster.Update(nil); len(left) != len(ids) {
			t.Errorf("%d left of %d", len(left), len(ids))
		}
	case graph.KindContentSharing:
		if list, err := n.ContentSharingSessions(); err != nil || len(list) == 0 {
			t.Errorf("%d sessions, %v", len(list), err)
		}
	default:
		t.Errorf("a notification of kind %s", n.Kind)
	}
}

// TestServerAnswersTheLegacyForm: the first callback of a call may come in the
// form of Skype; answered with 204 it comes again in Graph's. See
// calling-notifications in the articles of Microsoft's calling samples.
func TestServerAnswersTheLegacyForm(t *testing.T) {
	d := newDoor(t)
	for _, body := range []string{
		`{"id":"1","callState":"incoming","isMultiparty":false,"participants":[{"identity":"29:1","originator":true}],"links":{"call":"x"}}`,
		`{"callId":"1"}`,
	} {
		for _, path := range []string{server.WebhookPath, server.CallbackPath("s1", ivr.CallerLeg, server.NewSecret())} {
			if code := d.post(t, path, []byte(body)); code != http.StatusNoContent || len(d.incoming)+len(d.deliveries) != 0 {
				t.Errorf("%s: got %d and %d notifications, want 204 and none", path, code, len(d.incoming)+len(d.deliveries))
			}
		}
	}
}
