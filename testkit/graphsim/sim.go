package graphsim

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// The bot that is registered when a [Config] names none.
const (
	DefaultAppID  = "6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11"
	DefaultSecret = "simulated-client-secret"
	DefaultTenant = "b41b72d0-4e9f-4c26-8a69-f949f367c91d"
	// DefaultInstance is the application instance (resource account) that owns
	// the bot's telephone numbers.
	DefaultInstance = "c2f7a9d4-0b63-47d5-9c1e-5e8a1f60b2d3"
)

// Config describes a simulated Graph and the one bot that is registered with
// it. BaseURL and Webhook are required.
type Config struct {
	Clock     Clock             // nil is wall time
	AppID     string            // the bot's application id; DefaultAppID
	Secret    string            // the bot's client secret; DefaultSecret
	Tenant    string            // the bot's tenant; DefaultTenant
	Instance  string            // its application instance; DefaultInstance
	Webhook   string            // where incoming calls are posted; https, or http on loopback
	BaseURL   string            // the simulator's own address, without a path; https, or http on loopback
	Transport http.RoundTripper // how it reaches the bot; nil is http.DefaultTransport
	// Permissions are the roles in the access tokens. Nil means all calling
	// permissions; an empty list means none.
	Permissions []string
	Apps        []App           // further bots
	Seed        uint64          // of ids and of whatever is left to chance
	Key         *rsa.PrivateKey // signs callbacks; nil makes a new one, which costs some 100 ms
	Shared      *Shared         // with other simulators; nil: nothing
	Oddities    []Oddity        // odd behaviours, see [Oddities]
	Faults      []Fault         // scripted faults
	// Certificates are those with whose RSA keys the bot may sign in place of its
	// secret.
	Certificates []*x509.Certificate
	// InsecureHTTP takes plain http between machines, too, such as containers of
	// one test. The service demands https everywhere.
	InsecureHTTP bool
	Log          *slog.Logger // nil discards
	Settings     Settings     // what the service's documentation leaves open
}

// Sim is a simulated Graph. It is an http.Handler; make it with [New].
type Sim struct {
	cfg     Config
	set     Settings
	clock   Clock
	log     *slog.Logger
	client  *http.Client
	keys    *keyring
	actions []action
	apps    []*registered // the first is that of the configuration

	mu        sync.Mutex // guards all below, and all calls
	chance    chance
	calls     map[ivr.CallID]*Call
	tenants   map[string]bool // that called, in lower case
	cache     map[string]cacheEntry
	targets   map[string][]Reaction
	meetings  []*Meeting
	records   map[string]*recording
	odd       map[Oddity]bool
	faults    []*armed
	tokens    map[string]cachedToken // for callbacks, by app and tenant
	granted   map[string]access      // access tokens
	waiting   map[int]func() bool    // timers, by number
	requests  map[int]func()         // cancels of requests to the bot
	nextID    int
	closed    bool
	events    []Event
	observers []func(Event)
	draining  bool
}

