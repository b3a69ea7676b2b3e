package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// ListenAndServe serves on Config.Addr until ctx is over, then drains.
func (b *Bot) ListenAndServe(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", b.cfg.Addr)
	if err != nil {
		return fmt.Errorf("bot: %w", err)
	}
	return b.Serve(ctx, l)
}

// Serve serves on a listener until ctx is over, or somebody asks it to drain. It
// closes the listener, and returns nil.
//
// When ctx is over, calls that end with the process get Config.DrainFor to end,
// and those that are left are hung up; no new ones are taken meanwhile. Calls in a
// store that lasts are left there: for the other processes, if it is shared, else
// for the next start.
//
// A process that is asked to drain takes no new calls, and ends when the last one
// has ended, or ctx is over.
func (b *Bot) Serve(ctx context.Context, l net.Listener) error {
	defer b.cfg.logTo.flush()
	if err := errors.Join(b.checkActions(), server.CheckListen(b.cfg.Profiles, l.Addr().String())); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := b.Open(ctx); err != nil {
		return errors.Join(err, l.Close())
	}
	waitMetrics, err := b.serveMetrics(ctx)
	if err != nil {
		b.Close()
		return errors.Join(err, l.Close())
	}
	defer waitMetrics()
	waitAdmin, err := b.serveAdmin(ctx)
	if err != nil {
		b.Close()
		return errors.Join(err, l.Close())
	}
	defer waitAdmin()
	b.greet(l)
	limited := server.Limit(l, b.cfg.Limits.Connections, b.cfg.Log)
	b.connections.Store(limited)
	srv := server.HTTPServer(b.handler)
	srv.ErrorLog = slog.NewLogLogger(b.cfg.Log.Handler(), slog.LevelWarn)
	failed := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { failed <- b.serve(srv, limited) })
	defer wg.Wait()
	b.warm(ctx)
	select {
	case err := <-failed:
		b.Close()
		return fmt.Errorf("bot: %w", err)
	case <-b.drain:
		b.cfg.Log.Info("asked to drain", slog.Int("calls", b.calls.Live()))
		_ = b.calls.Drain(ctx) // an error says that ctx is over: no more of it then
	case <-ctx.Done():
	}
	return b.shutdown(context.WithoutCancel(ctx), srv)
}

func (b *Bot) serve(srv *http.Server, l net.Listener) error {
	if b.cfg.CertFile != "" {
		return srv.ServeTLS(l, b.cfg.CertFile, b.cfg.KeyFile)
	}
	return srv.Serve(l)
}

// shutdown ends the calls, or leaves them to others. The HTTP side stays open
// meanwhile: live calls need their callbacks, and what comes for one that was
// handed over is kept for it.
func (b *Bot) shutdown(ctx context.Context, srv *http.Server) error {
	switch {
	case b.cfg.Store.Lease() == 0:
		b.drainOrHangUp(ctx)
	case b.cfg.Shared:
		b.leave(ctx)
	}
	b.cfg.Log.Info("stopping", slog.Int("calls", b.calls.Live()))
	b.Close()
	end, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := srv.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) { // a connection without a request counts as busy for 5 s
		b.cfg.Log.Warn("connections cut off")
		err = srv.Close()
	}
	if err != nil {
		return fmt.Errorf("bot: closing connections: %w", err)
	}
	b.cfg.Log.Info("ended")
	return nil
}

func (b *Bot) drainOrHangUp(ctx context.Context) {
	b.cfg.Log.Info("draining", slog.Int("calls", b.calls.Live()))
	drain, cancel := context.WithTimeoutCause(ctx, b.settings.Load().drainFor, errors.New("calls were still live when the time to drain was over"))
	defer cancel()
	if err := b.calls.Drain(drain); err != nil {
		b.hangUp(ctx, err)
	}
}

// leave goes on for the time that a load balancer needs to send callers
// elsewhere. Who still comes in here is answered, and handed over with the rest.
func (b *Bot) leave(ctx context.Context) {
	b.leaving.Store(true)
	b.cfg.Log.Info("leaving", slog.Int("calls", b.calls.Live()), slog.Duration("in", b.settings.Load().drainFor))
	leave, cancel := context.WithTimeout(ctx, b.settings.Load().drainFor)
	defer cancel()
	<-leave.Done()
}

// hangUpFor is how long the platform has to end the calls that are hung up at
// shutdown.
const hangUpFor = 5 * time.Second

// hangUp ends the calls that the time to drain was too short for: silence would
// be all that their callers still hear.
func (b *Bot) hangUp(ctx context.Context, cause error) {
	b.cfg.Log.Warn("hanging up", slog.Int("calls", b.calls.Live()), slog.String("error", cause.Error()))
	b.calls.HangUp(ctx)
	end, cancel := context.WithTimeoutCause(ctx, hangUpFor, errors.New("the platform did not end them"))
	defer cancel()
	if err := b.calls.Drain(end); err != nil {
		b.cfg.Log.Error("calls left", slog.Int("calls", b.calls.Live()), slog.String("error", err.Error()))
	}
}

// greet logs what an operator needs in order to register the bot.
func (b *Bot) greet(l net.Listener) {
	flows := slices.Sorted(maps.Keys(b.settings.Load().flows))
	b.cfg.Log.Info("taking calls", slog.String("listen", l.Addr().String()), slog.Bool("tls", b.cfg.CertFile != ""),
		slog.String("webhook", b.cfg.PublicURL+server.WebhookPath), slog.String("flows", strings.Join(flows, " ")))
}
