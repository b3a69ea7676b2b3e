package sdktest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/authentication"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoft/kiota-abstractions-go/store"
	kiotahttp "github.com/microsoft/kiota-http-go"
	kiotajson "github.com/microsoft/kiota-serialization-json-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/communications"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const (
	base    = "https://graph.test"
	webhook = "https://bot.test/calls"
	prompt  = "https://bot.test/prompt.wav"
)

// key signs the callbacks. It is made once: that takes longer than most tests.
var key = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// TestMain registers the forms of bodies, as the library's root package does.
func TestMain(m *testing.M) {
	kiota.RegisterDefaultSerializer(func() serialization.SerializationWriterFactory {
		return kiotajson.NewJsonSerializationWriterFactory()
	})
	kiota.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory {
		return kiotajson.NewJsonParseNodeFactory()
	})
	key()
	m.Run()
}

// tokens are the access tokens of a client credentials grant. They are fetched
// by a client of their own, without the library's middleware.
type tokens struct {
	client *http.Client
	url    string
}

func (p tokens) GetAuthorizationToken(ctx context.Context, _ *url.URL, _ map[string]any) (string, error) {
	form := url.Values{"client_id": {graphsim.DefaultAppID}, "client_secret": {graphsim.DefaultSecret},
		"scope": {"https://graph.microsoft.com/.default"}, "grant_type": {"client_credentials"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.client.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var token struct {
		Text string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil {
		return "", err
	}
	if token.Text == "" {
		return "", errors.New("no token came, but " + resp.Status)
	}
	return token.Text, nil
}

func (p tokens) GetAllowedHostsValidator() *authentication.AllowedHostsValidator {
	validator, _ := authentication.NewAllowedHostsValidatorErrorCheck(nil) // it fails for hosts that are addresses
	return validator
}

// newAdapter is the library, which sends requests by client and fetches tokens
// over wire; address is where the simulator is.
func newAdapter(t *testing.T, wire http.RoundTripper, client *http.Client, address string) kiota.RequestAdapter {
	t.Helper()
	auth := authentication.NewBaseBearerTokenAuthenticationProvider(tokens{&http.Client{Transport: wire}, address + "/" + graphsim.DefaultTenant + "/oauth2/v2.0/token"})
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(auth, core.GraphClientOptions{}, nil, nil, client)
	if err != nil {
		t.Fatal(err)
	}
	adapter.SetBaseUrl(address + "/v1.0")
	adapter.EnableBackingStore(store.BackingStoreFactoryInstance) // as the library's own client does
	return adapter
}

func callsOf(adapter kiota.RequestAdapter) *communications.CallsRequestBuilder {
	return communications.NewCommunicationsRequestBuilderInternal(map[string]string{"baseurl": adapter.GetBaseUrl()}, adapter).Calls()
}

// world is a simulator in a bubble, a bot that only listens, and the library
// with all of its default middleware.
type world struct {
	t        *testing.T
	sim      *graphsim.Sim
	adapter  kiota.RequestAdapter
	calls    *communications.CallsRequestBuilder
	mu       sync.Mutex
	events   []graphsim.Event
	encoding map[string]int      // of the library's bodies, how many have which
	heard    []models.Entityable // resources of notifications; nil for lists
}

// inWorld runs f in a bubble of virtual time.
func inWorld(t *testing.T, change func(*graphsim.Config), f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, encoding: map[string]int{}}
		cfg := graphsim.Config{BaseURL: base, Webhook: webhook, Seed: 1, Key: key(), Transport: graphsim.InMemory(http.HandlerFunc(w.serveBot)),
			Settings: graphsim.Settings{PascalStatus: true}} // see TestStatusAsDocumented
		if change != nil {
			change(&cfg)
		}
		sim, err := graphsim.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		w.sim = sim
		sim.Observe(func(e graphsim.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		})
		wire := graphsim.InMemory(http.HandlerFunc(w.serveGraph))
		client := &http.Client{Transport: kiotahttp.NewCustomTransportWithParentTransport(wire, core.GetDefaultMiddlewaresWithOptions(&core.GraphClientOptions{})...)}
		w.adapter = newAdapter(t, wire, client, base)
		w.calls = callsOf(w.adapter)
		f(w)
	})
}

// serveGraph is the simulator, and remembers how bodies were encoded.
func (w *world) serveGraph(rw http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 && strings.HasPrefix(r.URL.Path, "/v1.0/") {
		w.mu.Lock()
		w.encoding[r.Header.Get("Content-Encoding")]++
		w.mu.Unlock()
	}
	w.sim.ServeHTTP(rw, r)
}

// bodies counts the library's requests whose body had an encoding; "" is none.
func (w *world) bodies(encoding string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.encoding[encoding]
}

// serveBot gives prompts away and takes callbacks.
func (w *world) serveBot(rw http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = rw.Write(wav(time.Second))
		return
	}
	body, _ := io.ReadAll(r.Body)
	var envelope struct {
		Value []struct {
			Resource any `json:"resourceData"`
		}
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		w.t.Errorf("callback is no JSON: %v: %s", err, body)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range envelope.Value {
		list, _ := n.Resource.([]any)
		for _, e := range list {
			if read := w.entity(e); read == nil || value(read.GetId()) == "" {
				w.t.Errorf("the library reads %v as %+v", e, read)
			}
		}
		w.heard = append(w.heard, w.entity(n.Resource))
	}
	rw.WriteHeader(http.StatusAccepted)
}

// entity reads a resource as the library does, which goes by its type tag.
func (w *world) entity(v any) models.Entityable {
	if _, ok := v.(map[string]any); !ok {
		return nil
	}
	raw, _ := json.Marshal(v)
	node, err := kiotajson.NewJsonParseNodeFactory().GetRootParseNode("application/json", raw)
	if err != nil {
		w.t.Errorf("%s: %v", raw, err)
		return nil
	}
	read, err := node.GetObjectValue(models.CreateEntityFromDiscriminatorValue)
	if err != nil {
		w.t.Errorf("%s: %v", raw, err)
		return nil
	}
	return read.(models.Entityable)
}

// told are the resources that were notified since the last time. Those of lists
// are nil.
func (w *world) told() []models.Entityable {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.heard
	w.heard = nil
	return all
}

// pass lets virtual time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// wav is silence in the form that Graph wants.
func wav(d time.Duration) []byte {
	const rate = 16000
	size := int(d*rate/time.Second) * 2
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	b.WriteString("RIFF")
	put(uint32(36 + size))
	b.WriteString("WAVEfmt ")
	put(uint32(16))
	put([]uint16{1, 1})
	put([]uint32{rate, rate * 2})
	put([]uint16{2, 16})
	b.WriteString("data")
	put(uint32(size))
	b.Write(make([]byte, size))
	return b.Bytes()
}
