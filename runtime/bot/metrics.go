package bot

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// minToken is the least length of the token for /metrics.
const minToken = 16

// checkMetrics refuses metrics that anybody could read.
func checkMetrics(addr string, token ivr.Secret) error {
	if addr == "" || token.Reveal() != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address of the metrics: %w", err)
	}
	if !loopback(host) {
		return errors.New("the address of the metrics is no loopback address, so MetricsToken is required")
	}
	return nil
}

// serveMetrics serves /metrics on a listener of its own until ctx is over. The
// function wait returns when it has ended.
func (b *Bot) serveMetrics(ctx context.Context) (wait func(), err error) {
	if b.cfg.Metrics == "" {
		return func() {}, nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", b.cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("bot: metrics: %w", err)
	}
	srv := &http.Server{Handler: b.MetricsHandler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(b.cfg.Log.Handler(), slog.LevelWarn)}
	b.cfg.Log.Info("metrics", slog.String("listen", l.Addr().String()))
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			b.cfg.Log.Error("metrics are not served any more", slog.String("error", err.Error()))
		}
	}()
	return func() {
		_ = srv.Close()
		<-served
	}, nil
}

// MetricsHandler serves GET /metrics, in the text form of Prometheus, for a
// listener that is not the public one. With Config.MetricsToken it wants that as a
// bearer token.
func (b *Bot) MetricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if want := b.cfg.MetricsToken.Reveal(); want != "" && !bears(r, want) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, b.Counts().metrics())
	})
	return mux
}

func bears(r *http.Request, want string) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(token), []byte(want)) == 1
}

// page is a page of metrics. No label holds anything of a call: series are as
// many as there are kinds.
type page struct{ strings.Builder }

func (p *page) head(name, kind, help string) {
	fmt.Fprintf(p, "# HELP ivrflow_%s %s\n# TYPE ivrflow_%s %s\n", name, help, name, kind)
}

func (p *page) counter(name, help string, v uint64) {
	p.head(name, "counter", help)
	fmt.Fprintf(p, "ivrflow_%s %d\n", name, v)
}

func (p *page) seconds(name, kind, help string, d time.Duration) {
	p.head(name, kind, help)
	fmt.Fprintf(p, "ivrflow_%s %g\n", name, d.Seconds())
}

func (p *page) gauge(name, help string, v int) {
	p.head(name, "gauge", help)
	fmt.Fprintf(p, "ivrflow_%s %d\n", name, v)
}

// metrics are the counts as a page.
func (c Counts) metrics() string {
	p := &page{}
	p.gauge("calls_live", "Calls that live in this process.", c.Calls.Live)
	p.counter("calls_begun_total", "Calls that began.", c.Calls.Begun)
	p.counter("calls_ended_total", "Calls that ended.", c.Calls.Ended)
	p.counter("calls_taken_up_total", "Calls that another process had before.", c.Calls.TakenUp)
	p.counter("calls_let_go_total", "Calls that went to another process, or were read again from the store.", c.Calls.LetGo)
	p.gauge("calls_waiting", "Calls that came in and are not stored yet.", c.Waiting)
	p.head("calls_away_total", "counter", "Calls that were sent away, by reason.")
	for _, why := range slices.Sorted(maps.Keys(c.Away)) {
		fmt.Fprintf(p, "ivrflow_calls_away_total{reason=%q} %d\n", why, c.Away[why])
	}
	p.head("fallback_total", "counter", "What became of calls that were sent away.")
	for _, f := range [...]struct {
		result string
		n      uint64
	}{{"claimed", c.Claimed}, {"failed", c.NotSent}, {"redirected", c.Redirected}, {"rejected", c.Rejected}} {
		fmt.Fprintf(p, "ivrflow_fallback_total{result=%q} %d\n", f.result, f.n)
	}
	p.counter("farewells_total", "Calls that were ended because nothing could be stored.", c.Calls.Farewells)
	p.counter("events_parked_total", "Events that brought a call to on_error by a panic.", c.Calls.Parked)
	p.counter("events_refused_total", "Events that were not taken because too much waited for their call.", c.Calls.Waited)
	p.counter("commands_retried_total", "Commands that were sent again.", c.Calls.Retries)
	p.counter("results_told_again_total", "Results that could not be stored at once.", c.Calls.Told)
	p.gauge("actions_running", "Actions in Go that run.", c.Actions)
	p.counter("actions_throttled_total", "Actions that failed because too many ran.", c.Throttled)
	p.gauge("connections_open", "Connections to the public listener.", c.Connections)
	p.counter("connections_cut_total", "Connections that were closed at once because there were too many.", c.ConnectionsCut)
	p.counter("panics_total", "Panics that were caught.", c.Panics+c.Calls.Panics)
	p.counter("log_lines_dropped_total", "Lines of the log that were left out, because nobody read them.", c.LogLost)
	p.counter("store_commits_total", "Changes that were stored.", c.Calls.Commits)
	p.seconds("store_commit_seconds_total", "counter", "Seconds that storing took, for all changes.", c.Calls.CommitTime)
	p.seconds("store_commit_last_seconds", "gauge", "Seconds that storing took, for the last change.", c.Calls.LastCommit)
	p.counter("store_errors_total", "Requests to the store that failed.", c.Calls.StoreErrors)
	p.counter("store_uncertain_total", "Changes of which nobody knew whether they were stored.", c.Calls.Uncertain)
	p.gauge("store_hanging", "Requests to the store that were given up and still run.", c.Calls.StoreHangs)
	p.requests(c.Requests)
	p.store(c.Store)
	return p.String()
}

func (p *page) requests(m map[Answered]uint64) {
	p.head("http_requests_total", "counter", "Requests that were answered, by route and status.")
	for _, a := range slices.SortedFunc(maps.Keys(m), func(x, y Answered) int {
		return cmp.Or(cmp.Compare(x.Route, y.Route), cmp.Compare(x.Status, y.Status))
	}) {
		fmt.Fprintf(p, "ivrflow_http_requests_total{route=%q,status=\"%d\"} %d\n", cmp.Or(a.Route, "none"), a.Status, m[a])
	}
}

// mostStoreNumbers bounds what a store may tell of itself.
const mostStoreNumbers = 100

// storeHelp says what a number means that a store tells of itself.
func storeHelp(name string) string {
	switch name {
	case "queue":
		return "Changes that wait to be written now."
	case "writers":
		return "Connections that write now."
	case "tasks_total":
		return "Changes and other things that were written, or refused for what they are."
	case "groups_total":
		return "Transactions, each of which writes all that waits."
	case "group_last":
		return "Changes in the last transaction."
	case "group_max":
		return "Changes in the largest transaction so far."
	case "transaction_last_seconds":
		return "Seconds that the last commit took, with its sync to the disk."
	case "transaction_max_seconds":
		return "Seconds that the slowest commit so far took."
	case "transaction_seconds_total":
		return "Seconds that all commits took together."
	case "fenced_total":
		return "Changes that were refused, because the call is another process's or known already."
	case "busy_total":
		return "Changes that were refused, because too many waited."
	case "trouble_total":
		return "Errors of the disk, the database or the way to it."
	}
	return "What the store tells of itself."
}

func (p *page) store(m map[string]float64) {
	names := slices.Sorted(maps.Keys(m))
	for _, name := range names[:min(len(names), mostStoreNumbers)] {
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		p.head("store_"+name, kind, storeHelp(name))
		fmt.Fprintf(p, "ivrflow_store_%s %g\n", name, m[name])
	}
}
