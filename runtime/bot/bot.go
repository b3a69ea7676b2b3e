// Package bot is what a program embeds to answer calls: it wires flows, the
// calls that run them, the Graph client and the HTTP side together.
//
//	kept, err := keep.Open(ctx, &cfg) // cfg by hand, or from bot.LoadConfig; or calls are in memory
//	b, err := bot.New(cfg)
//	err = bot.RegisterAction(b, bot.Action[In, Out]{Name: "verify", Outcomes: ..., Do: verify})
//	err = b.ListenAndServe(ctx)       // until ctx is over, then it drains
//
// A Bot is safe for concurrent use. Actions are registered before it serves.
package bot

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Config is what a bot is made of. AppID, Secret, PublicURL and at least one
// flow are required.
type Config struct {
	AppID  string
	Secret ivr.Secret // client secret
	// Tenants are those whose calls are taken, required unless Profiles say it,
	// and for which a token is fetched at the start.
	Tenants   []string
	PublicURL string // where Graph reaches the bot, "https://bot.example.com"
	// Key signs callback addresses and prompt addresses, and encrypts what DB keeps:
	// at least 32 random bytes. nil makes a new one, which is fine as long as calls
	// live in memory.
	Key []byte

	GraphURL string // empty: the public cloud, /beta
	LoginURL string // empty: the public cloud
	Scope    string // of the tokens for Graph, "https://HOST/.default"; empty: the public cloud
	// Profiles say whose callbacks are believed; empty: the public cloud's.
	Profiles []server.Profile

	Flows  []*flow.Flow
	Routes []Route // the first that fits decides; none fits: the only flow, or the call is refused
	// FlowConfig is each flow's part of the configuration, by the flow's name.
	FlowConfig map[string]map[string]any
	// Phones are the prefixes of telephone numbers that calls may be sent to,
	// "+4420". Empty: none.
	Phones []string

	// HTTP says which hosts and secrets the HTTP requests of flows may use. The
	// zero value allows none.
	HTTP  fetch.Config
	Fetch Fetcher // makes the requests; nil: package fetch does, as HTTP says

	// Audio is how the Flows' audio files were read; to load flows later, see
	// LoadFlowWith. The bot itself does not need it.
	Audio prompt.Importer

	Speech     Speech     // nil: flows with text prompts are refused
	Recordings Recordings // nil: kept in the database of Store, in Blobs, or in memory
	// RecordingHosts are the hosts besides Graph's from which recordings are
	// fetched, "host" or "*.domain"; nil: Microsoft's.
	RecordingHosts []string
	Addr           string // where ListenAndServe listens; ":8443"
	CertFile       string // TLS; empty: plain HTTP, for a proxy in front
	KeyFile        string
	// DrainFor is how long at shutdown live calls may go on, if they end with the
	// process, or callers still come in while other processes take over; 10 s.
	DrainFor time.Duration
	Watch    bool // the file asks for Reloads.Watch; for whoever calls Follow

	// StoreAt is where calls are kept, as a configuration file says. It is opened
	// before New, by keep.Open, which sets DB.
	StoreAt StorePlace
	// DB keeps calls and counters, unless Store and Counters do; nil: memory. It
	// needs Key. New does not close it.
	DB        store.DB
	Lease     time.Duration // of this process's calls in DB; 0: store.DefaultLease
	Retention Retention     // of what is in DB

	Limits   Limits   // how much is taken on at once
	Fallback Fallback // where a call goes that cannot be taken
	// Metrics is where Serve serves /metrics, "127.0.0.1:9090"; empty: nowhere. Any
	// other address than a loopback one needs MetricsToken.
	Metrics      string
	MetricsToken ivr.Secret

	Admin Admin // the admin API; its zero value is none

	Store call.Store // nil: DB, or memory
	// Shared says that other processes use Store too: one that ends hands its calls
	// over, while new ones go to the others.
	Shared bool
	// Versions keeps the versions of flows that calls run, so that the calls can be
	// continued elsewhere; nil: the database of Store, if it has one, or memory only.
	Versions Versions
	// Blobs keeps audio that was made at run time, which any process of the bot
	// may be asked for, and Recordings if they are nil; nil: the database of Store if
	// it is shared, or memory only. BlobLimits says what of it can go.
	Blobs Blobs

	Counters  Counters          // nil: memory
	Clock     call.Clock        // nil: wall time
	Transport http.RoundTripper // to Graph; nil: the default with enough idle connections
	Log       *slog.Logger      // nil: nothing is logged
	Observe   func(call.Change) // see call.Config
	NewID     func() string     // session ids; nil: 128 random bits

	logs  string     // how ConfigLoader has it logged
	logTo *logWriter // ... and to where, if that could hold somebody up
}

