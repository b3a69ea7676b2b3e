package server_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// fakeListener hands out connections from the addresses that it is given.
type fakeListener struct {
	net.Listener
	from chan string
}

type fakeConn struct {
	net.Conn
	at net.Addr
}

func (c fakeConn) RemoteAddr() net.Addr { return c.at }

func (l fakeListener) Accept() (net.Conn, error) {
	text, ok := <-l.from
	if !ok {
		return nil, net.ErrClosed
	}
	here, there := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, there) }()
	if ip, err := netip.ParseAddr(text); err == nil {
		return fakeConn{here, net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 1))}, nil
	}
	return fakeConn{here, &net.UnixAddr{Name: text}}, nil
}

// Connections beyond the limits are closed at once: of one address, of one IPv6
// network, and of all.
func TestConnLimits(t *testing.T) {
	for _, tt := range []struct {
		from          []string
		open, refused int
	}{
		{[]string{"192.0.2.1", "192.0.2.1", "192.0.2.1"}, 2, 1},
		{[]string{"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"}, 3, 1},
		{[]string{"2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"}, 3, 1},
		{[]string{"fe80::1%eth0", "fe80::2%eth1", "fe80::3"}, 2, 1},
		{[]string{"a socket", "another", "a third"}, 2, 1},
		{[]string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"}, 3, 2},
	} {
		from := make(chan string, len(tt.from))
		for _, text := range tt.from {
			from <- text
		}
		close(from)
		l := server.Limit(fakeListener{from: from}, server.ConnLimits{Total: 3, PerAddress: 2}, nil)
		var conns []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			conns = append(conns, c)
		}
		if len(conns) != tt.open || l.Open() != tt.open || l.Refused() != uint64(tt.refused) {
			t.Errorf("%q: %d accepted, %d open, %d refused; want %d and %d", tt.from, len(conns), l.Open(), l.Refused(), tt.open, tt.refused)
		}
		for _, c := range conns {
			_ = c.Close()
			_ = c.Close() // counts once
		}
		if l.Open() != 0 {
			t.Errorf("%q: %d are open after all were closed", tt.from, l.Open())
		}
	}
}

// A server goes on when strangers hold all connections but one that ends: who
// is too many is cut off, and a connection that ends makes room.
func TestLimitedServer(t *testing.T) {
	inner, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	l := server.Limit(inner, server.ConnLimits{Total: 2}, slog.New(slog.NewTextHandler(&log, nil)))
	srv := server.HTTPServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "well") }))
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	silent := make([]net.Conn, 3)
	for i := range silent {
		if silent[i], err = new(net.Dialer).DialContext(t.Context(), "tcp", inner.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer silent[i].Close()
	}
	if err := silent[2].SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := silent[2].Read(make([]byte, 1)); err == nil || l.Refused() != 1 {
		t.Errorf("the third connection was read with %v; %d refused", err, l.Refused())
	}
	_ = silent[0].Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	for { // until the server has seen that one is gone
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+inner.Addr().String(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != "well" {
			t.Errorf("answered %q: %v", body, err)
		}
		break
	}
	_ = srv.Close()
	<-served
	if text := log.String(); !strings.Contains(text, `msg="connection closed, there are too many" address=127.0.0.1 closed=1`) {
		t.Errorf("logged %s", text)
	}
}

func TestConnLimitsValid(t *testing.T) {
	if c := (server.ConnLimits{}).WithDefaults(); c.Total != 4096 || c.PerAddress != 2048 {
		t.Errorf("the defaults are %+v", c)
	}
	for _, c := range []server.ConnLimits{{Total: -1}, {PerAddress: -1}} {
		if c.Validate() == nil {
			t.Errorf("%+v is valid", c)
		}
	}
}
