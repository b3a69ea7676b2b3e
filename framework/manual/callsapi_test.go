package manual_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// verbsOf are the verbs of flows by the method that they ask of Graph. A verb
// that flows do not have yet is not shown.
var verbsOf = map[string][]string{
	"create call":                    {"dial", "hunt", "transfer", "join"},
	"hang up":                        {"end", "dial", "hunt"},
	"answer":                         {"answer"},
	"reject":                         {"reject"},
	"redirect":                       {"redirect"},
	"transfer":                       {"transfer", "hunt"},
	"playPrompt":                     {"play", "menu", "collect", "confirm", "record", "dial", "hunt", "transfer"},
	"recordResponse":                 {"record"},
	"cancelMediaProcessing":          {"play", "menu", "collect", "confirm", "record"},
	"subscribeToTone":                {"menu", "collect", "confirm", "wait"},
	"sendDtmfTones":                  {"send_keys"},
	"mute":                           {"mute"},
	"unmute":                         {"unmute"},
	"addLargeGalleryView":            {"gallery"},
	"updateRecordingStatus":          {"recording_status"},
	"invite":                         {"invite"},
	"mute participant":               {"mute"},
	"muteAll":                        {"mute"},
	"startHoldMusic":                 {"hold"},
	"stopHoldMusic":                  {"resume"},
	"create audio routing group":     {"route_audio"},
	"update audio routing group":     {"route_audio"},
	"delete audio routing group":     {"route_audio"},
	"list audio routing groups":      nil,
	"read call":                      nil,
	"keepAlive":                      nil,
	"list participants":              nil,
	"remove participant":             nil,
	"changeScreenSharingRole":        nil,
	"read participant":               nil,
	"read audio routing group":       nil,
	"read operation":                 nil,
	"list content sharing sessions":  nil,
	"read content sharing session":   nil,
	"logTeleconferenceDeviceQuality": nil,
}

// engines are methods that the engine asks for by itself.
var engines = map[string]string{
	"read call": "by itself, when an outcome is in doubt",
	"keepAlive": "by itself, every 15 minutes",
	"answer":    "by itself, before the first step that the caller hears",
}

// simulates is what the simulator does of a method.
var simulates = map[string]string{
	"create call":                    "rings the target, who answers, is busy, declines or lets it ring",
	"logTeleconferenceDeviceQuality": "checks it and forgets it",
	"read call":                      "the call with all properties",
	"hang up":                        "terminating, then terminated",
	"keepAlive":                      "the call lives another 45 minutes",
	"answer":                         "establishing, established, audio; 15 s after it rang it is too late",
	"reject":                         "the call is over",
	"redirect":                       "rings the targets, one or all at once",
	"transfer":                       "transferring, transferAccepted, terminated; or established with a result",
	"playPrompt":                     "fetches and checks the files, queues them, plays them in time",
	"recordResponse":                 "beeps, records what is said, ends by key, silence or length",
	"cancelMediaProcessing":          "ends what plays, records and waits",
	"subscribeToTone":                "keys come as updates of the call",
	"sendDtmfTones":                  "the other side hears them, with their pauses",
	"mute":                           "in calls of several: the roster says so",
	"unmute":                         "in calls of several: the roster says so",
	"changeScreenSharingRole":        "a shared screen begins or ends",
	"addLargeGalleryView":            "an operation that ends well",
	"updateRecordingStatus":          "the roster says so",
	"list participants":              "who is in the call",
	"read participant":               "one of them",
	"remove participant":             "is put out, or not rung any more; the roster says so",
	"invite":                         "rings them; the roster tells who came",
	"mute participant":               "the roster says so",
	"muteAll":                        "the roster says so",
	"startHoldMusic":                 "hears music instead of the others",
	"stopHoldMusic":                  "hears the others again",
	"list audio routing groups":      "those of the call",
	"create audio routing group":     "checks that everybody in it is there",
	"read audio routing group":       "one of them",
	"update audio routing group":     "who hears whom changes",
	"delete audio routing group":     "it is gone",
	"list content sharing sessions":  "the screens that are shared",
	"read content sharing session":   "one of them",
	"read operation":                 "as it stands",
}

