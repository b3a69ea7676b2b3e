package control

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Fault is something that goes wrong between Graph and the bot. Of those that
// fit, the first strikes whose turn it is. By itself it strikes always; nth,
// times and chance say when it does not.
type Fault struct {
	ID     int     `json:"id,omitempty" doc:"given by the simulator"`
	On     string  `json:"on" doc:"what it strikes: an action of the call API as its documentation names it (answer, playPrompt, invite, muteParticipant), create, get or delete of a call, token, tenant (where the token endpoint is), metadata and keys (by which callbacks are verified), download of a recording; request for every request; or callback"`
	Tells  string  `json:"tells,omitempty" doc:"of a callback, only one that tells this: incoming, established, audio, tone, playPrompt, participants, terminated ..."`
	Nth    int     `json:"nth,omitempty" doc:"only the nth that fits, counted from 1"`
	Times  int     `json:"times,omitempty" doc:"at most so often"`
	Chance float64 `json:"chance,omitempty" doc:"with that chance, 0 to 1, by the seed of the set-up"`
	Struck int     `json:"struck,omitempty" doc:"how often it struck, as the simulator counts"`

	Delay ivr.Duration `json:"delay,omitzero" doc:"it comes that much later: a request is answered, a callback posted"`
	Upto  ivr.Duration `json:"delay_up_to,omitzero" doc:"instead of delay: a time of its own each time, at most that long, by the seed"`

	Status     int          `json:"status,omitempty" doc:"of a request: the HTTP status of the answer, such as 429 or 503"`
	Code       string       `json:"code,omitempty" doc:"of a request: error.code, UnknownError if it is left out"`
	Message    string       `json:"message,omitempty" doc:"of a request: error.message"`
	RetryAfter ivr.Duration `json:"retry_after,omitzero" doc:"of a request: the answer's header Retry-After"`
	Body       string       `json:"body,omitempty" doc:"of a request: this text instead of an error"`
	NoAnswer   bool         `json:"no_answer,omitempty" doc:"of a request: the connection drops"`
	Executed   bool         `json:"executed,omitempty" doc:"of a request: it is executed all the same, only its answer is lost or wrong"`
	Ends       string       `json:"ends,omitempty" doc:"of playPrompt, recordResponse and sendDtmfTones: the operation begins, and fails with this completionReason"`

	Lost    bool `json:"lost,omitempty" doc:"of a callback: it never comes"`
	Repeats int  `json:"repeats,omitempty" doc:"of a callback: so many more of it come"`
	Reorder bool `json:"reorder,omitempty" doc:"of a callback: the next one of its call overtakes it; without a next one it comes a second later, or after delay"`
	Empty   bool `json:"empty,omitempty" doc:"of a callback: it has no body"`
}

// What a fault can strike that is no action of a call.
const (
	onCallback      = "callback"
	onRequest       = "request"
	actionToken     = "token"
	actionUnknown   = "unknown"
	faultLost       = "lost"
	maxFaultRepeats = 100
)

// strikable are the words for On: graphsim's, and one for all requests.
func strikable() []string { return append(graphsim.FaultActions(), onRequest) }

// check finds the first mistake.
func (f Fault) check() error {
	oneWay := f.On == onCallback
	requests := f.Status != 0 || f.Code != "" || f.Message != "" || f.RetryAfter != 0 || f.Body != "" || f.NoAnswer || f.Executed || f.Ends != ""
	callbacks := f.Lost || f.Repeats != 0 || f.Reorder || f.Empty || f.Tells != ""
	switch {
	case !slices.Contains(strikable(), f.On):
		return bad("on", fmt.Sprintf("nothing is called %q", f.On), "give one of "+strings.Join(strikable(), ", ")+diag.DidYouMean(f.On, strikable()))
	case oneWay && requests:
		return bad("on", "a callback has none of status, code, message, retry_after, body, no_answer, executed and ends", "leave them out, or name a request")
	case !oneWay && callbacks:
		return bad("on", "a request has none of tells, lost, repeats, reorder and empty", `leave them out, or give "on": "callback"`)
	case f.Tells != "" && !slices.Contains(graphsim.Tellings(), f.Tells):
		return bad("tells", fmt.Sprintf("no callback tells %q", f.Tells), "give one of "+strings.Join(graphsim.Tellings(), ", ")+diag.DidYouMean(f.Tells, graphsim.Tellings()))
	case !f.does():
		return bad("on", "the fault does nothing", "say what happens: status, no_answer, ends or delay; of a callback lost, repeats, reorder, empty or delay")
	}
	return f.checkNumbers()
}

