package fetch

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// certificate is signed by itself, for a host and a time.
func certificate(t *testing.T, host string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// trusting is a pool of one certificate.
func trusting(t *testing.T, c tls.Certificate) *x509.CertPool {
	t.Helper()
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return pool
}

// Whatever is wrong with TLS, nothing is sent: neither a header with a secret
// nor a body.
func TestBadTLS(t *testing.T) {
	tomorrow, here := time.Now().Add(24*time.Hour), "127.0.0.1"
	good := certificate(t, here, tomorrow)
	for _, tt := range []struct {
		name   string
		config *tls.Config
		trust  tls.Certificate
		detail string
	}{
		{"nobody's certificate", &tls.Config{Certificates: []tls.Certificate{good}}, certificate(t, here, tomorrow), "signed by nobody known"},
		{"expired", &tls.Config{Certificates: []tls.Certificate{certificate(t, here, time.Now().Add(-time.Hour))}}, tls.Certificate{}, "has expired"},
		{"another name", &tls.Config{Certificates: []tls.Certificate{certificate(t, "other.test", tomorrow)}}, tls.Certificate{}, "for another name"},
		{"another address", &tls.Config{Certificates: []tls.Certificate{certificate(t, "127.0.0.2", tomorrow)}}, tls.Certificate{}, "for another name"},
		{"old version", &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, tls.Certificate{}, "no connection"},
		{"no TLS", nil, good, "does not speak TLS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var hits atomic.Int64
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
			s.Config.ErrorLog = quiet()
			trust := tt.trust
			if tt.config == nil {
				s.Start()
			} else {
				if trust.Certificate == nil {
					trust = tt.config.Certificates[0]
				}
				s.TLS = tt.config
				s.StartTLS()
			}
			defer s.Close()
			origin := "https://127.0.0.1:" + portOf(t, s.URL)
			f := fetcher(t, Config{RootCAs: trusting(t, trust), Hosts: []Host{{Origin: origin, Flows: []string{"f"}, Networks: []string{"127.0.0.0/8"}}}})
			res, err := f.Do(t.Context(), with(post(origin+"/", "x"), func(r *Request) { r.Retry.Max = 1 }))
			e := wantKind(t, err, ErrConnect)
			if !strings.Contains(e.Error(), tt.detail) || e.Reason != ivr.ReasonUnreachable || hits.Load() != 0 {
				t.Errorf("got %+v, %v with reason %q; %d requests", res, e, e.Reason, hits.Load())
			}
		})
	}
}

// What a server may say instead of HTTP.
func TestBadProtocol(t *testing.T) {
	for name, says := range map[string]string{
		"nothing": "", "nonsense": "hello\r\n\r\n", "SSH": "SSH-2.0-OpenSSH_9.6\r\n", "bad status": "HTTP/1.1 abc OK\r\n\r\n", "bad header": "HTTP/1.1 200 OK\r\nA B\r\n\r\n",
		"bad length": "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"bad chunks": "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "short": "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nab",
		"endless 1xx": strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 5000), "half a head": "HTTP/1.1 200 OK\r\nContent-Ty",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					c.Read(make([]byte, 4096))
					io.WriteString(c, says)
					c.Close()
				}
			}()
			origin := "http://" + l.Addr().String()
			f := fetcher(t, Config{AllowHTTP: true, Hosts: []Host{{Origin: origin, Flows: []string{"f"}, Networks: []string{"127.0.0.1/32"}}}})
			_, err = f.Do(t.Context(), get(origin+"/"))
			if e := wantKind(t, err, ErrTransport); e.Reason != ivr.ReasonService {
				t.Errorf("got reason %q", e.Reason)
			}
			_, err = f.Do(t.Context(), post(origin+"/", 1))
			if e := wantKind(t, err, ErrTransport); e.Reason != ivr.ReasonUnknownResult {
				t.Errorf("got reason %q", e.Reason)
			}
		})
	}
}

// A port at which nobody listens.
func TestConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	origin := "https://" + l.Addr().String()
	l.Close()
	var waits []time.Duration
	f := fetcher(t, Config{Pause: atOnce(&waits), Hosts: []Host{{Origin: origin, Flows: []string{"f"}, Networks: []string{"127.0.0.1/32"}}}})
	res, err := f.Do(t.Context(), with(post(origin+"/", 1), func(r *Request) { r.Retry.Max = 2 }))
	if e := wantKind(t, err, ErrConnect); res.Tries != 3 || e.Detail != "connection refused" {
		t.Errorf("got %+v, %v", res, err)
	}
}

