package sim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// target is the node that a fault strikes; some node if it does not say.
func (w *world) target(f *fault) *node {
	if f.node != nil {
		return f.node
	}
	return w.nodes[w.net.IntN(len(w.nodes))]
}

// mayDie reports whether a node can be killed: another lives, or none is
// needed.
func (w *world) mayDie(n *node) bool { return w.o.Durable && !w.calm && n.up() }

// standStill stops a node, at once or at the next point of some kind: then it
// wakes up between two things that belong together.
func standStill(w *world, f *fault) {
	if w.net.IntN(3) == 0 {
		w.freeze(w.target(f))
		return
	}
	points := []Point{AtKept, AtPlanned, AtTimed, AtMarked, AtSending, AtResponded, AtRenew, AtMails}
	w.freezeAt = points[w.net.IntN(len(points))]
}

func (w *world) freeze(n *node) {
	n.stop("SIGSTOP")
	w.excuse(40 * time.Second)
	w.after(time.Duration(3+w.net.IntN(25))*time.Second, n.cont)
}

func rolling(w *world, _ *fault) {
	for i, n := range w.nodes {
		w.after(time.Duration(i)*15*time.Second, func() { w.retire(n) })
	}
}

func drain(w *world, f *fault) { w.retire(w.target(f)) }

// leaveFor is how long a node that is told to end goes on, if there are others:
// until callers are sent elsewhere.
const leaveFor = 10 * time.Second

// retire ends a node's process in good order, as runtime/bot does when it is told
// to end, and starts another.
func (w *world) retire(n *node) {
	if !n.up() || n.leaving {
		return
	}
	w.trace.add(n.String(), "is told to end")
	p, wait := n.proc, time.Duration(0)
	if len(w.nodes) > 1 {
		n.leaving, wait = true, leaveFor
	}
	w.after(wait, func() {
		p.enter(func() {
			w.trace.add(n.String(), "hands its calls over")
			n.excuse(handOver)
			p.bot.Close()
			if p.gate() {
				w.crash(n, "it has ended")
			}
		})
	})
}

// handOver is how long timers may wait while a process sends its last and gives
// its sessions up.
const handOver = requestTime + backToTime

func dieLate(w *world, f *fault) {
	n := w.target(f)
	w.after(time.Duration(12+w.net.IntN(30))*time.Minute, func() {
		if n.up() {
			w.crash(n, "while calls wait")
		}
	})
}

func dieIdle(w *world, f *fault) {
	if n := w.target(f); w.mayDie(n) {
		w.crash(n, "with its timers")
	}
}

func dieBusy(w *world, _ *fault) {
	for _, n := range w.nodes {
		if w.mayDie(n) {
			w.crash(n, "with its calls")
			return
		}
	}
}

func reloadAndDie(w *world, f *fault) {
	reload(w, f)
	dieIdle(w, f)
}

// reload gives all nodes another version of the flows, and the first again
// later. Calls that run keep theirs.
func reload(w *world, f *fault) {
	w.setFlows(w.kit.edited)
	w.after(f.until.Sub(f.from), func() { w.setFlows(w.kit.flows) })
}

func (w *world) setFlows(flows []*flow.Flow) {
	for _, n := range w.nodes {
		if n.up() && !n.stopped {
			if err := n.proc.bot.SetFlows(w.context(), flows...); err != nil {
				w.trace.addf(n.String(), "flows not changed: %v", err)
			}
		}
	}
}

// clockJump sets a node's wall clock.
func clockJump(w *world, f *fault) {
	jumps := []time.Duration{time.Minute, -time.Minute, 3 * time.Minute, -3 * time.Minute}
	if w.o.Durable && len(w.nodes) > 1 {
		jumps = append(jumps, time.Hour, -time.Hour, 24*time.Hour, -24*time.Hour)
	}
	w.setClock(w.target(f), jumps[w.net.IntN(len(jumps))], f.until.Sub(f.from))
}

func clockSix(w *world, f *fault) {
	w.setClock(w.target(f), []time.Duration{6 * time.Minute, -6 * time.Minute}[w.net.IntN(2)], f.until.Sub(f.from))
}

func (w *world) setClock(n *node, by, during time.Duration) {
	w.trace.addf(n.String(), "its clock jumps by %s", by)
	w.skewed = true
	n.skewBy(by)
	w.excuse(during + by.Abs())
	w.after(during, func() { n.skewBy(-by) })
}

// skewBy sets the node's wall clock. Times that a process has taken before and
// after it agree no longer on the wall, only by the clock that goes forward.
func (n *node) skewBy(d time.Duration) {
	n.skew += d
	for _, r := range n.w.judge.order {
		if r.owner != nil && r.owner.node == n && !r.session.Over() {
			r.jumped = true
			r.underClock(n.skew) // also if nothing changes while it is wrong
		}
	}
}

func burst(w *world, _ *fault) {
	for range 5 {
		w.begin()
	}
}

// hangUp ends some call from the phone.
func hangUp(w *world, _ *fault) {
	for _, p := range w.all {
		if p.call != nil && !p.over && !p.left && p.target == "" {
			p.aim = Left
			p.hangUp()
			return
		}
	}
}

// keysAnyTime has some caller press keys whatever he hears.
func keysAnyTime(w *world, _ *fault) {
	for _, p := range w.all {
		if p.call != nil && !p.over && p.answered {
			w.judge.keysLost = true
			p.types("77")
			return
		}
	}
}

