package admin

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/store"
)

const (
	pageSize = 50
	maxPage  = 500
)

// listCalls answers a page of calls.
func (a *api) listCalls(x *exchange) error {
	f, err := filterOf(x.r.URL)
	if err != nil {
		return err
	}
	most := f.Max
	f.Max++ // to know whether there is a next page
	list, err := a.Bot.Calls(x.r.Context(), f)
	if errors.Is(err, store.ErrNone) {
		return badRequest("query before", "there is no such call any more", "begin with the first page")
	}
	if err != nil {
		return err
	}
	doc := CallList{Calls: []calldoc.Record{}}
	if len(list) > most {
		list = list[:most]
		doc.Next = string(list[most-1].Session)
	}
	for _, s := range list {
		doc.Calls = append(doc.Calls, calldoc.RecordOf(s))
	}
	return x.write(http.StatusOK, doc)
}

// filters are the parameters of a list.
func filters() []string { return []string{"state", "flow", "since", "until", "before", "limit"} }

// filterOf reads the parameters of a list.
func filterOf(u *url.URL) (store.Filter, error) {
	f := store.Filter{Max: pageSize}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return f, badRequest("query", "it is not encoded as a query is", "write %XX for what is no letter")
	}
	for name, values := range query {
		if len(values) != 1 {
			return f, badRequest("query "+clip(name), "it is there twice", "give it once")
		}
		if err := setFilter(&f, name, values[0]); err != nil {
			return f, err
		}
	}
	return f, nil
}

// setFilter takes one parameter in.
func setFilter(f *store.Filter, name, value string) (err error) {
	switch name {
	case "state":
		f.Live, f.Over = value == "live", value == "over"
		if !f.Live && !f.Over {
			return badRequest("query state", "it is neither live nor over", "write one of these, or leave it out for both")
		}
	case "flow":
		f.Flow = value
	case "since":
		f.Since, err = instant(name, value)
	case "until":
		f.Until, err = instant(name, value)
	case "before":
		f.Before = ivr.SessionID(value)
	case "limit":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > maxPage {
			return badRequest("query limit", "it is no number from 1 to "+strconv.Itoa(maxPage), "write one, and use next for more")
		}
		f.Max = n
	default:
		hint := diag.DidYouMean(name, filters())
		return badRequest("query "+clip(name), "there is no such parameter"+hint, "there are "+strings.Join(filters(), ", "))
	}
	return err
}

func instant(name, value string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return t, badRequest("query "+name, "it is no time of RFC 3339", "write one such as 2026-11-28T09:00:00Z")
	}
	return t, nil
}

// getCall answers a call with its history.
func (a *api) getCall(x *exchange) error {
	open := x.by.may(Disclose)
	found, err := a.Bot.Find(x.r.Context(), idOf(x.r), open)
	if err != nil {
		return err
	}
	doc := Call{History: calldoc.HistoryOf(found.History)}
	for i := range doc.Moments {
		if m := &doc.Moments[i]; !open && m.Hidden != "" {
			m.Hidden = "the token has not the role " + string(Disclose)
		}
	}
	if l := found.Live; l != nil {
		doc.State, doc.Legs = l.State, l.Legs
		if open {
			doc.Variables = l.Vars
		}
	}
	return x.write(http.StatusOK, doc)
}

// getConversation answers a call as ivrflow calls show does.
func (a *api) getConversation(x *exchange) error {
	found, err := a.Bot.Find(x.r.Context(), idOf(x.r), x.by.may(Disclose))
	if err != nil {
		return err
	}
	x.status = http.StatusOK
	x.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_ = calldoc.Conversation(x.w, found.History, a.Now()) // else the client went away
	return nil
}

func (a *api) hangUp(x *exchange) error {
	return a.done(x, func() (ivr.SessionID, error) { return a.Bot.HangUp(x.r.Context(), idOf(x.r), x.by.Name) })
}

func (a *api) transfer(x *exchange) error {
	var req TransferRequest
	if err := x.read(&req); err != nil {
		return err
	}
	to, err := req.To.target()
	if err != nil {
		return err
	}
	x.note = "to a " + string(to.Kind)
	return a.done(x, func() (ivr.SessionID, error) { return a.Bot.Transfer(x.r.Context(), idOf(x.r), to, x.by.Name) })
}

// target is the one that is set.
func (t Target) target() (ivr.Target, error) {
	var found []ivr.Target
	for _, one := range []ivr.Target{{Kind: ivr.PartyUser, ID: t.User}, {Kind: ivr.PartyPhone, ID: t.Phone},
		{Kind: ivr.PartyApplication, ID: t.Application}, {Kind: ivr.PartyVoicemail, ID: t.Voicemail}} {
		if one.ID != "" {
			found = append(found, one)
		}
	}
	if len(found) != 1 {
		return ivr.Target{}, badRequest("body /to", "it does not name one target", `write one of user, phone, application and voicemail, such as {"to": {"phone": "+442071838750"}}`)
	}
	return found[0], nil
}

var signalName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func (a *api) signal(x *exchange) error {
	var req SignalRequest
	if err := x.read(&req); err != nil {
		return err
	}
	if !signalName.MatchString(req.Name) {
		return badRequest("body /name", "it is no name of a signal", "write the name that a wait step of the flow has: lower case letters, digits and _")
	}
	x.note = req.Name
	return a.done(x, func() (ivr.SessionID, error) { return a.Bot.Signal(x.r.Context(), idOf(x.r), req.Name) })
}

// done answers that a wish is stored.
func (a *api) done(x *exchange, do func() (ivr.SessionID, error)) error {
	id, err := do()
	x.session = string(id)
	if err != nil {
		return err
	}
	x.w.Header().Set("Location", "/v1/calls/"+string(id))
	return x.write(http.StatusAccepted, Done{Session: string(id)})
}
