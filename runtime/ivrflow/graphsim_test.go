package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// alone is a simulator that runs as a command, and a client of its control
// interface.
type alone struct {
	t      *testing.T
	info   started
	client *http.Client
	token  string
	stdout *watched
	stderr *watched
	done   chan int
}

// startAlone runs ivrflow graphsim until ctx is over.
func startAlone(ctx context.Context, t *testing.T, args ...string) *alone {
	t.Helper()
	s := &alone{t: t, client: http.DefaultClient, stdout: newWatched(), stderr: newWatched(), done: make(chan int, 1)}
	args = append([]string{"graphsim", "--listen", "127.0.0.1:0", "--format", "json"}, args...)
	go func() {
		s.done <- Main(ctx, args, strings.NewReader(""), s.stdout, s.stderr)
		close(s.done)
	}()
	if err := json.Unmarshal([]byte(s.stdout.find(ctx, t, `(?m)^(\{.*\})$`)), &s.info); err != nil {
		t.Fatal(err)
	}
	return s
}

// ask asks the control interface.
func (s *alone) ask(ctx context.Context, method, path, body string, into any) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, s.info.Control+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if into != nil && json.Unmarshal(text, into) != nil || into != nil && resp.StatusCode > 299 {
		s.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return resp.StatusCode
}

// freeAddress is a loopback address that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

const hotline = `ivr: 1
flow: hotline
start: main
states:
  main:
    - menu: {file: welcome.wav}
      keys: {1: sales, 2: message}
      gave_up: end
  message: [{record: message, consent: not_required, max: 5s, empty: end}, end]
  sales:
    - play: {file: sales.wav}
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}
      failed: [{play: {silence: 200ms}}, end]
vars: {message: {type: recording}}
on_error: [end]
`

// botFor writes the configuration of a bot for a simulator, and its flow.
func (s *alone) botFor(t *testing.T, address string) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("IVRFLOW_TEST_SECRET", graphsim.DefaultSecret)
	files := map[string]string{
		"welcome.wav":      string(prompt.Tone(4*time.Second, "welcome")),
		"sales.wav":        string(prompt.Tone(300*time.Millisecond, "sales")),
		"hotline.ivr.yaml": hotline,
		"bot.yaml": fmt.Sprintf("app_id: %s\nsecret: {env: IVRFLOW_TEST_SECRET}\ntenants: [%s]\npublic_url: http://%s\nlisten: %s\n"+
			"graph: {url: %s/beta, login_url: %s, metadata_url: %s}\nflows: [hotline.ivr.yaml]\nstore: memory\ndrain: 1s\n",
			s.info.AppID, s.info.Tenant, address, address, s.info.URL, s.info.URL, s.info.Metadata),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "bot.yaml")
}

