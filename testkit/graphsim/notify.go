package graphsim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func decimal(n int) string { return strconv.Itoa(n) }

// note is one notification on its way to the bot.
type note struct {
	change string // created, updated, deleted
	kind   string // what it tells, for faults: "incoming", "established", "tone", "playPrompt" ...
	below  string // operation id, "participants", "contentsharingsessions" and what follows, or empty for the call itself
	data   any    // resourceData
	ready  time.Time
	to     string // callback address
	legacy bool   // the whole body is in the legacy form
	empty  bool   // the body is missing
	tries  int    // deliveries that failed
	alone  bool   // never in a batch
	id     string // message id, if it is to be kept
}

// outbox is a call's queue of notifications. They are posted one after the
// other: the next one waits for the answer to the one before.
type outbox struct {
	queue []*note
	busy  bool
}

// post sends a notification soon. The lock is held.
func (c *Call) post(n *note) {
	n.to = c.callback
	if c.sim.set.SameMessageID {
		n.id = c.sim.chance.guid()
	}
	for _, n := range c.sim.scripted(c, c.oddly(n)) {
		c.enqueue(n)
	}
}

// tell is post for an update of the call itself.
func (c *Call) tell(kind string, data object) {
	c.post(&note{change: "updated", kind: kind, data: data})
}

func (c *Call) enqueue(n *note) {
	n.ready = c.sim.clock.Now().Add(c.sim.set.Latency)
	c.out.queue = append(c.out.queue, n)
	c.kick()
}

// kick sees to it that the outbox is served. The lock is held.
func (c *Call) kick() {
	if c.out.busy || len(c.out.queue) == 0 || c.sim.closed {
		return
	}
	c.out.busy = true
	wait := c.out.queue[0].ready.Sub(c.sim.clock.Now())
	if c.sim.odd[Batched] || c.sim.odd[Parallel] {
		wait = max(wait, c.sim.set.GatherFor)
	}
	if wait <= 0 {
		c.sim.clock.Go(c.serve)
		return
	}
	c.sim.later(wait, c.serve)
}

// serve posts what is due, and goes on until the outbox is empty.
func (c *Call) serve() {
	s := c.sim
	s.mu.Lock()
	batches := c.due()
	s.mu.Unlock()
	if len(batches) > 1 { // parallel: nobody waits for anybody
		for _, b := range batches[1:] {
			s.clock.Go(func() { s.deliver(c, b) })
		}
	}
	if len(batches) > 0 {
		s.deliver(c, batches[0])
	}
	s.do(func() {
		c.out.busy = false
		c.kick()
	})
}

// flush posts everything in the outbox before it returns.
func (c *Call) flush() {
	for {
		c.sim.mu.Lock()
		var batch []*note
		if len(c.out.queue) > 0 {
			batch = c.out.queue[:1:1]
			c.out.queue = c.out.queue[1:]
		}
		c.sim.mu.Unlock()
		if batch == nil {
			return
		}
		c.sim.deliver(c, batch)
	}
}

// deliver posts notifications to one address in one request. A failed request
// is repeated as the settings say.
func (s *Sim) deliver(c *Call, batch []*note) {
	s.mu.Lock()
	body, headers, err := s.compose(c, batch)
	s.mu.Unlock()
	if err != nil {
		s.log.Error("notification could not be composed", "call_id", c.id, "error", err)
		return
	}
	status, err := s.send(letter{to: batch[0].to, call: ivr.CallID(c.id), tells: kinds(batch)}, body, headers)
	s.do(func() { s.delivered(c, batch, body, outcome{status, err}) })
}

// outcome is what came of a POST to the bot.
type outcome struct {
	status int // 0 if there was no answer
	err    error
}

func (o outcome) ok() bool { return o.err == nil && o.status >= 200 && o.status < 300 }

// delivered settles a delivery. The lock is held.
func (s *Sim) delivered(c *Call, batch []*note, body []byte, o outcome) {
	n := batch[0]
	if o.ok() {
		s.emit(Notified{Head: c.head(), URL: n.to, Body: body, Status: o.status})
		if n.legacy && o.status == http.StatusNoContent {
			c.enqueue(&note{change: "created", kind: "incoming", data: c.incoming(), to: n.to})
		}
		return
	}
	s.emit(CallbackFailed{Head: c.head(), URL: n.to, Body: body, Status: o.status, Err: o.err})
	c.unacknowledged(n)
	for _, n := range batch {
		n.tries++
	}
	if n.tries <= s.set.CallbackRetries && !s.closed {
		s.later(s.set.CallbackRetryGap, func() { s.deliver(c, batch) })
	}
}

// unacknowledged ends a call whose first notification the bot did not take.
func (c *Call) unacknowledged(n *note) {
	set := c.sim.set
	if n.kind == "incoming" && n.tries == set.CallbackRetries && c.state == ivr.StateIncoming && set.Unacknowledged != (Result{}) {
		c.terminate(ivr.EndedByService, set.Unacknowledged)
	}
}

