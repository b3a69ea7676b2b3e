package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// serve starts a TLS server on loopback.
func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// roots are a server's own certificate.
func roots(s *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

// fetcher is a Fetcher whose flow "f" may call some servers on loopback.
func fetcher(t testing.TB, c Config, servers ...*httptest.Server) *Fetcher {
	t.Helper()
	for _, s := range servers {
		c.Hosts = append(c.Hosts, Host{Origin: s.URL, Flows: []string{"f"}, Networks: []string{"127.0.0.0/8"}})
		if s.Certificate() != nil {
			c.RootCAs = roots(s)
		}
	}
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// get is a GET of flow "f" of a literal URL.
func get(u string) Request { return Request{Flow: "f", Method: "GET", URL: []Piece{Literal(u)}} }

func post(u string, body any) Request {
	return Request{Flow: "f", Method: "POST", URL: []Piece{Literal(u)}, JSON: body}
}

// wantKind fails unless an error is an *Error of a kind.
func wantKind(t testing.TB, err, kind error) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, kind) {
		t.Fatalf("got error %v, want %v", err, kind)
	}
	return e
}

// spy counts what guards let pass, and lets nothing of it happen.
type spy struct {
	mu     sync.Mutex
	passed []netip.AddrPort
}

var errSpy = errors.New("the spy dials nothing")

func (s *spy) watch(f *Fetcher) {
	for _, g := range f.rules.guards {
		g.passed = func(a netip.AddrPort) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.passed = append(s.passed, a)
			return errSpy
		}
	}
}

func (s *spy) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.passed)
}

// trap listens on one port of both loopback addresses and counts who comes.
type trap struct {
	port     string
	accepted atomic.Int64
}

func newTrap(t testing.TB) *trap {
	t.Helper()
	tr := &trap{}
	first, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, tr.port, _ = net.SplitHostPort(first.Addr().String())
	listeners := []net.Listener{first}
	if second, err := net.Listen("tcp6", "[::1]:"+tr.port); err == nil { // not every machine has IPv6
		listeners = append(listeners, second)
	}
	for _, l := range listeners {
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				tr.accepted.Add(1)
				c.Close()
			}
		}()
	}
	return tr
}

// pipeNet is a network in memory for tests in virtual time: a Fetcher that may
// call http://api.test, and a server behind it.
func pipeNet(t testing.TB, c Config, h http.HandlerFunc) *Fetcher {
	t.Helper()
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: h, ErrorLog: quiet()}
	go server.Serve(l)
	c.AllowHTTP = true
	c.Hosts = append(c.Hosts, Host{Origin: "http://api.test", Flows: []string{"f"}})
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	f.pooled.DialContext, f.fresh.DialContext = l.dial, l.dial
	t.Cleanup(func() {
		f.Close()
		server.Close()
	})
	return f
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// portOf is a server's port.
func portOf(t testing.TB, rawURL string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
