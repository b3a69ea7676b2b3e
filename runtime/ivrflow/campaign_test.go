package main

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/campaign"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// table reads a file of results by the number.
func table(t *testing.T, file string) (columns []string, rows map[string][]string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = map[string][]string{}
	for _, r := range all[1:] {
		rows[r[slices.Index(all[0], "number")]] = r
	}
	return all[0], rows
}

// Simulated people are called in virtual time, with nothing installed, and nothing
// is kept.
func TestCampaignSimulated(t *testing.T) {
	dir := t.TempDir()
	results := filepath.Join(dir, "r.csv")
	file := filepath.Join(dir, "x.campaign")
	args := []string{"campaign", "run", file, "--simulate", "--flow", "testdata/project/campaign/remind.ivr.yaml", "--list", "testdata/project/campaign/people.csv", "--keep", "customer",
		"--results", results, "--target", "+441632960110=busy", "--target", "+441632960111=answers", "--hours", "24/7"}
	began := time.Now()
	stdout, stderr, code := invoke(t, "", args...)
	if code != exitFine || stderr != "" || !strings.HasSuffix(stdout, "2 done, 0 left, 1 answered, 1 busy\n") || strings.Count(stdout, "line 2: busy, again") != 2 {
		t.Errorf("exit code %d; it said\n%s%s", code, stdout, stderr)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v, though time is virtual", took)
	}
	columns, rows := table(t, results)
	if want := append(resultColumns(), "customer"); !slices.Equal(columns, want) {
		t.Errorf("columns %q, want %q", columns, want)
	}
	if r := rows["+441632960111"]; r[3] != "answered" || r[4] != "1" || r[12] != "told" || r[14] != "2" || r[9] != "flow" {
		t.Errorf("%q", r)
	}
	if r := rows["+441632960110"]; r[3] != "busy" || r[4] != "3" || r[6] != "" {
		t.Errorf("%q", r)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("it has left %v, %v", left, err)
	}
}

