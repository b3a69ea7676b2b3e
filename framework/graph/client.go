package graph

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Public cloud addresses.
const (
	DefaultBaseURL  = "https://graph.microsoft.com/beta"
	DefaultLoginURL = "https://login.microsoftonline.com"
	DefaultScope    = "https://graph.microsoft.com/.default"
)

// defaultTimeout is how long one request may take.
const defaultTimeout = 10 * time.Second

// Config is what a client needs. ClientID and ClientSecret are required.
type Config struct {
	BaseURL      string // the API's root, "" for DefaultBaseURL; https, or http on loopback
	LoginURL     string // of the token endpoint, "" for DefaultLoginURL; https, or http on loopback
	Scope        string // of the token, "" for DefaultScope
	ClientID     string // the bot's application id
	ClientSecret ivr.Secret

	Transport http.RoundTripper // nil for one of the client's own
	Timeout   time.Duration     // of one request, 0 for 10s; the context may end it earlier
	// Before is asked just before the bytes of a request leave; its error keeps
	// them from leaving. nil: nobody is asked.
	Before func(ctx context.Context) error
	Now    func() time.Time // decides about the life of tokens; nil for time.Now
	Log    *slog.Logger     // nil for none
}

// Client sends requests to Graph. It is safe for concurrent use, starts no
// goroutine of its own and has nothing to close.
type Client struct {
	baseURL  *url.URL
	root     string // baseURL as text
	v1       bool   // the root is of version 1.0, which lacks some methods and properties
	timeout  time.Duration
	before   func(ctx context.Context) error
	now      func() time.Time
	log      *slog.Logger
	requests http.RoundTripper // follows no redirect
	download *http.Client      // follows redirects on the same host
	tokens   *tokens
}

// NewClient checks a configuration and makes a client of it. The error joins
// all faults.
func NewClient(c Config) (*Client, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("configuring the Graph client: %w", err)
	}
	base, err := url.Parse(strings.TrimRight(c.BaseURL, "/"))
	if err != nil {
		return nil, fmt.Errorf("configuring the Graph client: %w", err)
	}
	client := &Client{
		baseURL:  base,
		root:     base.String(),
		v1:       strings.EqualFold(path.Base(base.Path), "v1.0"),
		timeout:  c.Timeout,
		before:   c.Before,
		now:      c.Now,
		log:      c.Log,
		requests: c.Transport,
		download: &http.Client{Transport: c.Transport, CheckRedirect: followSameHost},
	}
	client.tokens = &tokens{
		loginURL: strings.TrimRight(c.LoginURL, "/"),
		scope:    c.Scope,
		clientID: c.ClientID,
		secret:   c.ClientSecret,
		http:     &http.Client{Transport: c.Transport, CheckRedirect: followNone},
		now:      c.Now,
		log:      c.Log,
		tenants:  map[string]*tenantToken{},
	}
	return client, nil
}

// BaseURL is the API's root, without a slash at its end.
func (c *Client) BaseURL() string { return c.root }

func (c Config) withDefaults() Config {
	c.BaseURL = cmp.Or(c.BaseURL, DefaultBaseURL)
	c.LoginURL = cmp.Or(c.LoginURL, DefaultLoginURL)
	c.Scope = cmp.Or(c.Scope, DefaultScope)
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Transport == nil {
		t := &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 5 * time.Second,
		}
		c.Transport = t
	}
	return c
}

func (c Config) validate() error {
	var faults []error
	if c.ClientID == "" {
		faults = append(faults, errors.New("ClientID is empty; it is the bot's application id"))
	}
	if c.ClientSecret.Reveal() == "" {
		faults = append(faults, errors.New("ClientSecret is empty"))
	}
	if c.Timeout < 0 {
		faults = append(faults, fmt.Errorf("the Timeout %s is negative", c.Timeout))
	}
	faults = append(faults, checkURL("BaseURL", c.BaseURL), checkURL("LoginURL", c.LoginURL))
	return errors.Join(faults...)
}

// Warm gets the tenant's token, so that the next request need not wait for it:
// a call must be answered within 15 seconds.
func (c *Client) Warm(ctx context.Context, tenant string) error {
	_, err := c.tokens.get(ctx, tenant, "")
	return err
}

// Roles are the application permissions that the tenant's token grants, such as
// Calls.Initiate.All; false if the token does not say. The token is the bot's own
// and is not verified: this is for advice, and decides nothing.
func (c *Client) Roles(ctx context.Context, tenant string) ([]string, bool) {
	access, err := c.tokens.get(ctx, tenant, "")
	if err != nil {
		return nil, false
	}
	parts := strings.Split(strings.TrimPrefix(access, scheme), ".")
	if len(parts) != 3 {
		return nil, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Roles *[]string `json:"roles"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Roles == nil {
		return nil, false
	}
	return *claims.Roles, true
}

// answered notes what an answer's head says.
func (e *Error) answered(answer *http.Response, now time.Time) {
	e.Sent, e.Status = true, answer.StatusCode
	e.RequestID = shorten(answer.Header.Get("Request-Id"), 64)
	e.RetryAfter = retryAfter(answer.Header.Get("Retry-After"), now)
}

// outgoing is a request as it leaves.
type outgoing struct {
	method, address string
	body            io.Reader
	header          http.Header
}

// connecting is how far an exchange has come.
type connecting struct {
	trace       httptrace.ClientTrace
	wanted, got atomic.Bool // a connection
}

func (c *connecting) watch(ctx context.Context) context.Context {
	c.trace.GetConn = func(string) { c.wanted.Store(true) }
	c.trace.GotConn = func(httptrace.GotConnInfo) { c.got.Store(true) }
	return httptrace.WithClientTrace(ctx, &c.trace)
}

// do makes one HTTP exchange and notes in failed whether it left us.
func (c *Client) do(ctx context.Context, exchange func(*http.Request) (*http.Response, error), out outgoing, failed *Error) (*http.Response, error) {
	var far connecting
	request, err := http.NewRequestWithContext(far.watch(ctx), out.method, out.address, out.body)
	if err != nil {
		failed.Err = err
		return nil, err
	}
	request.Header = out.header
	if err := ctx.Err(); err != nil {
		failed.Err = err
		return nil, err
	}
	answer, err := exchange(request)
	if err != nil {
		if cause, ok := errors.AsType[*url.Error](err); ok {
			err = cause.Err // the address says nothing that Op and CallID do not
		}
		failed.Err = err
		failed.Sent = !(far.wanted.Load() && !far.got.Load()) && !neverLeft(err)
	}
	return answer, err
}

// neverLeft reports whether an error proves that no byte of the request left:
// a transport that is not net/http's own gives no other sign.
func neverLeft(err error) bool {
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return true
	}
	_, dns := errors.AsType[*net.DNSError](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	return dns || certificate || record
}

// followNone lets a redirect be the answer: a token must not follow it.
func followNone(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// maxRedirects is how many redirects a download follows.
const maxRedirects = 3

func followSameHost(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > maxRedirects || next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// newID is a random GUID, the form in which Graph wants request ids.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := make([]byte, 0, 36)
	for _, part := range [...][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if len(text) > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}