// callsTable lists the methods of the call API.
func callsTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| method | | flow | Go (`framework/graph`) | simulator | source |\n|---|---|---|---|---|---|\n")
	known := map[string]bool{}
	for _, m := range graph.Methods() {
		verbs, ok := verbsOf[m.Name]
		if !ok {
			t.Errorf("verbsOf does not say which verbs ask for %s", m.Name)
		}
		known[m.Name] = true
		does := simulates[m.Name]
		if does == "" {
			t.Errorf("simulates does not say what becomes of %s", m.Name)
		}
		if !isSimulated(t, m) {
			t.Errorf("the simulator does not know %s", m.Name)
		}
		verbs = slices.DeleteFunc(slices.Clone(verbs), func(name string) bool { return !isVerb(name) })
		use := quoted(verbs)
		if engine := engines[m.Name]; engine != "" {
			use = strings.TrimPrefix(use+"; "+engine, "; ")
		}
		mark := m.Class.String()
		if m.Beta {
			mark += ", beta"
		}
		fmt.Fprintf(&b, "| %s<br>`%s %s` | %s | %s | `%s` | %s | [%s](https://learn.microsoft.com/graph/api/%s?view=graph-rest-beta) |\n",
			m.Name, m.HTTP, m.Path, mark, use, m.Go, does, m.Page, m.Page)
	}
	for name := range verbsOf {
		if !known[name] {
			t.Errorf("the API has no method %q", name)
		}
	}
	return b.String()
}

// simKey is made once: making a key is slow.
var simKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func isVerb(name string) bool {
	return slices.ContainsFunc(flow.Verbs(), func(v flow.Verb) bool { return v.Name == name && v.Ready })
}

// Each verb that asks something of Graph is in the table of methods, or is one of
// those that ask nothing.
func TestVerbsAskForMethods(t *testing.T) {
	inside := []string{"do", "http", "set", "forget", "switch", "hours", "call", "return", "goto", "milestone", "log", "tag", "wait_for", "signal"}
	for _, v := range flow.Verbs() {
		asks := slices.Contains(inside, v.Name)
		for _, verbs := range verbsOf {
			asks = asks || slices.Contains(verbs, v.Name)
		}
		if v.Ready && !asks {
			t.Errorf("the verb %s asks for no method of Graph; add it to verbsOf, or to those that ask for none", v.Name)
		}
	}
}

// isSimulated asks the simulator for a method and sees whether it knows it.
func isSimulated(t *testing.T, m graph.Method) bool {
	t.Helper()
	sim, err := graphsim.New(graphsim.Config{BaseURL: "https://graph.test", Webhook: "https://bot.test/calls", Key: simKey(),
		Transport: graphsim.InMemory(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	call, err := sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, path, kind, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		return answerOf(t, sim, r)
	}
	form := url.Values{"client_id": {graphsim.DefaultAppID}, "client_secret": {graphsim.DefaultSecret}, "scope": {"https://graph.microsoft.com/.default"}, "grant_type": {"client_credentials"}}
	_, text := send(http.MethodPost, sim.TokenURL(), "application/x-www-form-urlencoded", form.Encode())
	var grant struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(text), &grant); err != nil {
		t.Fatal(err)
	}
	path := "https://graph.test/beta" + strings.NewReplacer("{call}", string(call.ID()), "{id}", graphsim.DefaultInstance).Replace(m.Path)
	r, err := http.NewRequestWithContext(t.Context(), m.HTTP, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+grant.Token)
	status, text := answerOf(t, sim, r)
	return status != http.StatusNotImplemented && !strings.Contains(text, `"ResourceNotFound"`)
}

func answerOf(t *testing.T, sim *graphsim.Sim, r *http.Request) (int, string) {
	t.Helper()
	resp, err := graphsim.InMemory(sim).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if closed := resp.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