// A bot of ivrflow against the simulator alone, driven only over /control: call,
// hear, press, be transferred in vain, with a request that fails in between.
func TestGraphsimAndBot(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	address := freeAddress(t)
	settings := filepath.Join(t.TempDir(), "setup.json")
	if err := os.WriteFile(settings, []byte(`{"settings": {"establishing_delay": "1ms", "established_delay": "1ms", "audio_delay": "1ms", "transfer_ring": "50ms"},
		"people": [{"id": "5f0c7c7e-0000-4000-8000-000000000001", "behaviour": "busy"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	simCtx, stop := context.WithCancel(ctx)
	defer stop()
	s := startAlone(simCtx, t, "--bot", "http://"+address+"/api/calls", "--settings", settings, "--seed", "5", "--oddity", "duplicates")
	botCtx, endBot := context.WithCancel(ctx)
	defer endBot()
	bot := &running{stderr: newWatched(), done: make(chan int, 1)}
	go func() {
		bot.done <- Main(botCtx, []string{"run", "--config", s.botFor(t, address)}, strings.NewReader(""), &bytes.Buffer{}, bot.stderr)
	}()
	bot.stderr.find(ctx, t, `msg="taking calls" listen=(\S+)`)

	s.ask(ctx, http.MethodPost, "/faults", `{"on": "playPrompt", "nth": 2, "status": 503}`, &control.Fault{})
	var c control.Call
	s.ask(ctx, http.MethodPost, "/calls", `{"caller": {"id": "+441632960123"}}`, &c)
	s.ask(ctx, http.MethodGet, "/calls/"+c.ID+"?until=prompt&wait=20s", "", &c)
	s.ask(ctx, http.MethodPost, "/calls/"+c.ID+"/press", `{"keys": "1"}`, &c)
	s.ask(ctx, http.MethodGet, "/calls/"+c.ID+"?until=ended&wait=30s", "", &c)
	if c.Ended.By != "bot" || c.Keys != "1" || len(c.Moves) != 1 || c.Moves[0].State != "failed" || len(c.Prompts) < 2 || !c.Prompts[0].Cancelled {
		t.Errorf("the call: %+v, ended %+v\n%s", c, c.Ended, bot.stderr)
	}
	var log control.Log
	s.ask(ctx, http.MethodGet, "/log?kind=request&what=playPrompt", "", &log)
	if len(log.Entries) < 3 || log.Entries[1].Status != 503 || log.Entries[1].Fault == "" {
		t.Errorf("the requests to play: %+v", log.Entries)
	}
	s.ask(ctx, http.MethodPost, "/calls", `{"script": [{"when": "prompt", "press": "2"}, {"when": "recording", "speak": "1s"}]}`, &c)
	s.ask(ctx, http.MethodGet, "/calls/"+c.ID+"?until=recording&wait=20s", "", &c)
	s.ask(ctx, http.MethodPost, "/calls/"+c.ID+"/hang_up", "", &c)
	if c.Ended.By != "person" {
		t.Errorf("the call ended %+v", c.Ended)
	}
	s.ask(ctx, http.MethodGet, "/log?kind=callback&what=terminated&wait=10s&call="+c.ID, "", &log)
	endBot()
	bot.end(ctx, t, exitFine)
	stop()
	if code := <-s.done; code != exitFine {
		t.Errorf("exit code %d", code)
	}
	if last := s.stderr.String(); !strings.Contains(last, `{"sum":{"calls":2,"calls_over":2,`) {
		t.Errorf("it ended with %s", last[max(0, len(last)-300):])
	}
}

// Off loopback it listens only with a token, over TLS, and knows its key and its
// bot's certificate from files.
func TestGraphsimOffLoopback(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	dir := t.TempDir()
	key, token, ca := filepath.Join(dir, "sim.pem"), filepath.Join(dir, "token"), filepath.Join(dir, "ca.pem")
	cert, certKey := certificate(t, dir)
	called := make(chan string, 10)
	bot := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusAccepted)
	}))
	defer bot.Close()
	for name, text := range map[string][]byte{token: []byte("0123456789abcdef0123\n"),
		ca: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: bot.Certificate().Raw})} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var thumbprints []string
	for range 2 {
		running, stop := context.WithCancel(ctx)
		s := startAlone(running, t, "--listen", "0.0.0.0:0", "--url", "https://127.0.0.1:1", "--bot", bot.URL+"/calls", "--bot-ca", ca,
			"--control-token-file", token, "--tls-cert", cert, "--tls-key", certKey, "--key", key)
		_, port, err := net.SplitHostPort(s.info.Listening)
		if err != nil {
			t.Fatal(err)
		}
		s.info.Control = "https://127.0.0.1:" + port + "/control"
		s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // a certificate of the test
		if status := s.ask(ctx, http.MethodPost, "/calls", "", nil); status != http.StatusUnauthorized {
			t.Errorf("without a token: %d", status)
		}
		s.token = "0123456789abcdef0123"
		s.ask(ctx, http.MethodPost, "/calls", "", &control.Call{})
		select {
		case auth := <-called:
			if !strings.HasPrefix(auth, "Bearer ey") {
				t.Errorf("the callback's token is %q", auth)
			}
		case <-ctx.Done():
			t.Fatalf("the bot was not called:\n%s", s.stderr)
		}
		thumbprints = append(thumbprints, s.info.Thumbprint)
		stop()
		<-s.done
	}
	if thumbprints[0] != thumbprints[1] {
		t.Errorf("the key was not kept: %q", thumbprints)
	}
}

// Containers of one test do without TLS, if that is said; and the set-up's file
// registers further bots.
func TestGraphsimInsecure(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	setup := filepath.Join(t.TempDir(), "setup.json")
	if err := os.WriteFile(setup, []byte(`{"apps": [{"id": "0f7dd3a4-9c6c-4f58-8d1c-3f5b6a2e9c01", "bot": "http://other.invalid:3978/api/calls"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--settings", setup, "--url", "http://graphsim.invalid:8080", "--bot", "http://bot.invalid:3978/api/calls", "--insecure-http"}
	running, stop := context.WithCancel(ctx)
	s := startAlone(running, t, args...)
	if s.info.Bot != "http://bot.invalid:3978/api/calls" || s.info.URL != "http://graphsim.invalid:8080" || len(s.info.Setup.Apps) != 1 {
		t.Errorf("it runs as %+v", s.info)
	}
	stop()
	<-s.done
	_, stderr, code := invoke(t, "", append([]string{"graphsim"}, args[:len(args)-1]...)...)
	if code != exitUsage || strings.Count(stderr, "or --insecure-http") != 2 {
		t.Errorf("without the flag: exit code %d, %s", code, stderr)
	}
}

// Wrong use is told with what to do about it.
func TestGraphsimUsage(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"now"}, exitUsage, "takes no arguments"},
		{[]string{"--listen", "8080"}, exitUsage, "127.0.0.1:8080"},
		{[]string{"--listen", "0.0.0.0:8080"}, exitUsage, "--control-token-file"},
		{[]string{"--listen", "0.0.0.0:8080", "--control-token-file", "x"}, exitUsage, "--url"},
		{[]string{"--listen", "10.0.0.1:8080", "--control-token-file", "x", "--url", "http://10.0.0.1:8080"}, exitUsage, "--tls-cert"},
		{[]string{"--bot", "http://bot.example.com/api/calls"}, exitUsage, "--bot-ca"},
		{[]string{"--tenant", "contoso"}, exitUsage, "--tenant contoso is no GUID"},
		{[]string{"--app-id", "x"}, exitUsage, "--app-id x is no GUID"},
		{[]string{"--instance", "x"}, exitUsage, "--instance x is no GUID"},
		{[]string{"--bot", "bot"}, exitUsage, "/api/calls"},
		{[]string{"--tls-cert", "x"}, exitUsage, "--tls-key"},
		{[]string{"--format", "xml"}, exitUsage, "text"},
		{[]string{"--oddity", "duplicate"}, exitUsage, `did you mean "duplicates"`},
		{[]string{"--listen", "127.0.0.1:0", "--url", "https://sim.example.com/path"}, exitUsage, "path"},
		{[]string{"--listen", "127.0.0.1:99999"}, exitFailure, "listening"},
		{[]string{"--settings", filepath.Join(dir, "none")}, exitFailure, "no such file"},
		{[]string{"--settings", write("bad.json", `{"settings": {"latencie": "1s"}}`, 0o644)}, exitFindings, `bad.json: settings.latencie: there is no such setting; leave it out; did you mean "latency"`},
		{[]string{"--control-token-file", write("short", "abc", 0o600)}, exitFailure, "openssl rand"},
		{[]string{"--control-token-file", write("open", "0123456789abcdef", 0o644)}, exitFailure, "chmod 600"},
		{[]string{"--key", write("key", "no key", 0o600)}, exitFailure, "openssl genrsa"},
		{[]string{"--app-cert", write("appcert", "no certificate", 0o600)}, exitFailure, "no certificate in PEM"},
		{[]string{"--bot-ca", write("ca", "no certificate", 0o600)}, exitFailure, "no certificate"},
		{[]string{"--tls-cert", write("cert", "none", 0o600), "--tls-key", write("certkey", "none", 0o600)}, exitFailure, "--tls-cert"},
	} {
		stdout, stderr, code := invoke(t, "", append([]string{"graphsim"}, tt.args...)...)
		if code != tt.code || !strings.Contains(stderr, tt.want) || stdout != "" {
			t.Errorf("%q: exit code %d, it said %q and %q", tt.args, code, stdout, stderr)
		}
	}
	if stdout, _, code := invoke(t, "", "graphsim", "--oddity", "list"); code != exitFine || !strings.Contains(stdout, "duplicates") {
		t.Errorf("--oddity list: exit code %d, %q", code, stdout)
	}
}

// certificate writes one of the test's own making.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
