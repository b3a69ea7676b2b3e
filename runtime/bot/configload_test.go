package bot_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io/fs"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Every key of a full configuration arrives where it belongs.
func TestConfigValues(t *testing.T) {
	t.Chdir("testdata/config")
	var log bytes.Buffer
	cfg, _, err := loader(&log).Load("good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var flows []string
	for _, f := range cfg.Flows {
		flows = append(flows, f.Name)
	}
	speech, _ := cfg.Speech.(*bot.CommandSpeech)
	if speech == nil {
		t.Fatalf("Speech is %T, want a command", cfg.Speech)
	}
	for _, tt := range []struct {
		what      string
		got, want any
	}{
		{"AppID", cfg.AppID, "6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11"},
		{"Secret", cfg.Secret.Reveal(), "the client secret"},
		{"Tenants", cfg.Tenants, []string{"b41b72d0-4e9f-4c26-8a69-f949f367c91d"}},
		{"PublicURL", cfg.PublicURL, "https://bot.example.com"},
		{"Key", cfg.Key, bytes.Repeat([]byte{0xfb}, 32)},
		{"StoreAt", cfg.StoreAt, bot.StorePlace{Kind: bot.StoreSQLite, File: "calls.db"}},
		{"Retention", cfg.Retention, bot.Retention{Keys: 12 * time.Hour, Calls: 30 * 24 * time.Hour, Recordings: 7 * 24 * time.Hour}},
		{"Addr", cfg.Addr, "127.0.0.1:8443"},
		{"Admin", [4]any{cfg.Admin.Listen, len(cfg.Admin.Tokens), cfg.Admin.Tokens[1].Name, cfg.Admin.Tokens[1].Roles}, [4]any{"127.0.0.1:9445", 2, "bob", []admin.Role{admin.Operate}}},
		{"DrainFor", cfg.DrainFor, 90 * time.Second},
		{"GraphURL", cfg.GraphURL, ""},
		{"profile", cfg.Profiles[0].Name, "public"},
		{"profile's tenants", cfg.Profiles[0].Tenants, cfg.Tenants},
		{"flows", flows, []string{"desk", "night"}},
		{"Routes", cfg.Routes, []bot.Route{
			{Called: "c2f7a9d4-0b63-47d5-9c1e-5e8a1f60b2d3", Number: "+4420", Flow: "desk"},
			{Tenant: "B41B72D0-4E9F-4C26-8A69-F949F367C91D", Caller: "+49*", Flow: "desk"},
			{Flow: "night"}}},
		{"FlowConfig", cfg.FlowConfig, map[string]map[string]any{
			"desk":  {"service_desk": "5f0c7c7e-0000-4000-8000-000000000001", "opens": "08:30", "seats": 6.5},
			"night": {}}},
		{"hosts", cfg.HTTP.Hosts, []fetch.Host{{Origin: "https://api.example.com:8443", Flows: []string{"desk", "night"}, Networks: []string{"10.20.0.0/16"}}}},
		{"secret", cfg.HTTP.Secrets["crm"].Value.Reveal(), base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, 32))},
		{"secret's hosts", cfg.HTTP.Secrets["crm"].Hosts, []string{"https://api.example.com:8443"}},
		{"Phones", cfg.Phones, []string{"+4420", "+49"}},
		{"speech arguments", speech.Args[1:], []string{"{locale}", "{voice}"}},
		{"speech in SSML", speech.SSML[1:], []string{"-u"}},
		{"speech time-out", speech.Timeout, 5 * time.Second},
		{"how files are read", strings.HasSuffix(cfg.Audio.CommandName, `/cat" "{in}" "{out}"]`), true},
		{"RecordingHosts", cfg.RecordingHosts, []string{"*.example.com", "media.example.org:8443"}},
		{"debug is logged", cfg.Log.Enabled(t.Context(), slog.LevelDebug), true},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.what, tt.got, tt.want)
		}
	}
	cfg.Log.Debug("hello")
	if !strings.HasPrefix(log.String(), `{"time":`) {
		t.Errorf("the log is %q, want JSON", &log)
	}
	cfg.DB = &store.MemoryDB{}
	if _, err := bot.New(cfg); err != nil {
		t.Errorf("no bot can be made of it: %v", err)
	}
}

