package fleet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// balancer hands each request to the next node that is up, over TLS to the world
// and plain to the nodes. A node that does not answer its health check, or is not
// there, is skipped; a request of which a byte may have arrived is never repeated.
type balancer struct {
	server *httptest.Server
	client *http.Client

	mu    sync.Mutex
	nodes []*backend
	turn  int
	count struct{ passed, moved, refused, broken int }
}

type backend struct {
	name, addr string // addr is empty if there is no process
	down       bool   // it did not answer its health check
}

// answerWithin is how long a node may take to answer, before the world is told that
// there is a time-out.
const answerWithin = 5 * time.Second

func newBalancer() *balancer {
	b := &balancer{client: &http.Client{
		Timeout:       answerWithin,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DialContext: (&net.Dialer{Timeout: time.Second}).DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	b.server = httptest.NewUnstartedServer(http.HandlerFunc(b.serve))
	b.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	b.server.StartTLS()
	return b
}

func (b *balancer) close() {
	b.server.Close()
	b.client.CloseIdleConnections()
}

// set says where a node is; "" takes it out.
func (b *balancer) set(name, addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.nodes, func(n *backend) bool { return n.name == name })
	if i < 0 {
		b.nodes = append(b.nodes, &backend{name: name})
		i = len(b.nodes) - 1
	}
	b.nodes[i].addr, b.nodes[i].down = addr, false
}

// order is in which order nodes are tried.
func (b *balancer) order() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn++
	var up []string
	for i := range b.nodes {
		if n := b.nodes[(b.turn+i)%len(b.nodes)]; n.addr != "" && !n.down {
			up = append(up, n.addr)
		}
	}
	return up
}

func (b *balancer) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	for i, addr := range b.order() {
		resp, err := b.pass(r, addr, body)
		if refused(err) {
			continue // not a byte has left
		}
		b.counted(i, err)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		answer(w, resp)
		return
	}
	b.counted(-1, nil)
	w.WriteHeader(http.StatusServiceUnavailable)
}

func (b *balancer) pass(r *http.Request, addr string, body []byte) (*http.Response, error) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+addr+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	out.Host = r.Host
	return b.client.Do(out)
}

func answer(w http.ResponseWriter, resp *http.Response) {
	defer resp.Body.Close()
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body) // nobody is left to tell
}

// refused says that there was no connection.
func refused(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func (b *balancer) counted(try int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case try < 0:
		b.count.refused++
	case err != nil:
		b.count.broken++
	case try > 0:
		b.count.moved++
	default:
		b.count.passed++
	}
}

// watch asks all nodes how they are, until ctx is over.
func (b *balancer) watch(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var wg sync.WaitGroup
		for _, addr := range b.addresses() {
			wg.Go(func() { b.found(addr, probe(ctx, addr, 3*every)) })
		}
		wg.Wait()
	}
}

func (b *balancer) addresses() (all []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.nodes {
		if n.addr != "" {
			all = append(all, n.addr)
		}
	}
	return all
}

func (b *balancer) found(addr string, up bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.nodes {
		if n.addr == addr {
			n.down = !up
		}
	}
}
