package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

var campaignKills = flag.Int("campaignkills", 3, "how often TestCampaignKilled kills a process")

// commandEnv holds the arguments of a process that is the command, as JSON.
const commandEnv = "IVRFLOW_TEST_COMMAND"

// asCommand is the command, if this process is to be it.
func asCommand() {
	text := os.Getenv(commandEnv)
	if text == "" {
		return
	}
	var args []string
	if err := json.Unmarshal([]byte(text), &args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailure)
	}
	os.Exit(Main(context.Background(), args, strings.NewReader(""), os.Stdout, os.Stderr))
}

// command runs the command in a process of its own, and kills it after a time; 0: never.
func command(args []string, after time.Duration) (killed bool, said string, err error) {
	text, err := json.Marshal(args)
	if err != nil {
		return false, "", err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), commandEnv+"="+string(text))
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return false, "", err
	}
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	err = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return true, out.String(), nil
	}
	return false, out.String(), err
}

// The command is killed at moments left to chance, again and again, and goes on: nobody
// is called twice for one attempt, and nobody is left out. A call of which nobody can
// know whether it was made is not made again, and the results say so.
func TestCampaignKilled(t *testing.T) {
	const each, people = 3, 8
	deaths, unsure := 0, 0
	for seed := uint64(1); deaths < *campaignKills; seed++ {
		w, dir, rung := campaignWorld(t)
		w.closing.Store(true) // who dies takes no callbacks
		free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		w.backend(free.Addr().String())
		config, list := filepath.Join(dir, "bot.yaml"), "number\n"
		src, err := os.ReadFile(config)
		if err == nil {
			err = os.WriteFile(config, []byte(strings.Replace(string(src), "127.0.0.1:0", free.Addr().String(), 1)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{}
		for i := range people {
			number := fmt.Sprintf("+4416329601%02d", 20+i)
			list += number + "\n"
			want[number] = 1
		}
		busy := "+441632960123"
		want[busy] = 2
		w.sim.SetTarget(busy, graphsim.Busy)
		if err := os.WriteFile(filepath.Join(dir, "people.csv"), []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := free.Close(); err != nil {
			t.Fatal(err)
		}
		args := []string{"campaign", "run", filepath.Join(dir, "x.campaign"), "--config", config, "--flow", "out", "--list", filepath.Join(dir, "people.csv"), "--from", graphsim.DefaultInstance,
			"--timezone", "Europe/London", "--hours", "24/7", "--rate", "5/s", "--attempts", "2", "--busy-after", "1s"}
		chance := rand.New(rand.NewPCG(3, seed))
		for died := 0; ; {
			var moment time.Duration
			if died < each {
				moment = time.Duration(50+chance.IntN(3000)) * time.Millisecond
			}
			killed, said, err := command(args, moment)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, said)
			}
			if !killed {
				break
			}
			died++
			deaths++
		}
		unsure += whoWasCalled(t, seed, want, rung(), filepath.Join(dir, "x.results.csv"))
	}
	t.Logf("%d deaths; of %d calls nobody could know whether they had been made", deaths, unsure)
}

// whoWasCalled compares whose telephones have rung with the results.
func whoWasCalled(t *testing.T, seed uint64, want, rung map[string]int, results string) (unsure int) {
	t.Helper()
	_, rows := table(t, results)
	if len(rows) != len(want) {
		t.Errorf("seed %d: %d rows of results, want %d", seed, len(rows), len(want))
	}
	for number, n := range want {
		row := rows[number]
		switch doubt := row != nil && (row[3] == "unknown" || row[3] == "failed" && row[10] == "unknown_result"); {
		case row == nil:
			t.Errorf("seed %d: %s has no result", seed, number)
		case rung[number] > n:
			t.Errorf("seed %d: %s has rung %d times, want %d at most: %q", seed, number, rung[number], n, row)
		case doubt:
			unsure++
		case rung[number] < n:
			t.Errorf("seed %d: %s has rung %d times, want %d: %q", seed, number, rung[number], n, row)
		}
	}
	return unsure
}