// Values that are not written have their defaults.
func TestConfigDefaults(t *testing.T) {
	t.Chdir("testdata/config")
	var log bytes.Buffer
	cfg, _, err := loader(&log).Load("good_small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Log.Debug("silent")
	cfg.Log.Info("hello")
	if got := log.String(); !strings.Contains(got, "level=INFO msg=hello") || strings.Contains(got, "silent") {
		t.Errorf("the log is %q, want one line of text", got)
	}
	if cfg.Routes != nil || cfg.Speech != nil || cfg.Phones != nil || cfg.DrainFor != 0 || cfg.RecordingHosts != nil {
		t.Errorf("something is set that was not written: %+v", cfg)
	}
	if b, err := bot.New(cfg); err != nil || b.Profiles()[0].Name != "public" {
		t.Errorf("no bot for the public cloud can be made of it: %v", err)
	}
}

func TestConfigClouds(t *testing.T) {
	t.Chdir("testdata/config")
	t.Run("simulator", func(t *testing.T) {
		cfg, _, err := loader(new(bytes.Buffer)).Load("good_simulator.yaml")
		if err != nil {
			t.Fatal(err)
		}
		p := cfg.Profiles[0]
		if !p.Loopback || p.MetadataURL != "http://127.0.0.1:4711/v1/.well-known/OpenIdConfiguration" || p.Audiences[0] != cfg.AppID {
			t.Errorf("the profile is %+v", p)
		}
		if cfg.GraphURL != "http://127.0.0.1:4711/beta" || cfg.LoginURL != "http://127.0.0.1:4711" {
			t.Errorf("Graph is at %q and %q", cfg.GraphURL, cfg.LoginURL)
		}
		if _, err := bot.New(cfg); err != nil {
			t.Errorf("no bot can be made of it: %v", err)
		}
	})
	t.Run("simulator without TLS", func(t *testing.T) {
		cfg, _, err := loader(new(bytes.Buffer)).Load("good_simulator_http.yaml")
		if err != nil || cfg.PublicURL != "http://127.0.0.1:3978" || !cfg.Profiles[0].Loopback {
			t.Errorf("public address %q, profile %+v: %v", cfg.PublicURL, cfg.Profiles[0], err)
		}
	})
	t.Run("simulator elsewhere", func(t *testing.T) {
		cfg, _, err := loader(new(bytes.Buffer)).Load("good_simulator_far.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if p := cfg.Profiles[0]; p.Loopback || len(p.Thumbprints) != 1 || p.Thumbprints[0] != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
			t.Errorf("the profile is %+v", p)
		}
		if _, err := bot.New(cfg); err != nil {
			t.Errorf("no bot can be made of it: %v", err)
		}
	})
	t.Run("government", func(t *testing.T) {
		cfg, list := loadText(t, "cloud: government\n")
		if len(list) > 0 || cfg.Profiles[0].Name != "government" || cfg.GraphURL != "https://graph.microsoft.us/beta" || cfg.LoginURL != "https://login.microsoftonline.us" {
			t.Errorf("profile %q, Graph at %q and %q, findings %s", cfg.Profiles[0].Name, cfg.GraphURL, cfg.LoginURL, list)
		}
		got := firstToken(t, cfg)
		if want := "https://login.microsoftonline.us/" + cfg.Tenants[0] + "/oauth2/v2.0/token for https://graph.microsoft.us/.default"; got != want {
			t.Errorf("the token was asked of %s, want %s", got, want)
		}
	})
	t.Run("Entra", func(t *testing.T) {
		for text, want := range map[string][]string{
			"":                         {"public"},
			"entra_callbacks: false\n": {"public"},
			"entra_callbacks: true\n":  {"public", "entra"},
		} {
			cfg, list := loadText(t, text)
			var got []string
			for _, p := range cfg.Profiles {
				got = append(got, p.Name)
			}
			if len(list) > 0 || !slices.Equal(got, want) {
				t.Errorf("%q: profiles %q, want %q; findings %s", text, got, want, list)
			}
		}
	})
	t.Run("any tenant", func(t *testing.T) {
		cfg, _, err := loader(new(bytes.Buffer)).Load("tenants_any.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if len(cfg.Tenants) != 0 || !slices.Equal(cfg.Profiles[0].Tenants, []string{"*"}) {
			t.Errorf("tenants %q, and %q in the profile", cfg.Tenants, cfg.Profiles[0].Tenants)
		}
	})
}

// roundTrip is a transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// firstToken starts a bot and says where it asks for a token first, and for
// what.
func firstToken(t *testing.T, cfg bot.Config) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var got string
	cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			defer stop()
			if err := r.ParseForm(); err != nil {
				return nil, err
			}
			got = "https://" + r.URL.Host + r.URL.Path + " for " + r.PostForm.Get("scope")
		}
		return nil, errors.New("nobody answers")
	})
	b, err := bot.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Serve(ctx, listen(t)); err != nil {
		t.Fatal(err)
	}
	return got
}

