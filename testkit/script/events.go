package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// read turns a line's words into an event.
func (p *player) read(w []string) (ivr.Event, error) {
	h := ivr.Head{At: p.now, Leg: p.session.Leg.ID}
	call := ivr.CallID("call-1")
	if p.session.Outgoing {
		call = "call-2"
	}
	if w[0] == "callee" && len(w) > 1 {
		w, h.Leg, call = w[1:], p.callee(), "call-2"
	}
	switch w[0] {
	case "created":
		return ivr.CallCreated{Head: h, Op: p.opOf("create_call"), Call: call, Me: word(w, 1, "")}, nil
	case "roster":
		return p.roster(h, call, w[1:])
	case "wanted":
		e := ivr.CallWanted{Head: h, Tenant: "tenant", Params: params(w[1:]), From: called(wordOf(w[1:], "from"))}
		if link := wordOf(w[1:], "meeting"); link != "" {
			e.Meeting = &ivr.Meeting{Link: link}
		}
		return e, nil
	case "incoming":
		caller := word(w, 1, "+442071838750")
		if caller == "hidden" {
			caller = "" // the platform does not say who calls
		}
		return ivr.CallIncoming{Head: h, Call: "call-1", Caller: ivr.Party{Kind: ivr.PartyPhone, ID: caller},
			Called: called(word(w, 2, "")), Tenant: "tenant"}, nil
	case "audio":
		return ivr.CallChanged{Head: h, Call: call, State: ivr.StateEstablished, Audio: ivr.AudioActive}, nil
	case "state":
		return stateEvent(h, call, w)
	case "ended":
		return ivr.CallTerminated{Head: h, Call: call, Result: result(w[1:])}, nil
	case "key":
		return p.keyEvent(h, w)
	case "signal":
		p.signals++
		return ivr.Signalled{Head: h, ID: strconv.Itoa(p.signals), Name: word(w, 1, "")}, nil
	case "outside":
		p.signals++
		return outside(h, strconv.Itoa(p.signals), w), nil
	case "timer":
		return p.timerEvent(word(w, 1, ""), p.opOf(word(w, 2, "")))
	}
	return p.opEvent(h, w)
}

// outside is "outside [KIND ID]": the call is handed over, or hung up.
func outside(h ivr.Head, id string, w []string) ivr.Event {
	e := ivr.Intervened{Head: h, ID: id}
	if len(w) > 1 {
		e.Target = ivr.Target{Kind: ivr.PartyKind(w[1]), ID: word(w, 2, "")}
	}
	return e
}

// roster reads ID[=KIND:IDENTITY][+muted][+lobby][+gone] of everybody.
func (p *player) roster(h ivr.Head, call ivr.CallID, w []string) (ivr.Event, error) {
	p.rosters++
	return ivr.RosterChanged{Head: h, Call: call, Seq: p.rosters, People: people(w)}, nil
}

func people(w []string) (all []ivr.Participant) {
	for _, s := range w {
		words := strings.Split(s, "+")
		id, who, _ := strings.Cut(words[0], "=")
		kind, party, _ := strings.Cut(who, ":")
		if kind == "phone" {
			party = "+" + party
		}
		all = append(all, ivr.Participant{ID: id, Party: ivr.Party{Kind: ivr.PartyKind(kind), ID: party},
			Muted: slices.Contains(words, "muted"), Lobby: slices.Contains(words, "lobby"), Gone: slices.Contains(words, "gone")})
	}
	return all
}

// callRead reads STATE [AUDIO [people, as in a roster | routes ID:SOURCE:RECEIVER,RECEIVER...]].
func callRead(h ivr.Head, op ivr.OpID, w []string) ivr.CallRead {
	state := word(w, 0, "")
	e := ivr.CallRead{Head: h, Op: op, Gone: state == "gone", State: ivr.ParseCallState(state), Audio: ivr.ParseAudioState(word(w, 1, "")),
		Also: ivr.ReadAlso(word(w, 2, ""))}
	switch e.Also {
	case ivr.ReadPeople:
		e.People = people(w[3:])
	case ivr.ReadRoutes:
		for _, s := range w[3:] {
			part := strings.SplitN(s, ":", 3)
			e.Routes = append(e.Routes, ivr.Route{ID: part[0], Source: part[1], Receivers: strings.Split(part[2], ",")})
		}
	}
	return e
}

// called is the bot, or an application instance by its id.
func called(instance string) ivr.Party {
	if instance == "" {
		return ivr.Party{Kind: ivr.PartyBot, ID: "bot"}
	}
	return ivr.Party{Kind: ivr.PartyApplication, ID: instance}
}

// params are those of "wanted NAME=VALUE... [from=INSTANCE] [meeting=LINK]".
func params(w []string) map[string]any {
	out := map[string]any{}
	for _, p := range w {
		if name, value, ok := strings.Cut(p, "="); ok && name != "from" && name != "meeting" {
			out[name] = value
		}
	}
	return out
}

func wordOf(w []string, name string) string {
	for _, p := range w {
		if id, ok := strings.CutPrefix(p, name+"="); ok {
			return id
		}
	}
	return ""
}

func word(w []string, i int, other string) string {
	if i < len(w) {
		return w[i]
	}
	return other
}

// callee is the leg of whoever was called last.
func (p *player) callee() ivr.LegID {
	if n := len(p.session.Others); n > 0 {
		p.lastLeg = p.session.Others[n-1].ID
	}
	return p.lastLeg
}

