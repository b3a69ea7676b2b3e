package server

import (
	"cmp"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// ConnLimits say how many connections a listener has at once. A zero field stands
// for its default. They keep one that opens connections and says nothing from
// taking all of the process's memory and files; who may say something is the
// Verifier's to decide.
type ConnLimits struct {
	// Total is of all; 4,096.
	Total int
	// PerAddress is of one address, of IPv6 of one network of 64 bits; 2,048.
	// Behind a proxy all connections have the proxy's address.
	PerAddress int
}

// The defaults of ConnLimits. Each is more than the requests that are handled at
// once.
const (
	maxConnections           = 4096
	maxConnectionsPerAddress = 2048
)

// WithDefaults fills what is not said.
func (c ConnLimits) WithDefaults() ConnLimits {
	return ConnLimits{Total: cmp.Or(c.Total, maxConnections), PerAddress: cmp.Or(c.PerAddress, maxConnectionsPerAddress)}
}

// Validate refuses negative limits.
func (c ConnLimits) Validate() error {
	if c.Total < 0 || c.PerAddress < 0 {
		return errors.New("a limit of connections is negative")
	}
	return nil
}

// Limited is a listener that closes what it accepts beyond its limits, before
// anything is read of it. Make it with Limit.
type Limited struct {
	net.Listener
	limits  ConnLimits
	log     *slog.Logger
	lines   sampler
	refused atomic.Uint64

	mu   sync.Mutex
	open int
	by   map[netip.Prefix]int // open, by address
}

// Limit bounds the connections of a listener. It goes below TLS, so that one too
// many costs no handshake. The log hears of some of those; nil is silent.
func Limit(l net.Listener, c ConnLimits, log *slog.Logger) *Limited {
	return &Limited{Listener: l, limits: c.WithDefaults(), log: cmp.Or(log, slog.New(slog.DiscardHandler)), by: map[netip.Prefix]int{}}
}

// Accept waits for a connection within the limits.
func (l *Limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // net/http compares it
		}
		from := addressOf(c)
		if l.enter(from) {
			return &limitedConn{Conn: c, leave: sync.OnceFunc(func() { l.leave(from) })}, nil
		}
		_ = c.Close() // nobody is told why
		n := l.refused.Add(1)
		if ok, silent := l.lines.allow(time.Now()); ok {
			l.log.Warn("connection closed, there are too many", slog.String("address", from.Addr().String()), slog.Uint64("closed", n), slog.Int("not_logged", silent))
		}
	}
}

// Open is how many connections there are now.
func (l *Limited) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// Refused is how many were closed at once because there were too many.
func (l *Limited) Refused() uint64 { return l.refused.Load() }

func (l *Limited) enter(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.limits.Total || l.by[from] >= l.limits.PerAddress {
		return false
	}
	l.open++
	l.by[from]++
	return true
}

func (l *Limited) leave(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.by[from]--; l.by[from] == 0 {
		delete(l.by, from)
	}
}

// addressOf is who is at the other end: one address, of IPv6 the network that a
// customer of a provider gets as a whole. What is no IP is one and the same.
func addressOf(c net.Conn) netip.Prefix {
	at, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := at.AddrPort().Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil { // it has no such length: the address is none
		return netip.Prefix{}
	}
	return p
}

// limitedConn is a connection that counts until it is closed.
type limitedConn struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close() //nolint:wrapcheck // net/http compares it
}
