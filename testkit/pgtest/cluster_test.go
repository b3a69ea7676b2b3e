package pgtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

var server pgtest.Lazy

func TestMain(m *testing.M) {
	if os.Getenv("PGTEST_VICTIM") != "" {
		victim()
	}
	code := m.Run()
	server.Close()
	os.Exit(code)
}

// victim is a test process that is killed while its server runs.
func victim() {
	c, err := pgtest.New(context.Background(), pgtest.Options{})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(c.Address())
	fmt.Println(c.Folder())
	select {}
}

func TestWatchdog(t *testing.T) {
	server.Cluster(t) // or skip
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^$")
	cmd.Env = append(os.Environ(), "PGTEST_VICTIM=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	address := lines.Text()
	lines.Scan()
	dir := lines.Text()
	data, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(address, err)
	}
	pid, _, _ := strings.Cut(string(data), "\n")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	end := time.Now().Add(20 * time.Second)
	for {
		_, err := os.Stat(dir)
		running := exec.Command("kill", "-0", pid).Run() == nil && !zombie(pid)
		if errors.Is(err, os.ErrNotExist) && !running {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("20 s after the test process was killed, its server %s runs: %v, its folder %s is there: %v", pid, running, dir, err == nil)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// zombie says that a process has ended, though nobody has asked how.
func zombie(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestRestart(t *testing.T) {
	c := server.Cluster(t)
	name, err := c.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(t.Context(), name, "CREATE TABLE t (n int)"); err != nil {
		t.Fatal(err)
	}
	address := c.Address()
	for i, again := range []func() error{
		func() error { return c.Restart(t.Context()) },
		func() error { return errors.Join(c.Kill(), c.Start(t.Context())) },
		func() error { return errors.Join(c.Stop(), c.Stop(), c.Start(t.Context()), c.Start(t.Context())) },
	} {
		if err := c.Exec(t.Context(), name, "INSERT INTO t VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		if err := again(); err != nil {
			t.Fatal(err)
		}
		if got := count(t, c.URL(name)); got != i+1 || c.Address() != address {
			t.Fatalf("restart %d: %d rows at %s, want %d at %s", i, got, c.Address(), i+1, address)
		}
	}
	if err := c.Drop(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), c.URL(name)); err == nil {
		t.Error("a database that was dropped is there")
	}
}

func count(t *testing.T, url string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFind(t *testing.T) {
	server.Cluster(t) // or skip
	t.Setenv(pgtest.BinVariable, t.TempDir())
	if bin, err := pgtest.Find(t.Context()); err == nil || errors.Is(err, pgtest.ErrNotInstalled) || !strings.Contains(err.Error(), pgtest.BinVariable) {
		t.Errorf("a folder without programs: found %q, error %v", bin, err)
	}
	old := t.TempDir()
	for _, program := range []string{"initdb", "postgres"} {
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) 14.11'\n"
		if err := os.WriteFile(filepath.Join(old, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(pgtest.BinVariable, old)
	if bin, err := pgtest.Find(t.Context()); err == nil || !strings.Contains(err.Error(), "14 is too old") {
		t.Errorf("version 14: found %q, error %v", bin, err)
	}
}
