package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// Start starts the server, on the port that it had, and waits until it answers.
// One that runs is left alone.
func (c *Cluster) Start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server != nil {
		return nil
	}
	log, err := os.OpenFile(c.log(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	server := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(c.bin, "postgres"), "-D", c.data(), "-p", fmt.Sprint(c.port))
	server.Stdout, server.Stderr, server.Dir = log, log, c.dir
	c.who.apply(server)
	if err := server.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Wait() //nolint:errcheck // its log says more
	}()
	c.server, c.ended = server, ended
	if err := c.ready(ctx, ended); err != nil {
		return errors.Join(err, c.end(immediate))
	}
	return nil
}

func (c *Cluster) log() string { return filepath.Join(c.dir, "log") }

// ready waits until the server takes connections.
func (c *Cluster) ready(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.URL(superuser))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ended:
			said, unread := os.ReadFile(c.log())
			return errors.Join(fmt.Errorf("the server ended: %s", said), unread)
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", errors.Join(ctx.Err(), err))
		case <-again.C:
		}
	}
}

// Stop has the server end in order: it breaks off all connections, and writes what
// it holds to its files. One that does not run is left alone.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end(fast)
}

// Kill has the server end at once, as if it had crashed: the next start recovers
// what was committed from its log.
func (c *Cluster) Kill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end(immediate)
}

// Restart is Stop, then Start.
func (c *Cluster) Restart(ctx context.Context) error {
	if err := c.Stop(); err != nil {
		return err
	}
	return c.Start(ctx)
}

// end sends the server a signal and waits for its end, which is forced if it takes
// too long. c.mu is held.
func (c *Cluster) end(signal os.Signal) error {
	if c.server == nil {
		return nil
	}
	if err := c.server.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end the server: %w", err)
	}
	late := time.NewTimer(startTimeout)
	defer late.Stop()
	select {
	case <-c.ended:
	case <-late.C:
		c.server.Process.Kill() //nolint:errcheck // it ended just now
		<-c.ended
	}
	c.server = nil
	return nil
}

// Close ends the server and removes all that it wrote.
func (c *Cluster) Close() error {
	return errors.Join(c.Kill(), os.RemoveAll(c.dir), c.guard.end())
}