// parallelKeys has some callers press several keys at once.
func parallelKeys(w *world, _ *fault) {
	for _, p := range w.all {
		p.manner.thinks = 0
	}
}

func manyEstablished(w *world, f *fault) { nobody(w, f) }

// nobody has those who are called not take calls for a while.
func nobody(w *world, f *fault) {
	for _, id := range []string{desk, ann, ben, cem} {
		w.graph.SetTarget(id, graphsim.Behaviour(1+w.net.IntN(int(graphsim.Machine))))
	}
	w.after(f.until.Sub(f.from), w.everybody)
}

// everybody takes calls again.
func (w *world) everybody() {
	for _, id := range []string{desk, ann, ben, cem} {
		w.graph.SetTarget(id, graphsim.Answers)
	}
}

func rotate(w *world, _ *fault) {
	if w.rotated {
		return
	}
	w.rotated = true
	w.must(w.graph.RotateKey(w.kit.keys[1], false))
}

// genuine is a callback that came in this run; false before the first.
func (w *world) genuine() (letter, bool) {
	if len(w.judge.letters) == 0 {
		return letter{}, false
	}
	l := w.judge.letters[w.net.IntN(len(w.judge.letters))]
	l.forged = true
	return l, true
}

// send delivers something that Graph has not sent. It must be answered with one
// of the statuses, and leave no trace in the store.
func (w *world) send(l letter, what string, statuses ...int) {
	w.mustBe(w.sent(l, what), what, statuses...)
}

// sent delivers something that Graph has not sent, and returns the status of its
// answer, 0 if nobody was there.
func (w *world) sent(l letter, what string) int {
	resp, err := w.deliver(l, what) //nolint:bodyclose // it is in memory
	if err != nil {
		return 0
	}
	return resp.StatusCode
}

func (w *world) mustBe(status int, what string, statuses ...int) {
	if status != 0 && !slices.Contains(statuses, status) {
		w.judge.violated("I11", "%s was answered %d, want %v", what, status, statuses)
	}
}

// withToken is a letter with another token.
func (l letter) withToken(token string) letter {
	l.Request = l.Clone(l.Context())
	l.Header.Set("Authorization", "Bearer "+token)
	if token == "" {
		l.Header.Del("Authorization")
	}
	return l
}

func forged(w *world, _ *fault) {
	l, ok := w.genuine()
	if !ok {
		return
	}
	token := strings.TrimPrefix(l.Header.Get("Authorization"), "Bearer ")
	part := strings.Split(token, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	for _, t := range []string{"", "x", none + "." + part[1] + ".", token[:len(token)-8] + "AAAAAAAA", part[0] + "." + part[1] + "x." + part[2]} {
		w.send(l.withToken(t), "a forged token", 401, 403)
	}
}

func flood(w *world, _ *fault) {
	l, ok := w.genuine()
	if !ok {
		return
	}
	part := strings.Split(strings.TrimPrefix(l.Header.Get("Authorization"), "Bearer "), ".")
	for i := range 10 {
		head := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"RS256","typ":"JWT","kid":"unknown%d"}`, i))
		w.send(l.withToken(head+"."+part[1]+"."+part[2]), "an unknown key", 401, 403)
	}
}

// replayed sends a good token with another session's address.
func replayed(w *world, _ *fault) {
	l, ok := w.genuine()
	if !ok || l.URL.Path == server.WebhookPath {
		return
	}
	l.Request = l.Clone(l.Context())
	seg := strings.Split(l.URL.Path, "/")
	seg[len(seg)-1] = "AAAAAAAAAAAAAAAAAAAAAA"
	l.URL.Path = strings.Join(seg, "/")
	statuses := []int{403, 404}
	if w.skewed { // a node whose clock is wrong believes no token
		statuses = append(statuses, 401)
	}
	w.send(l, "a token with another address", statuses...)
}

func unknownCall(w *world, _ *fault) {
	l, ok := w.genuine()
	if !ok {
		return
	}
	l.Request = l.Clone(l.Context())
	l.URL.Path = server.WebhookPath
	l.body = []byte(`{"value":[{"changeType":"deleted","resourceUrl":"/communications/calls/11112222-3333-4444-5555-666677778888",` +
		`"resourceData":{"@odata.type":"#microsoft.graph.call","state":"terminated"}}]}`)
	refused := w.refused
	status := w.sent(l, "a callback of an unknown call")
	if status == http.StatusServiceUnavailable && w.refused > refused {
		return // without a store nobody can say that the call is unknown
	}
	w.mustBe(status, "a callback of an unknown call", 202, 401, 403)
}

func noJSON(w *world, _ *fault) {
	l, ok := w.genuine()
	if !ok {
		return
	}
	for _, body := range []string{"{", strings.Repeat("[", 5000), `{"value":[],"value":[]}`, "\x00"} {
		l.body = []byte(body)
		w.send(l, "a body that is no JSON", 400, 401, 403)
	}
}

func oddPaths(w *world, _ *fault) {
	l, ok := w.genuine()
	if !ok {
		return
	}
	for _, path := range []string{"//api/calls", "/api/calls/", "/../calls/x", "/calls/x/../../y"} {
		l.Request = l.Clone(l.Context())
		l.URL.Path = path
		w.send(l, "the path "+path, http.StatusNotFound, http.StatusMethodNotAllowed)
	}
}
