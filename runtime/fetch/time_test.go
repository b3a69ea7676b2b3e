package fetch

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// hang keeps a request until its sender goes, which a server sees once it has
// read the body.
func hang(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// drip sends an answer's beginning and then a byte a second.
func drip(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/plain")
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := w.Write([]byte("x")); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

const virtual = "http://api.test/"

func TestTimeouts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		req     Request
		config  time.Duration
		after   time.Duration
		reason  ivr.Reason
		status  int
	}{
		{"no answer", hang, get(virtual), 0, 5 * time.Second, ivr.ReasonTimedOut, 0},
		{"drip", drip, get(virtual), 0, 5 * time.Second, ivr.ReasonTimedOut, 200},
		{"no answer to what changes something", hang, post(virtual, 1), 0, 5 * time.Second, ivr.ReasonUnknownResult, 0},
		{"drip after what changes something", drip, post(virtual, 1), 0, 5 * time.Second, ivr.ReasonUnknownResult, 200},
		{"configured", hang, get(virtual), 3 * time.Second, 3 * time.Second, ivr.ReasonTimedOut, 0},
		{"of the request", hang, with(get(virtual), func(r *Request) { r.Timeout = 15 * time.Second }), 0, 15 * time.Second, ivr.ReasonTimedOut, 0},
		{"with retries", hang, with(get(virtual), func(r *Request) { r.Retry.Max = 5 }), 0, 5 * time.Second, ivr.ReasonTimedOut, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := pipeNet(t, Config{Timeout: tt.config}, tt.handler)
				began := time.Now()
				res, err := f.Do(t.Context(), tt.req)
				e := wantKind(t, err, ErrTimeout)
				if took := time.Since(began); took != tt.after || e.Reason != tt.reason || res.Status != tt.status || res.Tries != 1 {
					t.Errorf("got %+v with reason %q after %s", res, e.Reason, took)
				}
			})
		})
	}
}

func with(r Request, change func(*Request)) Request {
	change(&r)
	return r
}

// A name server that does not answer takes no more than the time for a
// connection.
func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		f := fetcher(t, Config{Resolver: silent, Hosts: []Host{{Origin: "https://api.test", Flows: []string{"f"}}}})
		began := time.Now()
		_, err := f.Do(t.Context(), post("https://api.test/", 1))
		e := wantKind(t, err, ErrConnect)
		if took := time.Since(began); took != DefaultConnect || e.Reason != ivr.ReasonUnreachable {
			t.Errorf("got %v with reason %q after %s", err, e.Reason, took)
		}
	})
}

// A caller who hangs up ends a request at once, wherever it is.
func TestHangUp(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		status  int
	}{{"before the answer", hang, 0}, {"within the answer", drip, 200}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := pipeNet(t, Config{}, tt.handler)
				ctx, hangUp := context.WithCancel(t.Context())
				time.AfterFunc(1300*time.Millisecond, hangUp)
				began := time.Now()
				res, err := f.Do(ctx, with(post(virtual, 1), func(r *Request) { r.Retry.Max, r.Key = 5, "k" }))
				e := wantKind(t, err, ErrHungUp)
				if took := time.Since(began); took != 1300*time.Millisecond || e.Reason != ivr.ReasonHungUp || res.Status != tt.status {
					t.Errorf("got %+v with reason %q after %s", res, e.Reason, took)
				}
			})
		})
	}
}

// The same on a real network, where it takes milliseconds: the fastest of some
// hang-ups counts, since the machine may have other things to do.
func TestHangUpInRealTime(t *testing.T) {
	arrived := make(chan struct{})
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		hang(w, r)
	})
	f := fetcher(t, Config{}, server)
	for _, req := range []Request{get(server.URL + "/"), post(server.URL+"/", 1)} {
		fastest := time.Hour
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			var began time.Time
			go func() {
				<-arrived
				began = time.Now()
				cancel()
			}()
			_, err := f.Do(ctx, req)
			wantKind(t, err, ErrHungUp)
			fastest = min(fastest, time.Since(began))
		}
		if fastest > 50*time.Millisecond {
			t.Errorf("%s took %s", req.Method, fastest)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Do(ended, get(server.URL+"/"))
	wantKind(t, err, ErrHungUp)
}

// At most twenty at the same time; the others wait for a second.
func TestInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		f := pipeNet(t, Config{}, func(_ http.ResponseWriter, r *http.Request) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			hang(nil, r)
		})
		go doAll(t, f, MaxInFlight)
		synctest.Wait()
		began := time.Now()
		for _, err := range doAll(t, f, 5) {
			wantKind(t, err, ErrBusy)
		}
		if took := time.Since(began); most.Load() != MaxInFlight || took != maxQueue {
			t.Errorf("%d at the same time; the others were turned away after %s", most.Load(), took)
		}
		<-time.After(DefaultTimeout)
	})
}

// doAll makes n requests at the same time.
func doAll(t *testing.T, f *Fetcher, n int) []error {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { _, errs[i] = f.Do(t.Context(), get(virtual)) })
	}
	wg.Wait()
	return errs
}

// Who waits gets the place of who leaves, in all flows and ports of the host.
func TestWaitingForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most, all atomic.Int64
		f := pipeNet(t, Config{}, func(http.ResponseWriter, *http.Request) {
			all.Add(1)
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			<-time.After(300 * time.Millisecond)
		})
		began := time.Now()
		for _, err := range doAll(t, f, 3*MaxInFlight) {
			if err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); most.Load() != MaxInFlight || all.Load() != 3*MaxInFlight || took != 900*time.Millisecond {
			t.Errorf("%d requests, %d at the same time, in %s", all.Load(), most.Load(), took)
		}
		ctx, hangUp := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer hangUp()
		go doAll(t, f, MaxInFlight)
		synctest.Wait()
		_, err := f.Do(ctx, get(virtual))
		wantKind(t, err, ErrTimeout)
		<-time.After(time.Second)
	})
}
