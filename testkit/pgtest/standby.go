package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Standby makes a server that follows this one, and has this one wait for it at
// each commit. It has the same users and databases, and can be read. After
// [Cluster.Promote] it is a server of its own. [Cluster.Close] ends it.
func (c *Cluster) Standby(ctx context.Context, o Options) (*Cluster, error) {
	dir, err := c.who.folder()
	if err != nil {
		return nil, err
	}
	guard, err := watch(ctx, c.who, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Cluster{bin: c.bin, dir: dir, who: c.who, guard: guard, password: c.password}
	if err := s.follow(ctx, c, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (c *Cluster) follow(ctx context.Context, primary *Cluster, o Options) error {
	backup := exec.CommandContext(ctx, filepath.Join(c.bin, "pg_basebackup"), "-D", c.data(), "-d", primary.URL(superuser), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	backup.Dir = c.dir
	c.who.apply(backup)
	if said, err := backup.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, said)
	}
	if err := c.configure(o); err != nil { // what stands last counts
		return err
	}
	if err := c.startAnywhere(ctx); err != nil {
		return err
	}
	return primary.Exec(ctx, superuser, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
}

// Promote has a standby take changes, and waits until it does.
func (c *Cluster) Promote(ctx context.Context) error {
	return c.Exec(ctx, superuser, "SELECT pg_promote()")
}

// URLOf leads to a database on whichever of some servers takes changes.
func URLOf(database string, all ...*Cluster) string {
	var hosts []string
	for _, c := range all {
		hosts = append(hosts, c.Address())
	}
	return strings.Replace(all[0].URL(database), all[0].Address(), strings.Join(hosts, ","), 1)
}
