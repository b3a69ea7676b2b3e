package control

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// The kinds of entries of the log.
const (
	kindRequest  = "request"
	kindCallback = "callback"
	kindDownload = "download"
	kindEvent    = "event"
	kindControl  = "control"
)

// Entry is one line of the log: something that went over the wire, or happened
// on a phone.
type Entry struct {
	N        int64           `json:"n" doc:"its number; they count from 1, without a gap, over all resets"`
	At       time.Time       `json:"at" doc:"when it was over"`
	Kind     string          `json:"kind" enum:"request,callback,download,event,control" doc:"request: of the bot; callback: to the bot; download: of a prompt; event: on a phone; control: what a test asked"`
	What     string          `json:"what" doc:"a request's action, as Graph's documentation names it, such as playPrompt; what a callback tells, such as tone; an event's name, such as prompt_started"`
	Call     string          `json:"call,omitempty" doc:"the call's id"`
	App      string          `json:"app,omitempty" doc:"application id of the bot, if that is known: it asked for a token, or it is about one of its calls"`
	Method   string          `json:"method,omitempty"`
	URL      string          `json:"url,omitempty" doc:"the path of a request, the address of a callback or download"`
	Status   int             `json:"status,omitempty" doc:"HTTP status; none if there was no answer"`
	Code     string          `json:"code,omitempty" doc:"error.code of a refusal"`
	Error    string          `json:"error,omitempty" doc:"why a request was refused, or a callback or download failed"`
	Fault    string          `json:"fault,omitempty" doc:"what a fault did to it"`
	Millis   int64           `json:"ms,omitempty" doc:"how long it took"`
	Request  json.RawMessage `json:"request,omitempty" doc:"body of the request; a string if it was no JSON"`
	Response json.RawMessage `json:"response,omitempty" doc:"body of the answer to the bot; a string if it was no JSON"`
	Detail   map[string]any  `json:"detail,omitempty" doc:"what an event tells besides"`
}

// Line is the entry for people, without bodies.
func (e Entry) Line() string {
	var b strings.Builder
	call := e.Call[:min(8, len(e.Call))]
	arrow := map[string]string{kindRequest: "<-", kindCallback: "->", kindDownload: "->", kindEvent: "  ", kindControl: "=="}[e.Kind]
	fmt.Fprintf(&b, "%s  %-8s  %s ", e.At.Format("15:04:05.000"), call, arrow)
	if e.Kind == kindEvent {
		b.WriteString(strings.ReplaceAll(e.What, "_", " "))
		for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
			if name != "operation" && name != "client_context" {
				fmt.Fprintf(&b, ", %s %s", name, inLine(e.Detail[name]))
			}
		}
		return clean(b.String())
	}
	fmt.Fprintf(&b, "%s %s", e.Kind, e.What)
	if e.Status != 0 {
		fmt.Fprintf(&b, " %d", e.Status)
	}
	for _, more := range []string{e.Code, e.Error, e.Fault} {
		if more != "" {
			b.WriteString(" " + more)
		}
	}
	if e.What == actionUnknown || e.Kind == kindDownload {
		b.WriteString(" " + cmp.Or(e.URL, "no address"))
	}
	return clean(b.String())
}

// inLine is a detail for people.
func inLine(v any) string {
	switch v := v.(type) {
	case ivr.Party:
		return string(v.Kind) + " " + v.ID
	case ivr.Target:
		return string(v.Kind) + " " + v.ID
	case string:
		return v
	case Result:
		return fmt.Sprintf("%d/%d", v.Code, v.Subcode)
	}
	if who, ok := v.(map[string]any); ok && who["party"] != nil {
		return inLine(who["party"])
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return strings.Trim(string(b), `"`)
}

// clean keeps what a bot sent from playing with a terminal.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
}

// The log keeps that much and forgets the oldest first.
const (
	maxEntries = 20000
	maxBytes   = 64 << 20
)

// journal is the log.
type journal struct {
	tell func(Entry)

	mu      sync.Mutex
	entries []Entry
	bytes   int
	last    int64         // number of the newest
	more    chan struct{} // closed when one comes
	sums    Summary
}

// Summary counts what went on since the simulator began.
type Summary struct {
	Calls           int `json:"calls"`
	Over            int `json:"calls_over"`
	Requests        int `json:"requests"`
	Refused         int `json:"requests_refused" doc:"answered 4xx or 5xx, or not at all"`
	Callbacks       int `json:"callbacks"`
	CallbacksFailed int `json:"callbacks_failed" doc:"not answered 2xx by the bot"`
	Faults          int `json:"faults" doc:"how often a fault struck"`
}

func newJournal(tell func(Entry)) *journal {
	if tell == nil {
		tell = func(Entry) {}
	}
	return &journal{tell: tell, more: make(chan struct{})}
}

func (e Entry) size() int { return 200 + len(e.Request) + len(e.Response) + len(e.URL) + len(e.Error) }

// add numbers an entry and tells it.
func (j *journal) add(e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.N = j.last
	if e.At.IsZero() {
		e.At = time.Now()
	}
	e.At = e.At.UTC()
	j.entries = append(j.entries, e)
	j.bytes += e.size()
	for len(j.entries) > maxEntries || j.bytes > maxBytes {
		j.bytes -= j.entries[0].size()
		j.entries[0] = Entry{} // lets its bodies go
		j.entries = j.entries[1:]
	}
	j.sums.count(e)
	close(j.more)
	j.more = make(chan struct{})
	j.tell(e)
}

func (s *Summary) count(e Entry) {
	switch {
	case e.Kind == kindEvent && (e.What == "ringing" || e.What == "calling" || e.What == "joining"):
		s.Calls++
	case e.Kind == kindEvent && e.What == "ended":
		s.Over++
	case e.Kind == kindRequest:
		s.Requests++
		if e.Status == 0 || e.Status >= 400 {
			s.Refused++
		}
	case e.Kind == kindCallback:
		s.Callbacks++
		if e.Fault != faultLost && (e.Status < 200 || e.Status > 299) {
			s.CallbacksFailed++
		}
	}
	if e.Fault != "" {
		s.Faults++
	}
}

// Line is the summary for people.
func (s Summary) Line() string {
	return fmt.Sprintf("calls %d, of which over %d; requests %d, refused %d; callbacks %d, failed %d; faults %d",
		s.Calls, s.Over, s.Requests, s.Refused, s.Callbacks, s.CallbacksFailed, s.Faults)
}

func (j *journal) summary() Summary {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sums
}

// next is closed when another entry comes.
func (j *journal) next() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.more
}

// after lists the entries after a number that fit, and answers a channel that is
// closed when another comes. Lost is how many after that number are forgotten.
func (j *journal) after(n int64, fits func(Entry) bool) (list []Entry, lost int64, more <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	first := j.last - int64(len(j.entries)) // number before the oldest
	lost = max(first-n, 0)
	for _, e := range j.entries[min(max(n-first, 0), int64(len(j.entries))):] {
		if fits(e) {
			list = append(list, e)
		}
	}
	return list, lost, j.more
}