// What a flow returns stands in the results, but for what is sensitive.
func TestCampaignReturns(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"people.csv": "number\n+441632960110\n+441632960111\n", "ask.ivr.yaml": `ivr: 1
flow: ask
kind: outgoing
params: {number: {type: phone}}
returns:
  size: {type: string, default: none}
  pin: {type: digits, length: 1, sensitive: true}
  years: {type: number}
start: main
states:
  main:
    - dial: {phone: "${number}", ring: 30s}
      answered: ask
      failed: end
  ask:
    - collect: pin
      prompt: {say: "Your pin, please."}
      gave_up: end
    - set: {size: large, years: 7}
    - end
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(results string) {
		t.Helper()
		_, stderr, code := invoke(t, "", "campaign", "run", filepath.Join(dir, "x.campaign"), "--simulate", "--flow", filepath.Join(dir, "ask.ivr.yaml"), "--list", filepath.Join(dir, "people.csv"),
			"--results", results, "--target", "+441632960110=busy", "--target", "+441632960111=answers", "--hours", "24/7", "--timezone", "Europe/London")
		if code != exitFine {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
	}
	run(filepath.Join(dir, "r.csv"))
	columns, rows := table(t, filepath.Join(dir, "r.csv"))
	if want := append(resultColumns(), "returns.size", "returns.years"); !slices.Equal(columns, want) {
		t.Errorf("columns %q, want %q", columns, want)
	}
	if r := rows["+441632960111"]; r[14] != "large" || r[15] != "7" {
		t.Errorf("%q", r)
	}
	if r := rows["+441632960110"]; r[14] != "none" || r[15] != "" {
		t.Errorf("%q", r)
	}
	run(filepath.Join(dir, "r.jsonl"))
	text, err := os.ReadFile(filepath.Join(dir, "r.jsonl"))
	if err != nil || !strings.Contains(string(text), `"returns":{"size":"large","years":7}`) || strings.Contains(string(text), "pin") {
		t.Errorf("%s, %v", text, err)
	}
}

// campaignWorld is a configuration, a list and a simulated Graph.
func campaignWorld(t *testing.T) (w *world, dir string, rung func() map[string]int) {
	t.Helper()
	w = newWorld(t)
	dir = filepath.Dir(w.config(t, `phones: ["+44"]`+"\nspeech: {command: [cat]}"))
	config := filepath.Join(dir, "bot.yaml")
	src, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"bot.yaml":   strings.Replace(string(src), "flows: [short.ivr.yaml]", "flows: [out.ivr.yaml]", 1),
		"people.csv": "number\n+441632960110\n+441632960111\n+441632960112\n",
		"out.ivr.yaml": `ivr: 1
flow: out
kind: outgoing
params: {number: {type: phone}}
actions: {opt_out: {in: [number]}}
start: main
states:
  main:
    - dial: {phone: "${number}", ring: 30s}
      answered: take_off
      failed: end
  take_off:
    - do: opt_out
      when: number endsWith "112"
      failed: end
    - end
`}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	count := map[string]int{}
	w.sim.Observe(func(e graphsim.Event) {
		if e, ok := e.(graphsim.Calling); ok {
			mu.Lock()
			defer mu.Unlock()
			count[e.Target.ID]++
		}
	})
	return w, dir, func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(count)
	}
}

// The whole command, with a bot, a store and Graph on the wire; then again, when
// nothing is left to do.
func TestCampaignRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w, dir, rung := campaignWorld(t)
	w.sim.SetTarget("+441632960111", graphsim.Busy) // twice
	file := filepath.Join(dir, "spring.campaign")
	stdout, stderr := newWatched(), newWatched()
	run := func(args ...string) (code int) {
		done := make(chan int, 1)
		go func() {
			done <- Main(ctx, append([]string{"campaign", "run", file}, args...), strings.NewReader(""), stdout, stderr)
		}()
		go func() { w.backend(stderr.find(ctx, t, `msg="taking calls" listen=(\S+)`)) }()
		select {
		case code = <-done:
		case <-ctx.Done():
			t.Fatalf("it has no end:\n%s%s", stdout, stderr)
		}
		return code
	}
	if code := run("--config", filepath.Join(dir, "bot.yaml"), "--flow", "out", "--list", filepath.Join(dir, "people.csv"), "--from", graphsim.DefaultInstance,
		"--timezone", "Europe/London", "--hours", "24/7", "--rate", "20/s", "--attempts", "2", "--busy-after", "1s"); code != exitFine {
		t.Fatalf("exit code %d; it said\n%s%s", code, stdout, stderr)
	}
	want := map[string]int{"+441632960110": 1, "+441632960111": 2, "+441632960112": 1}
	if got := rung(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("these have rung: %v, want %v", got, want)
	}
	if text := stdout.String(); !strings.Contains(text, "line 3: busy, again") || !strings.HasSuffix(text, "3 done, 0 left, 1 answered, 1 opted_out, 1 busy\n") {
		t.Errorf("it said\n%s", text)
	}
	results := filepath.Join(dir, "spring.results.csv")
	_, rows := table(t, results)
	if len(rows) != 3 || rows["+441632960112"][3] != "opted_out" || rows["+441632960111"][4] != "2" {
		t.Errorf("results %q", rows)
	}
	off, err := os.ReadFile(filepath.Join(dir, "do-not-call.txt"))
	if err != nil || !strings.HasPrefix(string(off), "+441632960112,20") {
		t.Errorf("the do-not-call list is %q, %v", off, err)
	}
	text, _, code := invoke(t, "", "campaign", "status", file, "--format", "json")
	var s struct {
		Flow                         string
		Done, Listed, Attempts, Live int
		Running                      bool
		Outcomes                     map[string]int
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil || code != exitFine || s.Done != 3 || s.Listed != 3 || s.Attempts != 4 || s.Live != 0 || s.Running || s.Flow != "out" || s.Outcomes["opted_out"] != 1 {
		t.Errorf("status %d, %v: %s", code, err, text)
	}
	if text, _, _ := invoke(t, "", "campaign", "status", file); !strings.Contains(text, "state               done\n") {
		t.Errorf("status\n%s", text)
	}
	if err := os.Remove(results); err != nil { // it is made of the campaign's file
		t.Fatal(err)
	}
	if code := run(); code != exitFine || fmt.Sprint(rung()) != fmt.Sprint(want) {
		t.Errorf("again: exit code %d, rung %v; it said\n%s%s", code, rung(), stdout, stderr)
	}
	if _, again := table(t, results); fmt.Sprint(again) != fmt.Sprint(rows) {
		t.Errorf("results %q, want %q", again, rows)
	}
}

// On PostgreSQL a campaign is one node of several, and whoever tells any of them that he
// wants no more calls is not called: neither before the campaign nor while it runs.
func TestCampaignNodes(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	t.Setenv("IVRFLOW_TEST_KEY", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	t.Setenv("IVRFLOW_TEST_STORE", postgres.Database(t))
	w, dir, rung := campaignWorld(t)
	src, err := os.ReadFile(filepath.Join(dir, "bot.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	both := strings.Replace(string(src), "networks: [127.0.0.0/8]", "flows: [stop], networks: [127.0.0.0/8]", 1) + "key: {env: IVRFLOW_TEST_KEY}\nstore: {postgres: {env: IVRFLOW_TEST_STORE}}\n"
	for name, text := range map[string]string{
		"bot.yaml":  strings.Replace(both, "flows: [out.ivr.yaml]", "flows: [out.ivr.yaml, stop.ivr.yaml]", 1),
		"node.yaml": strings.Replace(both, "flows: [out.ivr.yaml]", "flows: [stop.ivr.yaml]", 1),
		"stop.ivr.yaml": `ivr: 1
flow: stop
actions: {opt_out: {in: [number]}}
vars: {number: {type: string, default: ""}}
start: main
states:
  main:
    - answer
    - set: {number: "${call.caller}"}
      when: has(call.caller)
    - do: opt_out
      failed: end
    - end
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	node := w.start(ctx, t, "--config", filepath.Join(dir, "node.yaml"))
	stop := func(number string) {
		if _, err := w.sim.Ring(graphsim.Caller{ID: ivr.Party{Kind: ivr.PartyPhone, ID: number}, Called: ivr.Party{Kind: ivr.PartyApplication, ID: graphsim.DefaultInstance}}); err != nil {
			t.Error(err)
		}
	}
	stop("+441632960110")
	node.stderr.find(ctx, t, `(msg="call ended".* flow=stop)`)
	w.sim.SetTarget("+441632960111", graphsim.Busy)
	var once sync.Once
	w.sim.Observe(func(e graphsim.Event) {
		if e, ok := e.(graphsim.Calling); ok && e.Target.ID == "+441632960111" {
			once.Do(func() { stop(e.Target.ID) })
		}
	})
	stdout, stderr, code := invoke(t, "", "campaign", "run", filepath.Join(dir, "spring.campaign"), "--config", filepath.Join(dir, "bot.yaml"), "--flow", "out",
		"--list", filepath.Join(dir, "people.csv"), "--from", graphsim.DefaultInstance, "--timezone", "Europe/London", "--hours", "24/7", "--rate", "20/s", "--busy-after", "8s")
	if got, want := fmt.Sprint(rung()), "map[+441632960111:1 +441632960112:1]"; code != exitFine || got != want {
		t.Errorf("exit code %d, rung %s, want %s; it said\n%s%s", code, got, want, stdout, stderr)
	}
	if want := "3 done, 0 left, 1 opted_out, 2 do_not_call\n"; !strings.HasSuffix(stdout, want) {
		t.Errorf("it said\n%s\nwant %s", stdout, want)
	}
	off, err := os.ReadFile(filepath.Join(dir, "do-not-call.txt"))
	for _, number := range []string{"+441632960110", "+441632960111", "+441632960112"} {
		if err != nil || !strings.Contains(string(off), number+",20") {
			t.Errorf("the do-not-call list is without %s: %q, %v", number, off, err)
		}
	}
	w.closing.Store(true)
	terminate(t)
	node.end(ctx, t, exitFine)
}

