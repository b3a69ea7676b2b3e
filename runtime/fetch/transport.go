package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// newTransport dials nothing but what the rules name, through their guards.
func newTransport(c Config, r *rules) *http.Transport {
	t := &http.Transport{
		DialContext:            r.dialer(c),
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    MaxInFlight,
		MaxResponseHeaderBytes: maxAnswer,
		IdleConnTimeout:        idleTime,
		TLSHandshakeTimeout:    c.Connect,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            c.RootCAs,
			ClientSessionCache: tls.NewLRUClientSessionCache(0),
		},
		HTTP2: http2Config(),
	}
	if r.proxy != nil {
		t.Proxy = http.ProxyURL(r.proxy)
		t.OnProxyConnectResponse = proxyAnswered
	}
	return t
}

func http2Config() *http.HTTP2Config {
	return &http.HTTP2Config{
		SendPingTimeout:               DefaultTimeout, // finds out that a kept connection is dead
		PingTimeout:                   DefaultConnect,
		MaxReceiveBufferPerStream:     2 * MaxBody, // what a host may send before anybody reads it
		MaxReceiveBufferPerConnection: MaxInFlight * MaxBody,
	}
}

func (r *rules) dialer(c Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		g := r.guards[address]
		if g == nil {
			return nil, errGuard
		}
		d := net.Dialer{Timeout: c.Connect, Control: g.control, Resolver: c.Resolver}
		return d.DialContext(ctx, network, address)
	}
}

var errProxy = errors.New("refused by the proxy")

// proxyAnswered keeps the proxy's own words out of errors.
func proxyAnswered(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return errProxy
	}
	return nil
}

// freshTransport uses no connection twice. A kept connection may be closed by
// the host while a message is on its way, and nobody can tell then whether it
// was received. net/http hides that by sending some messages again; with a
// fresh connection it never does.
func freshTransport(c Config, r *rules) *http.Transport {
	t := newTransport(c, r)
	t.DisableKeepAlives = true
	return t
}

// send sends one message and returns the answer's head.
func (f *Fetcher) send(ctx context.Context, p *plan, h hop) (*http.Response, *Error) {
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	req := (&http.Request{
		Method: h.method, URL: h.url, Host: h.url.Host, Header: h.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(traced)
	if h.body != nil {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(h.body)), int64(len(h.body))
	}
	transport := f.fresh
	if safe(h.method) {
		transport = f.pooled
	}
	answer, err := transport.RoundTrip(req)
	if err != nil {
		return nil, p.broke(ctx, err, connected.Load())
	}
	return answer, nil
}