// loadText loads a good configuration with more lines, in a folder of its own.
func loadText(t *testing.T, more string) (bot.Config, diag.List) {
	t.Helper()
	dir := t.TempDir()
	return loadIn(t, dir, more)
}

func loadIn(t *testing.T, dir, more string) (bot.Config, diag.List) {
	t.Helper()
	return loadWith(t, loader(new(bytes.Buffer)), dir, more)
}

func loadWith(t *testing.T, l bot.ConfigLoader, dir, more string) (bot.Config, diag.List) {
	t.Helper()
	flow := "ivr: 1\nflow: night\nstart: a\nstates: {a: {reject: none}}\non_error: [end]\n"
	text := `app_id: 6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11
tenants: [b41b72d0-4e9f-4c26-8a69-f949f367c91d]
public_url: https://bot.example.com
flows: [night.ivr.yaml]
` + more
	if !strings.Contains(more, "secret:") {
		text += "secret: {env: BOT_SECRET}\n"
	}
	write(t, filepath.Join(dir, "night.ivr.yaml"), flow, 0o644)
	name := filepath.Join(dir, "bot.yaml")
	write(t, name, text, 0o644)
	cfg, list, err := l.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, list
}

func write(t *testing.T, name, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
}

// A machine that only checks has no secrets, and gets no folders. All else is
// checked, and secrets that are there are.
func TestConfigCheckOnly(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "short.key"), "too short", 0o600)
	for _, tt := range []struct{ name, more, want string }{
		{"nothing there", "secret: {env: NOT_SET}\nkey: {file: run/key}\nrecordings: ./calls\n",
			"5:15: note: the environment variable NOT_SET is not set here, so it was not checked; run needs it [secret]\n" +
				"6:13: note: there is no file \"run/key\" here, so it was not checked; run needs it [secret]\n"},
		{"empty", "secret: {env: EMPTY}\n", "5:15: note: the environment variable EMPTY is empty here"},
		{"a bad one", "key: {file: short.key}\n", "error: the key is not base64"},
		{"a key for TLS", "tls: {cert: none.pem, key: none.key}\n", "note: there is no file \"none.key\" here"},
		{"written out", "secret: hunter2\n", "error: a secret does not stand in the configuration"},
		{"a secret of a flow", "hosts: [{url: https://api.example.com}]\nsecrets: {crm: {env: NOT_SET, hosts: [https://api.example.com]}}\n", "note: the environment variable NOT_SET is not set here"},
		{"another fault", "secret: {env: NOT_SET}\ndrain: 1\n", "error: a time needs its unit"},
		{"fine", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfgs, list := loadWith(t, bot.ConfigLoader{Env: environment, CheckOnly: true}, dir, tt.more)
			got := strings.ReplaceAll(list.String(), filepath.Join(dir, "bot.yaml")+":", "")
			if !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
			if !list.HasErrors() && len(cfgs.Flows) != 1 {
				t.Errorf("%d flows, want 1", len(cfgs.Flows))
			}
			if _, run := loadIn(t, dir, strings.Replace(tt.more, "recordings: ./calls\n", "", 1)); run.HasErrors() != (tt.want != "") {
				t.Errorf("to run it says\n%s", run)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "calls")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder for recordings: %v", err)
	}
}