// Where the store forgets who wants no more calls, opt_out is refused.
func TestOptOutInMemory(t *testing.T) {
	_, dir, _ := campaignWorld(t)
	config := filepath.Join(dir, "bot.yaml")
	src, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, append(src, "store: memory\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := invoke(t, "", "run", "--config", config); code != exitFindings || !strings.Contains(stderr, "opt_out of flow out keeps in the store") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

// A campaign that is told to stop sees live calls to their end, and calls nobody new;
// the next run needs no flags. One that is paused calls nobody.
func TestCampaignStops(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	w, dir, rung := campaignWorld(t)
	file := filepath.Join(dir, "spring.campaign")
	stdout, stderr := newWatched(), newWatched()
	begin := func(ctx context.Context, args ...string) chan int {
		done := make(chan int, 1)
		go func() {
			done <- Main(ctx, append([]string{"campaign", "run", file}, args...), strings.NewReader(""), stdout, stderr)
		}()
		w.backend(stderr.find(ctx, t, `msg="taking calls" listen=(\S+)`))
		return done
	}
	first, stop := context.WithCancel(ctx)
	done := begin(first, "--config", filepath.Join(dir, "bot.yaml"), "--flow", "out", "--list", filepath.Join(dir, "people.csv"), "--from", graphsim.DefaultInstance,
		"--timezone", "Europe/London", "--hours", "24/7", "--rate", "1/h")
	stdout.find(ctx, t, `(line 2: answered)`)
	stop()
	if code := <-done; code != exitFindings || len(rung()) != 1 {
		t.Fatalf("exit code %d, rung %v; it said\n%s%s", code, rung(), stdout, stderr)
	}
	if text, _, _ := invoke(t, "", "campaign", "status", file); !strings.Contains(text, "state               stopped; ivrflow campaign run goes on with it\n") || !strings.Contains(text, "not called yet      2\n") {
		t.Errorf("status\n%s", text)
	}
	if _, stderr, code := invoke(t, "", "campaign", "pause", file); code != exitFine {
		t.Fatal(stderr)
	}
	stdout, stderr = newWatched(), newWatched()
	second, stop := context.WithCancel(ctx)
	done = begin(second, "--rate", "20/s")
	for text := ""; !strings.Contains(text, "state               paused\n"); text, _, _ = invoke(t, "", "campaign", "status", file) {
		if ctx.Err() != nil {
			t.Fatalf("it does not pause:\n%s%s", text, stderr)
		}
	}
	if n := len(rung()); n != 1 {
		t.Errorf("%d have rung, though it is paused", n)
	}
	if _, stderr, code := invoke(t, "", "campaign", "resume", file); code != exitFine {
		t.Fatal(stderr)
	}
	if code := <-done; code != exitFine || len(rung()) != 3 {
		t.Errorf("exit code %d, rung %v; it said\n%s%s", code, rung(), stdout, stderr)
	}
	stop()
}

// On a terminal there is one line, which is drawn again.
func TestProgressBar(t *testing.T) {
	var b strings.Builder
	p := &progress{out: &b, bar: true, total: 4, count: map[campaign.Outcome]int{}}
	p.ended(campaign.Row{Line: 2}, campaign.End{Outcome: campaign.Answered})
	p.show(campaign.Counts{Done: 1, Live: 2, Left: 1}, "")
	p.show(campaign.Counts{Done: 4}, ", stopping")
	p.finish(campaign.Counts{Done: 4})
	const want = "\r[#######.......................] 1 of 4, 2 live, 1 answered\x1b[K\r[##############################] 4 of 4, 0 live, 1 answered, stopping\x1b[K\n4 done, 0 left, 1 answered\n"
	if b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
	}
}
