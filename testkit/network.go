package testkit

import (
	"fmt"
	"net/http"
)

// The addresses of the two sides. Nothing listens there: the network below
// calls their handlers.
const (
	botHost   = "bot.test"
	graphHost = "graph.test"
	botURL    = "https://" + botHost
	graphURL  = "https://" + graphHost
)

// network is a transport in memory: it hands each request to the handler of
// its host, on the caller's goroutine, and counts.
type network struct {
	hosts    map[string]http.RoundTripper
	requests int
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	side := n.hosts[r.URL.Host]
	if side == nil {
		if r.Body != nil {
			_ = r.Body.Close() // nobody reads it
		}
		return nil, fmt.Errorf("%s %s: a test reaches %s and %s only", r.Method, r.URL.Host, botHost, graphHost)
	}
	n.requests++
	return side.RoundTrip(r)
}