// compose makes the request for notifications. The lock is held.
func (s *Sim) compose(c *Call, batch []*note) ([]byte, http.Header, error) {
	token, err := s.callbackToken(c.app.ID, c.tenant)
	if err != nil {
		return nil, nil, err
	}
	id := batch[0].id
	if id == "" {
		id = s.chance.guid()
	}
	values := [...]string{"Bearer " + token, s.set.CallbackType, "Microsoft-Skype/3.0 (Calling/1.0)", c.scenario, id}
	headers := http.Header{
		"Authorization":                values[0:1:1],
		"Content-Type":                 values[1:2:2],
		"User-Agent":                   values[2:3:3],
		"Scenario-Id":                  values[3:4:4],
		"X-Microsoft-Skype-Chain-Id":   values[3:4:4],
		"X-Microsoft-Skype-Message-Id": values[4:5:5],
	}
	body := s.guise().dress(c.envelope(batch))
	switch {
	case batch[0].empty:
		return nil, headers, nil
	case batch[0].legacy:
		body, _ = batch[0].data.(object)
	}
	b, err := encode(body)
	if err != nil {
		return nil, nil, fmt.Errorf("encode notification: %w", err)
	}
	return b, headers, nil
}

// envelope is the body of a callback.
func (c *Call) envelope(batch []*note) object {
	value := make([]object, 0, len(batch)+1)
	if c.sim.set.UnknownTypes {
		value = append(value, c.element(&note{change: "updated", below: "novelties",
			data: typed("novelty", object{"@odata.id": "simulated"})}))
	}
	for _, n := range batch {
		value = append(value, c.element(n))
	}
	return typed("commsNotifications", object{"value": value})
}

// element is one notification of a body. Whether it has the address, its
// older twin or both differs between pages and traces.
func (c *Call) element(n *note) object {
	set := c.sim.set
	tail := "calls/" + spell(c.id, c.upper)
	switch first, _, _ := strings.Cut(n.below, "/"); first {
	case "":
	case "participants", "novelties", "contentsharingsessions":
		tail += "/" + n.below
	default:
		tail += "/operations/" + spell(n.below, c.upper)
	}
	m := typed("commsNotification", object{"changeType": n.change})
	if n.data != nil {
		m["resourceData"] = n.data
	}
	if set.Undeclared {
		m["callbackUri"] = n.to
	}
	slash := "/"
	if set.NoLeadingSlash {
		slash = ""
	}
	if !set.OnlyLegacyResource {
		m["resourceUrl"] = slash + "communications/" + tail
	}
	if !set.NoLegacyResource || set.OnlyLegacyResource {
		m["resource"] = slash + "app/" + tail
	}
	return m
}

// letter is where a callback goes, and what is in it.
type letter struct {
	to    string
	call  ivr.CallID
	tells []string
}

func kinds(batch []*note) []string {
	var all []string
	for _, n := range batch {
		all = append(all, n.kind)
	}
	return all
}

// letterKey is where the context of a callback's request has its letter.
type letterKey struct{}

// Tells says of the context of a request that [Config.Transport] gets which call
// it is about, and what each of its notifications tells, in the words of
// [Tellings]. It is nothing for a request that is no callback.
func Tells(ctx context.Context) (call ivr.CallID, tells []string) {
	l, _ := ctx.Value(letterKey{}).(letter)
	return l.call, l.tells
}

// send posts a callback and follows one redirection.
func (s *Sim) send(l letter, body []byte, headers http.Header) (int, error) {
	ctx, cancel := s.bounded(s.set.CallbackTimeout)
	defer cancel()
	ctx = context.WithValue(ctx, letterKey{}, l)
	to := l.to
	for hop := 0; ; hop++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
		if err != nil {
			return 0, fmt.Errorf("post callback: %w", err)
		}
		req.Header = headers // nobody writes it
		resp, err := s.cfg.Transport.RoundTrip(req)
		if err != nil {
			return 0, fmt.Errorf("post callback: %w", err)
		}
		_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		if closed := resp.Body.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return resp.StatusCode, fmt.Errorf("read the answer to a callback: %w", err)
		}
		next, moved := s.moved(to, resp)
		if !moved || hop == 1 {
			return resp.StatusCode, nil
		}
		to = next
	}
}

// moved reads the address of a 302 answer.
func (s *Sim) moved(from string, resp *http.Response) (string, bool) {
	if resp.StatusCode != http.StatusFound {
		return "", false
	}
	base, err := url.Parse(from)
	if err != nil {
		return "", false
	}
	u, err := base.Parse(resp.Header.Get("Location"))
	if err != nil || s.checkTheirs(u.String()) != nil {
		return "", false
	}
	return u.String(), true
}