// A secret's file must belong to its owner alone.
func TestConfigSecretFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // files have no mode there
	}
	for _, tt := range []struct {
		name, text string
		mode       fs.FileMode
		fault      string // in the only finding; empty: none
	}{
		{"owner only", "hunter2\r\n", 0o600, ""},
		{"read only", " spaced ", 0o400, ""},
		{"group", "hunter2", 0o640, "can be read by others (its mode is 0640); run: chmod 600 secret.txt"},
		{"everybody", "hunter2", 0o604, "can be read by others (its mode is 0604)"},
		{"group may write", "hunter2", 0o620, "can be read by others"},
		{"empty", "\n", 0o600, "is empty"},
		{"too large", strings.Repeat("x", 65<<10), 0o600, "a secret has at most 65536"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "secret.txt"), tt.text, tt.mode)
			cfg, list := loadIn(t, dir, "secret: {file: secret.txt}\n")
			switch {
			case tt.fault == "" && (len(list) > 0 || cfg.Secret.Reveal() != strings.TrimRight(tt.text, "\r\n")):
				t.Errorf("got %q and\n%s", cfg.Secret.Reveal(), list)
			case tt.fault != "" && (len(list) != 1 || !strings.Contains(list.String(), tt.fault)):
				t.Errorf("got\n%s\nwant one finding with %q", list, tt.fault)
			case strings.Contains(list.String(), "hunter2"):
				t.Errorf("the findings hold the secret:\n%s", list)
			}
		})
	}
}

func TestConfigTLS(t *testing.T) {
	cert, key := certificate(t)
	_, other := certificate(t)
	for _, tt := range []struct {
		name, cert, key string
		mode            fs.FileMode
		fault           string
	}{
		{"good", cert, key, 0o600, ""},
		{"of another certificate", cert, other, 0o600, "the certificate cannot be used: tls: private key does not match public key"},
		{"no PEM", "nothing", key, 0o600, "the certificate cannot be used"},
		{"open key", cert, key, 0o644, "can be read by others"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && tt.mode != 0o600 {
				return // files have no mode there
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "cert.pem"), tt.cert, 0o644)
			write(t, filepath.Join(dir, "key.pem"), tt.key, tt.mode)
			cfg, list := loadIn(t, dir, "tls: {cert: cert.pem, key: key.pem}\n")
			if tt.fault == "" && (len(list) > 0 || cfg.CertFile != filepath.Join(dir, "cert.pem") || cfg.KeyFile != filepath.Join(dir, "key.pem")) {
				t.Errorf("files %q and %q, findings:\n%s", cfg.CertFile, cfg.KeyFile, list)
			}
			if tt.fault != "" && (len(list) != 1 || !strings.Contains(list.String(), tt.fault)) {
				t.Errorf("got\n%s\nwant one finding with %q", list, tt.fault)
			}
		})
	}
}

