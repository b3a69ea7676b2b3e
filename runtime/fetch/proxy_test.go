package fetch

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

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