// Bot answers calls.
type Bot struct {
	cfg       Config
	made      Config // as New got it
	client    *graph.Client
	verifier  *server.Verifier
	media     *server.Media
	addresses addresses
	library   *library
	calls     *call.Calls
	handler   http.Handler
	// macs are the HMACs that make the secrets in callback addresses.
	macs    sync.Pool
	leaving atomic.Bool   // it hands its calls over
	drain   chan struct{} // closed when somebody asks it to drain
	asked   sync.Once     // of that

	purger   *purger
	versions *versions
	settings atomic.Pointer[settings]
	changing sync.Mutex // of the settings

	arrivals *arrivals
	away     sentAway
	counts   counts
	running  atomic.Int64 // actions
	// connections are those of Serve; nil before it.
	connections atomic.Pointer[server.Limited]
	orders      orders
	began       time.Time
	besides     group // goroutines

	mu      sync.RWMutex
	actions map[string]action
}

// New checks the configuration and makes a bot. It starts nothing. The error
// names every fault.
func New(cfg Config) (*Bot, error) {
	given := cfg
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("bot: %w", err)
	}
	b := &Bot{cfg: cfg, made: given, actions: map[string]action{}, drain: make(chan struct{}), began: cfg.Clock.Now().UTC()}
	b.purger = &purger{b: b}
	b.library = newLibrary(cfg.Speech, cfg.Recordings, b.derive("secret audio"))
	b.arrivals = &arrivals{b: b, most: cfg.Limits.Waiting, calls: map[ivr.CallID]*arrival{}}
	b.library.shared = newSharedAudio(cfg.Blobs, newSealer(b.derive("secret audio blobs")), cfg)
	b.versions = newVersions(cfg, b.library)
	is, err := b.newSettings(given, nil)
	if err != nil {
		return nil, fmt.Errorf("bot: %w", err)
	}
	b.adopt(is)
	if err := b.wire(); err != nil {
		return nil, fmt.Errorf("bot: %w", err)
	}
	return b, nil
}

func (c Config) withDefaults() (Config, error) {
	var errs []error
	for _, need := range [...]struct{ name, value string }{
		{"AppID", c.AppID}, {"Secret", c.Secret.Reveal()}, {"PublicURL", c.PublicURL},
	} {
		if need.value == "" {
			errs = append(errs, fmt.Errorf("%s is missing", need.name))
		}
	}
	if len(c.Profiles) == 0 {
		c.Profiles = []server.Profile{server.PublicCloud(c.AppID, c.Tenants...)}
	}
	if c.Clock == nil {
		c.Clock = WallClock()
	}
	errs = append(errs, c.inDatabase())
	if c.Key == nil {
		c.Key = make([]byte, 32)
		_, _ = rand.Read(c.Key) // never fails
	}
	c.inStore()
	c.inMemory()
	errs = append(errs, c.Limits.validate(), checkMetrics(c.Metrics, c.MetricsToken), c.checkAdmin())
	c.Limits = c.Limits.withDefaults()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = maskLog(c.Log)
	if c.NewID == nil {
		c.NewID = rand.Text
	}
	if c.Addr == "" {
		c.Addr = ":8443"
	}
	if c.Transport == nil {
		c.Transport = newTransport()
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return c, errors.Join(errs...)
}

// inMemory keeps in memory what is kept nowhere else.
func (c *Config) inMemory() {
	if c.Store == nil {
		c.Store = &store.Memory{}
	}
	if c.Counters == nil {
		c.Counters = &store.Counters{}
	}
	if c.Recordings == nil {
		c.Recordings = NewMemoryRecordings()
	}
}

// inStore keeps in the database of the calls, if they have one, what is kept
// nowhere else.
func (c *Config) inStore() {
	if s, ok := c.Store.(interface{ DB() store.DB }); ok {
		if c.Versions == nil {
			c.Versions = s.DB()
		}
		if c.Recordings == nil {
			c.Recordings = NewBlobRecordings(s.DB(), c.Key)
		}
		if c.Blobs == nil && c.Shared {
			c.Blobs = s.DB()
		}
	}
	if c.Recordings == nil && c.Blobs != nil {
		c.Recordings = NewBlobRecordings(c.Blobs, c.Key)
	}
}

// newTransport keeps enough idle connections for many calls at once; the
// standard library's default of two a host would open one for every command.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 256
	t.MaxIdleConns = 512
	return t
}

