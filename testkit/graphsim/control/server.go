package control

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Root is the path below which the control interface is. Graph has no such
// path.
const Root = "/control"

// Config describes a simulator that runs by itself. BaseURL and Webhook are
// required; the empty fields of the bot's registration mean graphsim's
// defaults. More bots are in the set-up.
type Config struct {
	BaseURL string // the simulator's own address, without a path; https, or http on loopback
	Webhook string // where incoming calls are posted; https, or http on loopback
	AppID   string // the bot's application id
	Secret  string // the bot's client secret
	// Certificates are those with whose keys the bot may sign in place of its secret.
	Certificates []*x509.Certificate
	Tenant       string            // the bot's tenant
	Instance     string            // its application instance (resource account)
	Key          *rsa.PrivateKey   // signs callbacks; nil makes a new one
	Transport    http.RoundTripper // how it reaches the bot; nil is http.DefaultTransport
	// InsecureHTTP takes plain http between machines, too, such as containers of
	// one test. The service demands https everywhere.
	InsecureHTTP bool
	// Token is what a client of the control interface must show. Empty lets in
	// whoever asks from this machine by a loopback name, and nobody else.
	Token string
	Setup Setup // with which it begins, and to which it is reset
	// Tell is called with every entry of the log, in order. It must not call the
	// server. Nil tells nobody.
	Tell func(Entry)
}

// Server is a simulated Graph with its control interface. It is an
// http.Handler; make it with [New].
type Server struct {
	cfg    Config
	began  time.Time
	log    *journal
	routes http.Handler
	done   chan struct{} // closed by Close

	mu     sync.Mutex
	key    *rsa.PrivateKey
	world  *world
	closed bool
}

// New checks the configuration and starts nothing. Its error names every
// fault.
func New(cfg Config) (*Server, error) {
	for _, d := range [...]struct {
		field *string
		value string
	}{
		{&cfg.AppID, graphsim.DefaultAppID}, {&cfg.Secret, graphsim.DefaultSecret},
		{&cfg.Tenant, graphsim.DefaultTenant}, {&cfg.Instance, graphsim.DefaultInstance},
	} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	s := &Server{cfg: cfg, began: time.Now(), log: newJournal(cfg.Tell), key: cfg.Key, done: make(chan struct{})}
	if s.key == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("make the key that signs callbacks: %w", err)
		}
		s.key = key
	}
	w, err := s.newWorld(cfg.Setup)
	if err != nil {
		return nil, err
	}
	s.world, s.routes = w, s.newRoutes()
	return s, nil
}

// ServeHTTP answers the control interface below [Root], and as Graph
// elsewhere.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == Root || strings.HasPrefix(r.URL.Path, Root+"/") {
		s.routes.ServeHTTP(w, r)
		return
	}
	s.serveGraph(w, r)
}

// Close ends the simulator: calls stop where they are, and whoever reads the
// log as a stream is let go. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	w, again := s.world, s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return
	}
	close(s.done)
	w.close()
}

var errClosed = errors.New("the simulator is closed")

// reset begins anew: calls stop where they are, nobody is known, nothing fails.
// The log goes on.
func (s *Server) reset(setup Setup) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	w, err := s.newWorld(setup)
	if err != nil {
		return err
	}
	old := s.world
	s.world = w
	old.close()
	return nil
}

// now is the world of the present.
func (s *Server) now() *world {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world
}

// rotate signs the next callbacks with a new key, and answers its thumbprint.
// The old ones stay published, unless forget is set.
func (s *Server) rotate(forget bool) (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.world.sim.RotateKey(key, forget); err != nil {
		return "", err
	}
	s.key = key
	return Thumbprint(&key.PublicKey), nil
}
