package fetch

import (
	"cmp"
	"context"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Config says what flows may fetch. The zero value is valid and allows
// nothing.
type Config struct {
	Hosts     []Host
	Secrets   map[string]BoundSecret // by the name that flows use
	AllowHTTP bool                   // allows hosts without TLS, which show all that is sent
	Proxy     Proxy                  // the zero value is none; the environment is not asked

	Timeout time.Duration // of a request that names none; 0 for DefaultTimeout, at most MaxTimeout
	Connect time.Duration // for finding and connecting to a host; 0 for DefaultConnect, or Timeout if that is less

	RootCAs  *x509.CertPool // of the hosts' certificates; nil for the machine's
	Resolver *net.Resolver  // nil for the machine's

	// Random is a number from 0 to 1, less than 1: how much of the longest
	// wait passes before the next try. nil for a random one.
	Random func() float64
	// Pause waits between tries. nil for a timer.
	Pause func(ctx context.Context, d time.Duration) error
	Log   *slog.Logger // told when a host's breaker opens and closes; nil for none
}

// Host is one place that some flows may call.
type Host struct {
	Origin string   // scheme, host and perhaps port: "https://api.example.com:8443"
	Flows  []string // the names of the flows that may call it
	// Networks are the private networks, such as "10.20.0.0/16", in which this
	// host may be. Without them only public addresses are dialled.
	Networks []string
}

// BoundSecret is a secret with the hosts that may see it.
type BoundSecret struct {
	Value ivr.Secret
	Hosts []string // origins, each of which is also in Config.Hosts
}

// Proxy is an HTTP proxy for all requests. It finds the hosts' addresses
// itself, so it is the proxy that must keep requests out of private networks.
type Proxy struct {
	URL      string     // "http://proxy.example.com:3128"; "" for none
	Auth     ivr.Secret // "user:password", if it wants that
	Networks []string   // the private networks in which the proxy may be
}

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.Connect = cmp.Or(c.Connect, min(DefaultConnect, c.Timeout))
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Pause == nil {
		c.Pause = pause
	}
	return c
}
