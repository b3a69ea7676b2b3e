package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Options of a server. The zero Options are those for tests that lose nothing if
// the machine does.
type Options struct {
	// Durable has the server sync what it writes. Without it a crash of the server
	// loses nothing either, but a crash of the machine may.
	Durable bool
	// Settings go into its configuration, besides ours.
	Settings map[string]string
}

// Cluster is a server with its folder. Its methods are safe for concurrent use.
type Cluster struct {
	bin, dir, password string
	port               int
	who                account
	guard              *watchdog

	mu      sync.Mutex // one start or stop at a time
	server  *exec.Cmd  // nil: it does not run
	ended   chan struct{}
	created int // databases
}

// New makes a server, starts it and waits until it answers. [Cluster.Close] ends it.
func New(ctx context.Context, o Options) (*Cluster, error) {
	bin, err := Find(ctx)
	if err != nil {
		return nil, err
	}
	who, err := runner()
	if err != nil {
		return nil, err
	}
	dir, err := who.folder()
	if err != nil {
		return nil, err
	}
	guard, err := watch(ctx, who, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	c := &Cluster{bin: bin, dir: dir, who: who, guard: guard, password: rand.Text()}
	if err := c.create(ctx, o); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// create fills the folder and starts the server.
func (c *Cluster) create(ctx context.Context, o Options) error {
	secret := filepath.Join(c.dir, "password")
	if err := os.WriteFile(secret, []byte(c.password), 0o600); err != nil {
		return err
	}
	if err := c.who.own(secret); err != nil {
		return err
	}
	// Whom the folder lets in may use the socket; over TCP a password is needed.
	init := exec.CommandContext(ctx, filepath.Join(c.bin, "initdb"), "-D", c.data(), "-U", superuser, "--pwfile", secret, "-A", "password",
		"--auth-local", "trust", "-E", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	init.Dir = c.dir
	c.who.apply(init)
	if said, err := init.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, said)
	}
	if err := c.configure(o); err != nil {
		return err
	}
	return c.startAnywhere(ctx)
}

// startAnywhere starts the server on a free port, on another if somebody was faster.
func (c *Cluster) startAnywhere(ctx context.Context) (err error) {
	for range 5 {
		if c.port, err = freePort(ctx); err != nil {
			return err
		}
		if err = c.Start(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// superuser is the server's superuser, and the name of its first database.
const superuser = "postgres"

// configure adds our settings to the server's.
func (c *Cluster) configure(o Options) error {
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "unix_socket_directories": c.dir, "unix_socket_permissions": "0700",
		"max_connections": "200", "shared_buffers": "64MB", "jit": "off", "autovacuum_naptime": "5s",
		"log_min_messages": "fatal", "max_wal_size": "512MB",
	}
	if !o.Durable {
		settings["fsync"], settings["full_page_writes"] = "off", "off"
	}
	maps.Copy(settings, o.Settings)
	f, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if _, err := fmt.Fprintf(f, "%s = '%s'\n", name, settings[name]); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}

// freePort is a port below those that the system gives to outgoing connections,
// so that none of them takes it while the server restarts.
func freePort(ctx context.Context) (int, error) {
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(16000))
		if err != nil {
			return 0, err
		}
		port := 16000 + int(n.Int64())
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address(port))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port of 127.0.0.1 between 16000 and 32000")
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Address is where the server listens, host and port.
func (c *Cluster) Address() string { return address(c.port) }

// URL leads to a database of the server, as its superuser.
func (c *Cluster) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, c.password), Host: c.Address(), Path: "/" + database,
		RawQuery: "sslmode=disable"}
	return u.String()
}

// Exec runs statements on a database, each in its own transaction.
func (c *Cluster) Exec(ctx context.Context, database string, statements ...string) error {
	conn, err := pgx.Connect(ctx, c.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // what it did is known by then
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// Ask runs statements in one transaction with the rights that a URL has. It
// returns what the last one found, the names of the columns first, as PostgreSQL
// writes it; NULL is "".
func Ask(ctx context.Context, url, statements string) ([][]string, error) {
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx) //nolint:errcheck // what it did is known by then
	results, err := conn.Exec(ctx, statements).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	last := results[len(results)-1]
	names := make([]string, len(last.FieldDescriptions))
	for i, f := range last.FieldDescriptions {
		names[i] = f.Name
	}
	rows := [][]string{names}
	for _, r := range last.Rows {
		row := make([]string, len(r))
		for i, v := range r {
			row[i] = string(v)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Create makes an empty database and returns its name.
func (c *Cluster) Create(ctx context.Context) (string, error) {
	c.mu.Lock()
	c.created++
	name := fmt.Sprint("test", c.created)
	c.mu.Unlock()
	return name, c.Exec(ctx, superuser, "CREATE DATABASE "+name)
}

// Drop deletes a database and closes the connections to it.
func (c *Cluster) Drop(ctx context.Context, database string) error {
	return c.Exec(ctx, superuser, "DROP DATABASE IF EXISTS "+pgx.Identifier{database}.Sanitize()+" WITH (FORCE)")
}

// startTimeout is how long a server may take to answer.
const startTimeout = 60 * time.Second

// Folder is where the server keeps all it writes.
func (c *Cluster) Folder() string { return c.dir }