// GET keeps its connection; what changes something gets one of its own, so
// that net/http never sends it again by itself.
func TestConnections(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.StartTLS()
	defer s.Close()
	f := fetcher(t, Config{}, s)
	for _, tt := range []struct {
		req  Request
		want int64
	}{{get(s.URL + "/"), 1}, {post(s.URL+"/", 1), 5}} {
		opened.Store(0)
		for range 5 {
			if _, err := f.Do(t.Context(), tt.req); err != nil {
				t.Fatal(err)
			}
		}
		if opened.Load() != tt.want {
			t.Errorf("%s: %d connections, want %d", tt.req.Method, opened.Load(), tt.want)
		}
	}
}

func TestHTTP2(t *testing.T) {
	proto := ""
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto = r.Proto
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/endless" {
			for {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}
		if r.URL.Path == "/reset" {
			panic(http.ErrAbortHandler)
		}
		io.Copy(w, r.Body)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	f := fetcher(t, Config{}, s)
	res, err := f.Do(t.Context(), post(s.URL+"/", map[string]any{"a": "b"}))
	if err != nil || proto != "HTTP/2.0" || res.JSON.(map[string]any)["a"] != "b" {
		t.Fatalf("got %+v, %v over %s", res, err, proto)
	}
	_, err = f.Do(t.Context(), get(s.URL+"/endless"))
	wantKind(t, err, ErrTooLarge)
	_, err = f.Do(t.Context(), get(s.URL+"/reset"))
	wantKind(t, err, ErrTransport)
}

// The environment names a proxy, the configuration does not.
func TestEnvironmentProxyIsIgnored(t *testing.T) {
	tr := newTrap(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "http://127.0.0.1:"+tr.port)
	}
	ns := &names{hosts: map[string][][]string{"api.test": {{"8.8.8.8"}}}}
	f := fetcher(t, Config{Resolver: ns.resolver(), Hosts: []Host{{Origin: "https://api.test", Flows: []string{"f"}}}})
	var s spy
	s.watch(f)
	f.Do(t.Context(), get("https://api.test/"))
	if tr.accepted.Load() != 0 || s.count() != 1 {
		t.Errorf("%d connections to the proxy, %d dials", tr.accepted.Load(), s.count())
	}
}

// tunnel is a proxy for TLS. It sends all tunnels to one server.
type tunnel struct {
	to     string
	status int
	got    []string
}

func (p *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.got = append(p.got, r.Method+" "+r.Host+" "+r.Header.Get("Proxy-Authorization"))
	if p.status != 200 {
		http.Error(w, "s3cret", p.status)
		return
	}
	up, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", p.to)
	if err != nil {
		http.Error(w, "", http.StatusBadGateway)
		return
	}
	down, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	io.WriteString(down, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		io.Copy(up, down)
		up.Close()
	}()
	io.Copy(down, up)
	down.Close()
}

func TestProxy(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the host got the proxy's password")
		}
	})
	p := &tunnel{to: server.Listener.Addr().String(), status: 200}
	proxy := httptest.NewServer(p)
	defer proxy.Close()
	c := Config{
		RootCAs: roots(server),
		Hosts:   []Host{{Origin: "https://example.com", Flows: []string{"f"}}}, // the name in httptest's certificate
		Proxy:   Proxy{URL: proxy.URL, Auth: ivr.NewSecret("u:s3cret"), Networks: []string{"127.0.0.0/8"}},
	}
	f := fetcher(t, c)
	if res, err := f.Do(t.Context(), get("https://example.com/")); err != nil || res.Status != 200 {
		t.Fatalf("got %+v, %v", res, err)
	}
	if len(p.got) != 1 || p.got[0] != "CONNECT example.com:443 Basic dTpzM2NyZXQ=" {
		t.Errorf("the proxy got %q", p.got)
	}
	p.status = http.StatusForbidden
	_, err := f.Do(t.Context(), post("https://example.com/", 1))
	if e := wantKind(t, err, ErrConnect); e.Detail != "the proxy refuses" || strings.Contains(e.Error(), "s3cret") {
		t.Errorf("got %v", e)
	}
	// The proxy itself is behind the guard.
	c.Proxy.Networks = nil
	_, err = fetcher(t, c).Do(t.Context(), get("https://example.com/"))
	wantKind(t, err, ErrAddress)
}

// After Close no goroutine is left.
func TestClose(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	f := fetcher(t, Config{}, server)
	before := runtime.NumGoroutine()
	for range 10 {
		if _, err := f.Do(t.Context(), get(server.URL+"/")); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for runtime.NumGoroutine() > before && ctx.Err() == nil {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}