func (f Fault) does() bool {
	return f.Status != 0 || f.NoAnswer || f.Ends != "" || f.Delay != 0 || f.Upto != 0 || f.Lost || f.Repeats != 0 || f.Reorder || f.Empty
}

func (f Fault) checkNumbers() error {
	switch {
	case f.Nth < 0 || f.Times < 0:
		return bad("nth", "a count is less than nothing", "count from 1; 0 or left out is every time")
	case f.Chance < 0 || f.Chance > 1:
		return bad("chance", fmt.Sprintf("%v is no chance", f.Chance), "give 0 to 1")
	case f.Delay < 0 || f.Upto < 0 || f.RetryAfter < 0:
		return bad("delay", "a time is less than nothing", "give 0s or more")
	case f.Delay > 0 && f.Upto > 0:
		return bad("delay_up_to", "delay is given, too", "keep one of the two")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return bad("status", fmt.Sprintf("%d is no status", f.Status), "give 200 to 599, such as 429")
	case f.Repeats < 0 || f.Repeats > maxFaultRepeats:
		return bad("repeats", fmt.Sprintf("%d is not a number of repeats", f.Repeats), fmt.Sprintf("give 1 to %d", maxFaultRepeats))
	case f.Ends != "" && !f.Executed && (f.Status != 0 || f.NoAnswer):
		return bad("ends", "the request is refused, so that no operation begins", `leave out status and no_answer, or give "executed": true`)
	}
	if f.Ends == "" {
		return nil
	}
	if err := (graphsim.Fault{Action: f.On, Ends: f.Ends}).Validate(); err != nil {
		return bad("ends", err.Error(), "give one of these, or leave it out")
	}
	return nil
}

// faults are those that a world has.
type faults struct {
	mu   sync.Mutex
	dice *rand.Rand
	list []*armed
	last int // id of the newest
}

// armed is a fault with what it has seen.
type armed struct {
	Fault
	seen int
}

func newFaults(seed uint64) *faults {
	return &faults{dice: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))} //nolint:gosec // chance that can be repeated
}

// add arms a fault and answers it with its id.
func (a *faults) add(f Fault) Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	f.ID, f.Struck = a.last, 0
	a.list = append(a.list, &armed{Fault: f})
	return f
}

func (a *faults) all() []Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]Fault, 0, len(a.list))
	for _, f := range a.list {
		list = append(list, f.Fault)
	}
	return list
}

// remove takes a fault away, or with 0 all.
func (a *faults) remove(id int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	before := len(a.list)
	a.list = slices.DeleteFunc(a.list, func(f *armed) bool { return id == 0 || f.ID == id })
	return len(a.list) < before
}

// strike finds the fault that strikes, and how much is late because of it. All
// that fit count.
func (a *faults) strike(fits func(Fault) bool) (f Fault, late time.Duration, hit bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.list {
		if !fits(one.Fault) {
			continue
		}
		one.seen++
		switch {
		case hit:
		case one.Nth != 0 && one.Nth != one.seen, one.Times != 0 && one.Struck >= one.Times:
		case one.Chance != 0 && a.dice.Float64() >= one.Chance:
		default:
			one.Struck++
			f, late, hit = one.Fault, one.Delay.Std(), true
			if one.Upto > 0 {
				late = time.Duration(a.dice.Int64N(int64(one.Upto) + 1))
			}
		}
	}
	return f, late, hit
}