// opOf is the last unfinished operation of a kind, 0 if there is none.
func (p *player) opOf(kind string) ivr.OpID {
	n, _, _ := p.operation(kind)
	return ivr.OpID(n)
}

func stateEvent(h ivr.Head, call ivr.CallID, w []string) (ivr.Event, error) {
	e := ivr.CallChanged{Head: h, Call: call, State: ivr.ParseCallState(word(w, 1, ""))}
	if a := ivr.ParseAudioState(w[len(w)-1]); a != ivr.AudioUnknown {
		e.Audio = a
		w = w[:len(w)-1]
	}
	if len(w) > 2 {
		r := result(w[2:])
		e.Result = &r
	}
	return e, nil
}

func (p *player) keyEvent(h ivr.Head, w []string) (ivr.Event, error) {
	k, err := ivr.ParseKey(word(w, 1, ""))
	if err != nil {
		return nil, err
	}
	p.seq++
	if len(w) > 2 {
		if p.seq, err = strconv.ParseInt(w[2], 10, 64); err != nil {
			return nil, err
		}
	}
	return ivr.ToneReceived{Head: h, Key: k, Seq: p.seq}, nil
}

// timerEvent moves the clock to a timer, that of an operation if one is named,
// and lets it run out.
func (p *player) timerEvent(why string, op ivr.OpID) (ivr.Event, error) {
	var armed []string
	for _, t := range p.session.Timers {
		if string(t.Why) == why && (op == 0 || t.Op == op) {
			if t.Due.After(p.now) {
				p.now = t.Due
			}
			return ivr.TimerExpired{Head: ivr.Head{At: p.now, Leg: ivr.CallerLeg}, Timer: t.ID}, nil
		}
		armed = append(armed, string(t.Why))
	}
	return nil, fmt.Errorf("no timer %q is armed; these are: %s", why, strings.Join(armed, ", "))
}

// opEvent reads what is said of an operation.
func (p *player) opEvent(h ivr.Head, w []string) (ivr.Event, error) {
	n, remote, err := p.operation(word(w, 1, ""))
	if err != nil {
		return nil, fmt.Errorf("event %q: %w", w[0], err)
	}
	op, rest := ivr.OpID(n), w[2:]
	switch w[0] {
	case "accepted":
		e := ivr.OperationAccepted{Head: h, Op: op, Remote: fmt.Sprintf("remote-%d", n)}
		return e, e.Length.UnmarshalText([]byte(word(rest, 0, "0s")))
	case "done":
		return ivr.OperationCompleted{Head: h, Op: op, Remote: remote, Result: ivr.Result{Code: 200}}, nil
	case "recorded":
		ref := &ivr.RecordingRef{Location: "https://recordings.test/" + strconv.Itoa(n), Token: ivr.NewSecret("token"),
			Why: ivr.RecordEnd(word(rest, 0, ""))}
		return ivr.OperationCompleted{Head: h, Op: op, Remote: remote, Recording: ref}, nil
	case "counted":
		counted, err := strconv.ParseInt(word(rest, 0, "1"), 10, 64)
		return ivr.Counted{Head: h, Op: op, N: counted}, err
	case "saved":
		e := ivr.RecordingSaved{Head: h, Op: op, ID: fmt.Sprintf("rec-%d", n)}
		return e, e.Length.UnmarshalText([]byte(word(rest, 0, "5s")))
	case "failed":
		return ivr.OperationFailed{Head: h, Op: op, Remote: remote, Result: result(rest)}, nil
	case "unknown":
		return ivr.OperationUnknown{Head: h, Op: op}, nil
	case "died":
		return ivr.OperationUnknown{Head: h, Op: op, Died: true}, nil
	case "read":
		return callRead(h, op, rest), nil
	case "returned":
		e := ivr.ActionReturned{Head: h, Op: op, Outcome: word(rest, 0, "ok"), Out: map[string]any{}}
		if code, err := strconv.Atoi(e.Outcome); err == nil {
			e.Code = code // the outcome of a request
			if code < 300 {
				e.Outcome = "ok"
			}
		}
		for _, pair := range rest[min(1, len(rest)):] {
			name, value, _ := strings.Cut(pair, "=")
			e.Out[name] = value
		}
		return e, nil
	}
	return nil, fmt.Errorf("unknown event %q", w[0])
}

// operation is the number that a line gives, or the last unfinished operation
// of the kind it names. One that is named as the platform names it has no
// number.
func (p *player) operation(s string) (n int, remote string, err error) {
	if strings.HasPrefix(s, "remote-") {
		return 0, s, nil
	}
	if n, err := strconv.Atoi(s); err == nil {
		return n, "", nil
	}
	var known []string
	for _, op := range slices.Backward(p.session.Ops) {
		if string(op.Kind) == s {
			return int(op.ID), "", nil
		}
		known = append(known, string(op.Kind))
	}
	return 0, "", fmt.Errorf("no operation %q is unfinished; these are: %s", s, strings.Join(known, ", "))
}

// result reads "500/7000 service" in any part.
func result(w []string) ivr.Result {
	var r ivr.Result
	for _, s := range w {
		code, sub, ok := strings.Cut(s, "/")
		if n, err := strconv.Atoi(code); ok && err == nil {
			r.Code = n
			r.Subcode, _ = strconv.Atoi(sub) // absent is 0
			continue
		}
		r.Reason = ivr.Reason(s)
	}
	return r
}

// after is a duration without its noise.
func after(d ivr.Duration) string { return d.Std().Round(time.Millisecond).String() }
