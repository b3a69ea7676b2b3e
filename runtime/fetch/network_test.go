package fetch

import (
	"context"
	"io"
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
