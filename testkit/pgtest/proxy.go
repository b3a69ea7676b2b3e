package pgtest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
)

// Fate is what becomes of a request.
type Fate int

// Fates. After all but Pass and Hold, the connection is broken off at both ends.
const (
	Pass        Fate = iota
	CutBefore        // nothing of it reaches the server
	CutWithin        // half of its bytes reach the server
	CutAfter         // all of it reaches the server, whose answer is not awaited
	CutAnswered      // the server has answered, and none of it comes back
	CutMidway        // half of the answer's bytes come back
	Hold             // neither it nor anything after it passes, and nobody is told
)

// Request is what a client sends before it waits for an answer.
type Request struct {
	// SQL are the statements that it runs, also those that were prepared before; it
	// is empty if it only prepares or logs in.
	SQL []string
}

// Proxy stands between clients and a server. Its methods are safe for concurrent
// use.
type Proxy struct {
	server   string
	listener net.Listener

	mu    sync.Mutex
	judge func(Request) Fate
	open  map[*link]bool
	held  chan struct{} // closed by Flow; nil: all flows
	done  bool
	wait  sync.WaitGroup
}

// NewProxy makes a proxy of the server at an address, on a port of 127.0.0.1.
// Close ends it.
func NewProxy(ctx context.Context, server string) (*Proxy, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{server: server, listener: l, open: map[*link]bool{}}
	p.wait.Go(p.accept)
	return p, nil
}

// URL is that of a database, through the proxy.
func (p *Proxy) URL(database string) (string, error) {
	u, err := url.Parse(database)
	if err != nil {
		return "", err
	}
	u.Host = p.listener.Addr().String()
	return u.String(), nil
}

// Judge has f say what becomes of each request from now on; nil lets all pass. It
// is called on the connection's goroutine.
func (p *Proxy) Judge(f func(Request) Fate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.judge = f
}

// Stall lets nothing pass any more, in either direction, as if the network was
// cut without a word. Flow ends it.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held = make(chan struct{})
	}
}

// Flow lets pass what Stall held back.
func (p *Proxy) Flow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
}

// Cut breaks off all connections. New ones are taken.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.open {
		l.cut()
	}
}

// Close ends the proxy and its connections.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.done = true
	p.mu.Unlock()
	err := p.listener.Close()
	p.Flow()
	p.Cut()
	p.wait.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.wait.Go(func() { p.serve(client) })
	}
}

// serve carries one connection to its end.
func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.server) //nolint:noctx // refused or taken at once on this machine
	if err != nil {
		client.Close()
		return
	}
	l := &link{proxy: p, client: client, server: server, statements: map[string]string{}, ended: make(chan struct{}),
		answered: make(chan struct{}, 1)}
	if !p.add(l) {
		l.cut()
		return
	}
	var answers sync.WaitGroup
	answers.Go(l.answers)
	err = l.requests()
	if errors.Is(err, errHold) {
		<-l.ended
	}
	l.cut()
	answers.Wait()
	p.mu.Lock()
	delete(p.open, l)
	p.mu.Unlock()
}

// add makes a connection known, unless the proxy is closed.
func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.done {
		p.open[l] = true
	}
	return !p.done
}

// fate asks what becomes of a request.
func (p *Proxy) fate(r Request) Fate {
	p.mu.Lock()
	judge := p.judge
	p.mu.Unlock()
	if judge == nil || len(r.SQL) == 0 {
		return Pass
	}
	return judge(r)
}

// pass waits while nothing may pass.
func (p *Proxy) pass(ended <-chan struct{}) error {
	p.mu.Lock()
	held := p.held
	p.mu.Unlock()
	if held == nil {
		return nil
	}
	select {
	case <-held:
		return nil
	case <-ended:
		return io.ErrClosedPipe
	}
}
