package sim

import (
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/server"
)

// harmful names what a request of class B does, of which one may be executed
// for each that was decided; "" for other requests.
func (j *judge) harmful(l letter) (key string, r *record, kind string) {
	switch l.action {
	case "transfer", "redirect":
		r = j.byCall[l.call]
		return l.action + " " + string(l.call), r, l.action
	case "invite", "startHoldMusic", "audioRoutingGroups", "addLargeGalleryView":
		r = j.byCall[l.call]
		return l.action + " " + string(l.call), r, l.action
	case "create":
		session, leg := addressOf(string(l.body))
		return "create " + session + " " + leg, j.sessions[ivr.SessionID(session)], "create " + leg
	}
	return "", nil, ""
}

// addressOf is the session and leg of a callback address in a text.
func addressOf(text string) (session, leg string) {
	_, rest, ok := strings.Cut(text, botURL)
	if !ok {
		rest = text
	}
	_, rest, ok = strings.Cut(rest, server.WebhookPath+"/")
	seg := strings.SplitN(rest, "/", 3)
	if !ok || len(seg) < 3 {
		return "", ""
	}
	return seg[0], seg[1]
}

// asksOrEnds reports whether a request of a process that has not the session is no
// harm by itself: it reads the call; or it hangs it up, or rejects a call that
// nobody may have, which the platform refuses once it was answered (see executed).
func asksOrEnds(action string) bool {
	return action == "get" || action == "delete" || action == "reject"
}

// sent takes a request that leaves a process. It was not stopped since it asked
// whether it may.
func (j *judge) sent(p *proc, l letter, stopped bool) {
	if r := j.byCall[l.call]; r != nil && r.owner != nil && r.owner != p && !stopped && !r.session.Over() && !asksOrEnds(l.action) {
		j.violated("I5", "%s sends %s, and the session %s is of %s", p.node, l, r.id, r.owner.node)
	}
	if r := j.byCall[l.call]; r != nil && p.left {
		j.violated("I5", "%s sends %s of session %s, and has given up its sessions", p.node, l, r.id)
	}
	key, r, kind := j.harmful(l)
	if key != "" {
		if r == nil {
			j.violated("I3", "%s sends %s, which no session has decided", p.node, l)
			return
		}
		if n := j.of(key).maybe; n >= r.decided[kind] {
			j.violated("I3", "%s sends %s again: %d decided, %d may have been executed", p.node, l, r.decided[kind], n)
		}
	}
	if j.requests[l.String()]++; l.action == "delete" && j.requests[l.String()] == mostRequests+1 {
		j.violated("I9", "%s is sent more than %d times, last by %s", l, mostRequests, p.node)
	}
	if r := j.byCall[l.call]; r != nil && !stopped && l.action != "delete" && l.action != "get" {
		if at, gone := r.gone[l.call]; gone && j.w.clock.Now().Sub(at) > 3*time.Second {
			j.violated("I8", "%s sends %s for a call that is over since %s", p.node, l, j.w.clock.Now().Sub(at))
		}
	}
}

func (j *judge) of(key string) *wire {
	if j.wire[key] == nil {
		j.wire[key] = &wire{}
	}
	return j.wire[key]
}

// certain reports whether a status proves that nothing was executed.
func (j *judge) certain(status int) bool { return status >= 400 && status < 500 && status != 408 }

// uncertain takes a request that may have been executed.
func (j *judge) uncertain(l letter) {
	if key, _, _ := j.harmful(l); key != "" {
		j.of(key).maybe++
	}
}

// tries takes what a process means to send, whether it gets through or not.
func (j *judge) tries(l letter) {
	if l.action == "reject" || l.action == "redirect" {
		j.away[l.call] = true
	}
}

// executed takes what Graph has done: I3.
func (j *judge) executed(p *proc, l letter, status int) {
	key, r, kind := j.harmful(l)
	if status < 300 && (l.action == "reject" || l.action == "redirect") {
		if r := j.byCall[l.call]; r != nil && r.owner != p && !r.session.Answered.IsZero() {
			j.violated("I5", "%s has sent %s away, and the session %s of another has answered it", p.node, l, r.id)
		}
	}
	if key == "" || status >= 300 {
		return
	}
	w := j.of(key)
	if w.done++; r != nil && w.done > r.decided[kind] {
		j.violated("I3", "Graph has executed %s of %s %d times, %d decided", l, p.node, w.done, r.decided[kind])
	}
}
