package bot_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// The callers and Graph are a process of their own in the benchmarks of durable
// calls, so that the time of the processor which is measured is the server's
// alone. It is this program once more, told so by loaderEnv, whose value is the
// address of the bot.
const loaderEnv = "IVRFLOW_BENCH_LOADER"

// lines is how many calls there are at once, each with a connection of its own.
const lines = 64

func TestMain(m *testing.M) {
	if url := os.Getenv(loaderEnv); url != "" {
		if err := load(url, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "loader:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// hello is what the loader says first: whose calls it makes.
type hello struct{ GraphURL, AppID, Tenant, Discovery, Issuer string }

// order is what the loader is told to do: so many ends of prompts, divided among
// the lines, or to begin calls in place of those that there are. Limit is the
// address of the limit's server, "" for the bot. Pace is how long after one end of
// a prompt the next one of the same line is due; 0: at once.
type order struct {
	Limit     string
	Begin     bool
	Callbacks int
	Pace      time.Duration
}

// report is what came of an order. P50, P99 and Max are of the times until 202,
// from when each was due; with Begin they are of the times from the call to its
// answer.
type report struct {
	Error               string
	Took, P50, P99, Max time.Duration
}

// loadSide is what runs in the other process.
type loadSide struct {
	url, token string // of the bot
	client     *http.Client
	graph      sync.Map     // call -> *line
	list       [lines]*line // nil: there is no call
	calls      int64        // so far
}

// line is one call.
type line struct {
	call    string
	answer  chan string // the address for its callbacks
	played  chan string // the context of its next prompt
	addr    string
	context string // of the prompt that plays
}

// load does what it is told until that ends.
func load(url string, in io.Reader, out io.Writer) error {
	l := &loadSide{url: url, client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * lines}}}
	ears, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "http://" + ears.Addr().String()
	tokens := make(chan string, 1)
	sim, err := graphsim.New(graphsim.Config{BaseURL: base, Webhook: url + server.WebhookPath, Transport: grab{tokens}})
	if err != nil {
		return err
	}
	defer sim.Close()
	graphSide := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/beta/") {
			l.serve(w, r)
			return
		}
		sim.ServeHTTP(w, r) // tokens and keys
	})}
	go func() { _ = graphSide.Serve(ears) }()
	defer func() { _ = graphSide.Close() }()
	if _, err := sim.Ring(graphsim.Caller{}); err != nil { // only for its token
		return err
	}
	l.token = <-tokens
	say, hear := json.NewEncoder(out), json.NewDecoder(bufio.NewReader(in))
	if err := say.Encode(hello{GraphURL: base, AppID: sim.AppID(), Tenant: sim.Tenant(), Discovery: sim.Discovery(), Issuer: sim.Issuer()}); err != nil {
		return err
	}
	for {
		var o order
		if err := hear.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := say.Encode(l.obey(o)); err != nil {
			return err
		}
	}
}

// serve answers every action at once, and tells the line what it waits for only
// after that.
func (l *loadSide) serve(w http.ResponseWriter, r *http.Request) {
	var body struct{ ClientContext, CallbackURI string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/beta/communications/calls/"), "/")
	found, ok := l.graph.Load(path[0])
	if !ok || len(path) != 2 {
		http.Error(w, "no such call", http.StatusNotFound)
		return
	}
	n := found.(*line)
	if path[1] != "playPrompt" {
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusAccepted)
		if path[1] == "answer" {
			n.answer <- body.CallbackURI
		}
		return
	}
	answer := fmt.Sprintf(`{"@odata.type":"#microsoft.graph.playPromptOperation","id":"0fe0623f-d628-42ed-b4bd-8ac290072cc5","status":"running","clientContext":%q}`, body.ClientContext)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	_, _ = io.WriteString(w, answer)
	_ = http.NewResponseController(w).Flush()
	n.played <- body.ClientContext
}