// New checks the configuration and starts nothing. Its error names every
// fault.
func New(cfg Config) (*Sim, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	keys, err := newKeyring(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("make the simulator's signing key: %w", err)
	}
	s := &Sim{
		cfg: cfg, set: cfg.Settings.withDefaults(), clock: cfg.Clock, log: cfg.Log, keys: keys,
		actions: actions(), apps: cfg.apps(),
		chance: newChance(cfg.Seed),
		calls:  map[ivr.CallID]*Call{}, tenants: map[string]bool{},
		cache:   map[string]cacheEntry{},
		targets: map[string][]Reaction{},
		records: map[string]*recording{},
		odd:     map[Oddity]bool{},
		tokens:  map[string]cachedToken{},
		granted: map[string]access{},
		waiting: map[int]func() bool{}, requests: map[int]func(){},
	}
	s.client = &http.Client{Transport: cfg.Transport, CheckRedirect: s.checkRedirect}
	for _, o := range cfg.Oddities {
		s.odd[o] = true
	}
	s.faults = arm(cfg.Faults)
	return s, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Clock == nil {
		cfg.Clock = RealClock()
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Permissions == nil {
		cfg.Permissions = allPermissions()
	}
	for _, d := range [...]struct {
		field *string
		value string
	}{
		{&cfg.AppID, DefaultAppID}, {&cfg.Secret, DefaultSecret},
		{&cfg.Tenant, DefaultTenant}, {&cfg.Instance, DefaultInstance},
	} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	return cfg
}

func (cfg Config) validate() error {
	var faults []error
	if err := cfg.checkAddress(cfg.BaseURL); err != nil {
		faults = append(faults, fmt.Errorf("config.BaseURL: %w", err))
	} else if u, _ := url.Parse(cfg.BaseURL); u.Path != "" || u.RawQuery != "" {
		faults = append(faults, fmt.Errorf("config.BaseURL: %q has a path or query; give scheme, host and port only", cfg.BaseURL))
	}
	if err := cfg.checkAddress(cfg.Webhook); err != nil {
		faults = append(faults, fmt.Errorf("config.Webhook: %w", err))
	}
	if err := cfg.checkApps(); err != nil {
		faults = append(faults, err)
	}
	for _, o := range cfg.Oddities {
		if !slices.ContainsFunc(Oddities(), func(d OddityDoc) bool { return d.Name == o }) {
			faults = append(faults, fmt.Errorf("config.Oddities: there is no oddity %q; see graphsim.Oddities", o))
		}
	}
	if err := checkFaults("config.Faults", cfg.Faults); err != nil {
		faults = append(faults, err)
	}
	if s := cfg.Settings.Start; s < StartRunning || s > StartNull {
		faults = append(faults, fmt.Errorf("config.Settings.Start: %d is none of the statuses", s))
	}
	if c := cfg.Settings.OddChance; c < 0 || c > 1 {
		faults = append(faults, fmt.Errorf("config.Settings.OddChance: %v is not a chance; give 0 to 1", c))
	}
	return errors.Join(faults...)
}

// allPermissions are the tenant-wide calling permissions.
func allPermissions() []string {
	return []string{"Calls.AccessMedia.All", "Calls.Initiate.All", "Calls.InitiateGroupCall.All",
		"Calls.JoinGroupCall.All", "Calls.JoinGroupCallAsGuest.All"}
}

// checkTheirs is checkAddress for addresses that the bot names.
func (s *Sim) checkTheirs(raw string) error {
	if err := s.cfg.checkAddress(raw); err != nil {
		return err
	}
	if s.set.HTTPSOnly && !strings.HasPrefix(strings.ToLower(raw), "https:") {
		return fmt.Errorf("%q is not https", raw)
	}
	return nil
}

// readCallback refuses a callbackUri that is not https.
func (s *Sim) readCallback(uri string) *failure {
	if err := s.checkTheirs(uri); err != nil {
		return invalid("callbackUri: " + err.Error() + ".")
	}
	return nil
}

// checkAddress accepts absolute https addresses, and http ones on loopback, or
// anywhere with InsecureHTTP.
func (cfg Config) checkAddress(raw string) error {
	if raw == "" {
		return errors.New("is missing; give an absolute https address")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not an address: %w", raw, err)
	case u.Host == "":
		return fmt.Errorf("%q is not absolute; give scheme and host", raw)
	case u.User != nil:
		return fmt.Errorf("%q holds credentials; the service sends none", u.Redacted())
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (cfg.InsecureHTTP || isLoopback(u.Hostname())):
		return nil
	case u.Scheme == "http":
		return fmt.Errorf("%q is plain http; the simulator allows http on loopback only (127.0.0.1, ::1, localhost), use https, or ask for InsecureHTTP", raw)
	}
	return fmt.Errorf("%q is not https", raw)
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Discovery is the address of the OpenID metadata by which the bot verifies
// callbacks.
func (s *Sim) Discovery() string { return s.cfg.BaseURL + discoveryPath }

// Issuer is the issuer of callback tokens.
func (s *Sim) Issuer() string { return s.set.TokenIssuer }

// TokenURL is the token endpoint of the bot's tenant.
func (s *Sim) TokenURL() string { return s.cfg.BaseURL + "/" + s.cfg.Tenant + "/oauth2/v2.0/token" }

// AppID is the registered bot's application id.
func (s *Sim) AppID() string { return s.cfg.AppID }

// Tenant is the registered bot's tenant.
func (s *Sim) Tenant() string { return s.cfg.Tenant }

// Call is a call by its id in any spelling; nil if there was none.
func (s *Sim) Call(id ivr.CallID) *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[ivr.NormalizeCallID(string(id))]
}