// wire makes the parts that need each other.
func (b *Bot) wire() error {
	var err error
	now := b.cfg.Clock.Now
	key := b.derive("callback")
	b.macs.New = func() any { return hmac.New(sha256.New, key) }
	if b.client, err = graph.NewClient(graph.Config{BaseURL: b.cfg.GraphURL, LoginURL: b.cfg.LoginURL, Scope: b.cfg.Scope,
		ClientID: b.cfg.AppID, ClientSecret: b.cfg.Secret, Transport: b.cfg.Transport, Timeout: b.sendWithin(), Before: b.maySend, Now: now, Log: b.cfg.Log}); err != nil {
		return err
	}
	if b.verifier, err = server.NewVerifier(server.VerifierConfig{Profiles: b.cfg.Profiles, HTTP: b.cfg.Transport, Now: now, Log: b.cfg.Log}); err != nil {
		return err
	}
	if b.media, err = server.NewMedia(server.MediaConfig{Key: b.derive("media"), Lookup: b.library.content, TTL: b.mediaLife(), Now: now}); err != nil {
		return err
	}
	if b.calls, err = call.New(call.Config{Store: b.cfg.Store, Sender: b, Clock: b.cfg.Clock, Flow: b.flowVersion, SendWithin: b.sendWithin(),
		MostCalls: b.cfg.Limits.Calls, Alone: !b.cfg.Shared, WithoutStore: b.cfg.Limits.WithoutStore, SendAway: b.sendAwayStuck, Log: b.cfg.Log, Observe: b.cfg.Observe, OnDrain: b.askToDrain}); err != nil {
		return err
	}
	b.handler, err = server.New(server.Config{Verifier: b.verifier, Intake: b, AppID: b.cfg.AppID, Media: b.media,
		Ready: b.Ready, Log: b.cfg.Log, Now: now, Observe: b.counts.requests.count})
	return err
}

// sendWithin is the longest that one request to Graph takes. With a lease it is
// half of that, so that most of the time there is enough of the lease left.
func (b *Bot) sendWithin() time.Duration {
	const most = 10 * time.Second
	if lease := b.cfg.Store.Lease(); lease > 0 {
		return min(most, lease/2)
	}
	return most
}

// Open takes up the calls that the store has for this process. Serve does it;
// who only uses the Handler calls it first, and [Bot.Close] at the end.
func (b *Bot) Open(ctx context.Context) error {
	if err := b.keepFirst(ctx); err != nil {
		return err
	}
	if err := b.calls.Open(ctx); err != nil {
		return fmt.Errorf("bot: %w", err)
	}
	if n, ok := b.cfg.Store.(interface{ Node() store.NodeID }); ok {
		b.cfg.Log.Info("calls are this node's", slog.String("node", string(n.Node())), slog.Int("calls", b.calls.Live()))
	}
	b.purger.start()
	return nil
}

// Close stops sending, and leaves the calls that live to whoever opens the store
// next. It does not close the store.
func (b *Bot) Close() {
	b.purger.close()
	b.arrivals.close()
	b.calls.Close()
	b.awaitBeside()
	if c, ok := b.cfg.Clock.(interface{ Close() }); ok {
		c.Close()
	}
	if f, ok := b.settings.Load().fetch.(interface{ Close() }); ok {
		f.Close()
	}
}

// mediaLife is how long an address of audio is good.
func (b *Bot) mediaLife() time.Duration { return flow.MaxCallLimit + 10*time.Minute }

// Handler is the bot's HTTP side: callbacks, prompt audio, health.
func (b *Bot) Handler() http.Handler { return b.handler }

// Calls are the live calls.
func (b *Bot) Calls() *call.Calls { return b.calls }

// Graph is the client by which the bot calls Graph. What it does to a live call its
// flow does not know of; see [Call.Graph].
func (b *Bot) Graph() *graph.Client { return b.client }

// GraphURL is the root of the API that the bot calls.
func (b *Bot) GraphURL() string { return b.client.BaseURL() }

// Profiles are the profiles by which callbacks are verified.
func (b *Bot) Profiles() []server.Profile { return b.cfg.Profiles }

// derive is a key of its own for one purpose.
func (b *Bot) derive(purpose string) []byte { return derive(b.cfg.Key, purpose) }

func derive(key []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("ivrflow " + purpose))
	return mac.Sum(nil)
}

// legSecret is the part of a leg's callback address that nobody can guess.
func (b *Bot) legSecret(s ivr.SessionID, l ivr.LegID) string {
	mac := b.macs.Get().(hash.Hash)
	defer b.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(string(s) + "\n" + string(l)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// CallbackURL is where the platform reports on a leg of a session. It holds
// the leg's secret.
func (b *Bot) CallbackURL(s ivr.SessionID, l ivr.LegID) string {
	return b.cfg.PublicURL + server.CallbackPath(s, l, b.legSecret(s, l))
}

// warm fetches what the first call would otherwise wait for. Failing is not
// fatal: readiness tells.
func (b *Bot) warm(ctx context.Context) {
	if err := b.verifier.Ready(ctx); err != nil {
		b.cfg.Log.Warn("callback keys not loaded yet", slog.String("error", err.Error()))
	}
	for _, tenant := range b.cfg.Tenants {
		if err := b.client.Warm(ctx, tenant); err != nil {
			b.cfg.Log.Warn("no access token yet", slog.String("tenant", tenant), slog.String("error", err.Error()))
			continue
		}
		b.checkRoles(ctx, tenant)
	}
}