// With tls the bot speaks HTTPS, by that certificate, and nothing else.
func TestServeTLS(t *testing.T) {
	cert, key := certificate(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cert.pem"), cert, 0o644)
	write(t, filepath.Join(dir, "key.pem"), key, 0o600)
	cfg, list := loadIn(t, dir, "tls: {cert: cert.pem, key: key.pem}\n")
	if len(list) > 0 {
		t.Fatalf("findings:\n%s", list)
	}
	cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("nobody answers") })
	b, err := bot.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.Serve(ctx, l) }()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(cert))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "bot.example.com", MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	for scheme, want := range map[string]int{"https": http.StatusOK, "http": http.StatusBadRequest} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+"://"+l.Addr().String()+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: transport}).Do(req)
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		if resp.Body.Close(); resp.StatusCode != want {
			t.Errorf("%s: status %d, want %d", scheme, resp.StatusCode, want)
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// certificate makes a certificate and its key, both PEM.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"bot.example.com"}, NotAfter: time.Now().Add(time.Hour)}
	c, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}))
}

// The folder for recordings is made, but not for a configuration with faults.
func TestConfigRecordings(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "kept", "recordings")
	if _, list := loadIn(t, dir, "recordings: kept/recordings\nlisten: x\n"); !list.HasErrors() {
		t.Fatal("no findings")
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("the folder was made although the configuration has faults")
	}
	cfg, list := loadIn(t, dir, "recordings: kept/recordings\n")
	if len(list) > 0 {
		t.Fatalf("findings:\n%s", list)
	}
	if err := cfg.Recordings.Save(context.Background(), "r1", []byte("RIFF")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "r1.wav")); err != nil {
		t.Error(err)
	}
}

func TestConfigNotThere(t *testing.T) {
	_, list, err := bot.LoadConfig(filepath.Join(t.TempDir(), "bot.yaml"))
	if err == nil || len(list) > 0 || !strings.Contains(err.Error(), "bot.yaml") {
		t.Errorf("got %v and %d findings, want an error that names the file", err, len(list))
	}
}

// A flow may lie outside the bot's folder; its prompts are then in its own.
func TestLoadFlowElsewhere(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bad.ivr.yaml"), "ivr: 1\nflow: bad\nstart: nowhere\nstates: {a: {reject: none}}\n", 0o644)
	for _, name := range []string{filepath.Join(dir, "bad.ivr.yaml"), filepath.Join("..", filepath.Base(dir), "bad.ivr.yaml")} {
		project := dir
		if filepath.IsAbs(name) {
			project = ""
		}
		f, list, err := bot.LoadFlow(project, name)
		if err != nil || f != nil || len(list) != 1 || list[0].Pos.File != filepath.Join(dir, "bad.ivr.yaml") {
			t.Errorf("%s: got %v, %v and\n%s", name, f, err, list)
		}
	}
}

// The manual is made from the table, so each field must say all.
func TestConfigFields(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range bot.ConfigFields() {
		if f.Doc == "" || f.Type == "" || strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s: type %q, doc %q", f.Name, f.Type, f.Doc)
		}
		if seen[f.Name] {
			t.Errorf("%s stands in the table twice", f.Name)
		}
		if parent, _, ok := strings.Cut(f.Name, "."); ok && !seen[parent] {
			t.Errorf("%s comes before %s", f.Name, parent)
		}
		seen[f.Name] = true
	}
}

// No part of a secret is left, wherever it stands on its line.
func TestMaskSecrets(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"secret: hunter2", "secret: ***"},
		{"secret: hunter,2}", "secret: ***"},
		{`  "client_secret":   'hunter2' # old`, `  "client_secret":   *** # old`},
		{"x: {password: hunter2, a: b}", "x: {password: ***, a: b}"},
		{`x: {token: "hunter,2}", key: hunter2}`, "x: {token: ***, key: ***}"},
		{`secret: "hunter2`, "secret: ***"},
		{"secret: {env: NAME}", "secret: {env: NAME}"},
		{"SECRET: hunter2\r", "SECRET: ***"},
		{"public_url: https://u:hunter2@example.com/a?b=hunter2", "public_url: https://***@example.com/a?***"},
		{"listen: \":8443\"", "listen: \":8443\""},
	} {
		if got := string(bot.MaskSecrets("f", []byte(tt.in), nil)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}