// obey does one order.
func (l *loadSide) obey(o order) (r report) {
	took := make([][]time.Duration, lines)
	errs := make([]error, lines)
	begun := time.Now()
	var wg sync.WaitGroup
	for i := range lines {
		if o.Begin {
			l.calls++
			id := l.calls
			wg.Go(func() { took[i], errs[i] = l.replace(&l.list[i], callID(id), o.Limit) })
			continue
		}
		wg.Go(func() {
			took[i], errs[i] = l.talk(l.list[i], (o.Callbacks+lines-1-i)/lines, begun.Add(o.Pace*time.Duration(i)/lines), o.Pace)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return report{Error: err.Error()}
	}
	r.Took = time.Since(begun)
	if all := slices.Sorted(slices.Values(slices.Concat(took...))); len(all) > 0 {
		r.P50, r.P99, r.Max = all[len(all)/2], all[len(all)*99/100], all[len(all)-1]
	}
	return r
}

// replace ends a line's call, and begins another. It says how long the answer took.
func (l *loadSide) replace(at **line, call, limit string) ([]time.Duration, error) {
	if old := *at; old != nil && limit == "" {
		l.graph.Delete(old.call)
		over := fmt.Sprintf(envelope, "deleted", old.call, `{"@odata.type":"#microsoft.graph.call","state":"terminated","resultInfo":{"code":200,"subcode":0}}`)
		if err := post(l.client, l.token, old.addr, over); err != nil {
			return nil, err
		}
	}
	x := &line{call: call, answer: make(chan string, 1), played: make(chan string, 1)}
	*at = x
	l.graph.Store(x.call, x)
	if limit == "" {
		return l.begin(x)
	}
	x.addr, x.context = limit, graph.ClientContext(ivr.SessionID("raw"+call), 1)
	return nil, nil
}

// begin takes a call of the bot to its first prompt.
func (l *loadSide) begin(x *line) (answered []time.Duration, err error) {
	begun := time.Now()
	incoming := fmt.Sprintf(envelope, "created", x.call, `{"@odata.type":"#microsoft.graph.call","state":"incoming","direction":"incoming","source":{"identity":{"user":{"id":"5f0c7c7e-0000-4000-8000-000000000001"}}},"targets":[{"identity":{"application":{"id":"bot"}}}]}`)
	if err := post(l.client, l.token, l.url+server.WebhookPath, incoming); err != nil {
		return nil, err
	}
	if x.addr, err = soon(x.answer); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	answered = []time.Duration{time.Since(begun)}
	up := fmt.Sprintf(envelope, "updated", x.call, `{"@odata.type":"#microsoft.graph.call","state":"established","mediaState":{"audio":"active"}}`)
	if err := post(l.client, l.token, x.addr, up); err != nil {
		return nil, err
	}
	x.context, err = soon(x.played)
	return answered, err
}

// talk tells of so many ends of prompts, one after the other. Each is due a while
// after the one before was, the first at a time.
func (l *loadSide) talk(x *line, n int, due time.Time, pace time.Duration) (took []time.Duration, err error) {
	for range n {
		begun := time.Now()
		if pace > 0 {
			<-time.After(due.Sub(begun))
			begun, due = due, due.Add(pace) // what is sent late counts as late
		}
		if err := post(l.client, l.token, x.addr, ended(x.call, x.context)); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begun))
		if x.context, err = soon(x.played); err != nil {
			return nil, fmt.Errorf("call %s: %w", x.call, err)
		}
	}
	return took, nil
}

func soon(c <-chan string) (string, error) {
	select {
	case v := <-c:
		return v, nil
	case <-time.After(20 * time.Second):
		return "", errors.New("the bot asked for nothing more in 20 s")
	}
}

// loading is the loader as its parent sees it.
type loading struct {
	hello
	say  *json.Encoder
	hear *json.Decoder
}

// startLoader starts the other process, for a bot at an address.
func startLoader(b *testing.B, url string) *loading {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), loaderEnv+"="+url), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	l := &loading{say: json.NewEncoder(in), hear: json.NewDecoder(out)}
	if err := l.hear.Decode(&l.hello); err != nil {
		b.Fatal("the loader did not start: ", err)
	}
	return l
}

// do has the loader obey.
func (l *loading) do(b *testing.B, o order) report {
	b.Helper()
	var r report
	if err := errors.Join(l.say.Encode(o), l.hear.Decode(&r)); err != nil {
		b.Fatal("loader: ", err)
	}
	if r.Error != "" {
		b.Fatal("loader: ", r.Error)
	}
	return r
}
