package fleet

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// History is all that happened to all calls, as the world outside saw it.
type History struct {
	retries int // how often Graph tries a callback again

	mu    sync.Mutex
	calls map[ivr.CallID]*Call
	by    map[string]ivr.CallID // by caller
}

// Call is what happened to one call.
type Call struct {
	ID     ivr.CallID
	Plan   Plan
	Result Result
	Begun  time.Time

	Rung     Ack // the callback that told of the call
	Answered bool
	Ready    bool // the bot listens to keys
	Presses  []Press
	Heard    map[ivr.Key]int // what the flow told the web service
	Noted    map[ivr.Key]int // and what it posted there
	Handed   map[string]int  // transfers that Graph took, by target
	Back     int             // how often the caller came back from one
	End      *graphsim.Ended
	EndTold  Ack // the callback that told of the end

	fails map[string]int // of callbacks, by what they tell
	more  chan struct{}  // closed when something has happened
}

// Ack is what became of a callback.
type Ack int

// What becomes of callbacks.
const (
	Unsent Ack = iota // or on its way
	Acked             // answered 2xx
	Failed            // answered something else, or not at all, and Graph has given up
	Vain              // of a key: it never left, for nothing listens
)

// String is a word.
func (a Ack) String() string {
	return [...]string{"on its way", "acknowledged", "failed", "in vain"}[a]
}

// Press is a key that the caller pressed.
type Press struct {
	Key ivr.Key
	Seq int64
	Ack Ack
	At  time.Time
}

func newHistory(retries int) *History {
	return &History{retries: retries, calls: map[ivr.CallID]*Call{}, by: map[string]ivr.CallID{}}
}

// of finds a call, or makes it known. The lock is held.
func (h *History) of(id ivr.CallID) *Call {
	id = ivr.NormalizeCallID(string(id))
	c := h.calls[id]
	if c == nil {
		c = &Call{ID: id, Begun: time.Now(), more: make(chan struct{}),
			Heard: map[ivr.Key]int{}, Noted: map[ivr.Key]int{}, Handed: map[string]int{}, fails: map[string]int{}}
		h.calls[id] = c
	}
	return c
}

// change writes something down about a call.
func (h *History) change(id ivr.CallID, f func(*Call)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.of(id)
	f(c)
	close(c.more)
	c.more = make(chan struct{})
}

// told is what the flow says to the web service.
func (h *History) told(caller string, key ivr.Key, post bool) {
	h.mu.Lock()
	id, ok := h.by[caller]
	h.mu.Unlock()
	if !ok {
		return // of nobody who called
	}
	h.change(id, func(c *Call) {
		if post {
			c.Noted[key]++
		} else {
			c.Heard[key]++
		}
	})
}

// observe writes down what Graph did and was asked.
func (h *History) observe(e graphsim.Event) {
	if e.CallID() == "" {
		return
	}
	h.change(e.CallID(), func(c *Call) {
		switch e := e.(type) {
		case graphsim.Ringing:
			h.by[e.Caller.ID] = c.ID
		case graphsim.Answered:
			c.Answered = true
		case graphsim.Subscribed:
			c.Ready = true
		case graphsim.ToneSent:
			c.Presses = append(c.Presses, Press{Key: e.Key, Seq: e.Seq, At: e.At})
		case graphsim.ToneLost:
			c.Presses = append(c.Presses, Press{Key: e.Key, Seq: -1, Ack: Vain, At: e.At})
		case graphsim.Transferring:
			c.Handed[e.Target.ID]++
		case graphsim.TransferFailed:
			c.Back++
		case graphsim.Ended:
			c.End = &e
		case graphsim.Notified:
			c.callback(e.Body, Acked, h.retries)
		case graphsim.CallbackFailed:
			c.callback(e.Body, Failed, h.retries)
		default: // not what is checked
		}
	})
}

// callback settles what a callback told.
func (c *Call) callback(body []byte, a Ack, retries int) {
	var all struct {
		Value []struct {
			Data struct {
				State string                      `json:"state"`
				Tone  *struct{ SequenceID int64 } `json:"toneInfo"`
			} `json:"resourceData"`
		} `json:"value"`
	}
	if json.Unmarshal(body, &all) != nil {
		return
	}
	for _, v := range all.Value {
		if v.Data.Tone != nil {
			c.tone(v.Data.Tone.SequenceID, c.final(fmt.Sprint("tone ", v.Data.Tone.SequenceID), a, retries))
			continue
		}
		switch v.Data.State {
		case "incoming":
			c.Rung = c.final(v.Data.State, a, retries)
		case "terminated":
			c.EndTold = c.final(v.Data.State, a, retries)
		}
	}
}

// final is what became of a callback, once it is known.
func (c *Call) final(what string, a Ack, retries int) Ack {
	if a == Failed {
		if c.fails[what]++; c.fails[what] <= retries {
			return Unsent
		}
	}
	return a
}

func (c *Call) tone(seq int64, a Ack) {
	for i := range c.Presses {
		if c.Presses[i].Seq == seq {
			c.Presses[i].Ack = a
		}
	}
}

// Live is how many calls are answered and not over.
func (h *History) Live() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.calls {
		if c.Ready && c.End == nil {
			n++
		}
	}
	return n
}

// copy is a copy that nobody changes. The lock is held.
func (c *Call) copy() Call {
	d := *c
	d.Presses = slices.Clone(c.Presses)
	d.Heard, d.Noted, d.Handed = maps.Clone(c.Heard), maps.Clone(c.Noted), maps.Clone(c.Handed)
	d.fails = nil
	return d
}
