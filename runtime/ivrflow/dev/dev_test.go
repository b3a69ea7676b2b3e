package dev_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/ivrflow/dev"
)

// quick is a flow of very short prompts.
const quick = `
ivr: 1
flow: quick
prompts: {hi: Hi, bye: By}
start: main
states:
  main:
    - menu: hi
      keys: {1: bye, 2: main}
      gave_up: bye
  bye: [{play: bye}, end]
`

// TestMain takes colours away, which would stand between the words.
func TestMain(m *testing.M) {
	if err := os.Setenv("NO_COLOR", "1"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func flowFile(t *testing.T, text string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "test.ivr.yaml"), text)
}

// result is what a run left behind.
type result struct {
	code     int
	out, err string
}

// run runs the command without a terminal, with tones and without sound.
func run(t *testing.T, o dev.Options, input string) result {
	t.Helper()
	o.Mute = true
	if o.Speech == nil {
		o.Speech = []string{"tones"}
	}
	var out, problems bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	code := dev.Run(ctx, o, strings.NewReader(input), &out, &problems)
	if ctx.Err() != nil {
		t.Fatalf("the run did not end:\n%s", out.String())
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("escape codes where there is no terminal: %q", out.String())
	}
	return result{code, out.String(), problems.String()}
}

// inOrder checks that all texts are there, one after the other.
func inOrder(t *testing.T, out string, texts ...string) {
	t.Helper()
	rest := out
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Fatalf("%q is missing, or is not after the ones before it, in:\n%s", text, out)
		}
		rest = after
	}
}

func wantCode(t *testing.T, r result, want int) {
	t.Helper()
	if r.code != want {
		t.Errorf("exit code %d, want %d:\n%s%s", r.code, want, r.out, r.err)
	}
}

func TestFastDemo(t *testing.T) {
	wav := filepath.Join(t.TempDir(), "heard.wav")
	r := run(t, dev.Options{Fast: true, Script: "1,1234,2,say 2s,#,1,0", WAV: wav}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "flow demo (the embedded demo)", "calls application", "answered", "welcome: Welcome",
		"choices: To ask", "key      1\n", "enter_order", "key      1234\n", "you_entered", "one, two, three, four",
		"key      2\n", "recording", "speak    2.0 s", "key      #\n", "stop tone", "key      1\n", "milestone message_left",
		"transferring to user", "transferred to user", "ended by transfer", "Call record", "ended by    transfer (0/7015)",
		"ask_order              keys 1234", "fetch the recording: saved", "transfer to user 5f0c7c7e-0000-4000-8000-000000000001: done",
		"milestone message_left")
	if !strings.Contains(r.out, "cut short") {
		t.Errorf("no prompt was cut short by a key:\n%s", r.out)
	}
	data, err := os.ReadFile(wav)
	if err != nil {
		t.Fatal(err)
	}
	info, err := prompt.CheckWAV(data)
	if err != nil {
		t.Fatalf("what the caller heard: %v", err)
	}
	if info.Length < 20*time.Second || info.Length > time.Minute {
		t.Errorf("the caller heard %v, want about half a minute", info.Length)
	}
	if pcm, _ := prompt.DecodeWAV(data); silent(pcm) {
		t.Error("the caller heard nothing")
	}
}

func silent(pcm []int16) bool {
	for _, v := range pcm {
		if v > 1000 {
			return false
		}
	}
	return true
}

// The same call in real time, over real HTTP.
const askAround = `
ivr: 1
flow: ask_around
prompts: {hello: "Hello.", music: "La la la.", take_it: "Press 1 to take a call.", wait: "One moment.", nobody: "Nobody."}
groups: {sales: [{user: 5f0c7c7e-0000-4000-8000-000000000001}, {user: 5f0c7c7e-0000-4000-8000-000000000002}]}
start: main
states:
  main:
    - play: hello
    - hunt: sales
      ring: 15s
      music: music
      announce: take_it
      accept: 1
      every: {10s: wait}
      keys: {9: bye}
      exhausted: bye
  bye: [{play: nobody}, end]
`

// Who is called by the flow is on the screen, and not mistaken for the caller.
func TestCallees(t *testing.T) {
	file := flowFile(t, askAround)
	r := run(t, dev.Options{Path: file, Fast: true, Targets: []string{"5f0c7c7e-0000-4000-8000-000000000001=machine"}}, "")
	inOrder(t, r.out, "hear     hello", "calls    user 5f0c7c7e-0000-4000-8000-000000000001", "hear     music", "calls    a machine answers",
		"calls    hears take_it", "calls    user 5f0c7c7e-0000-4000-8000-000000000002", "calls    hears take_it", "calls    presses 1",
		"→        transferred to user 5f0c7c7e-0000-4000-8000-000000000002", "call     ended by transfer", "Call record")
	if strings.Contains(r.out, "hear     take_it") || strings.Contains(r.out, "key      1") {
		t.Errorf("what the callee hears or presses is shown as the caller's:\n%s", r.out)
	}
	r = run(t, dev.Options{Path: file, Fast: true, Script: "wait 5s,9", Targets: []string{"5f0c7c7e-0000-4000-8000-000000000001=no_answer"}}, "")
	inOrder(t, r.out, "hear     music", "key      9", "calls    over", "hear     nobody", "call     ended by flow")
}

func TestRealTime(t *testing.T) {
	t.Parallel()
	wav := filepath.Join(t.TempDir(), "heard.wav")
	r := run(t, dev.Options{Path: flowFile(t, quick), Script: "2,1", WAV: wav}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "Bot on http://127.0.0.1:", "simulated Graph on http://127.0.0.1:", "hi: Hi (0.3 s)", "key      2",
		"key      1", "state    bye", "bye: By", "ended by flow (200/7000)", "ended by    flow (200/7000)", "main                   keys 21", "hang up: done")
	data, err := os.ReadFile(wav)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := prompt.CheckWAV(data); err != nil {
		t.Errorf("what the caller heard: %v", err)
	}
}

// Lines wait for the flow, the end of the input hangs up.
func TestPlainLines(t *testing.T) {
	t.Parallel()
	r := run(t, dev.Options{Path: flowFile(t, quick)}, "?\nnonsense\n1\n\n2\n")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "Lines: keys such as", "A script is a list", "not understood", "key      1", "ended by flow", "Call record",
		"calls application", "key      2", "ended by caller", "Call record", "ended by    caller")
	if got := strings.Count(r.out, "Call record"); got != 2 {
		t.Errorf("%d calls, want 2:\n%s", got, r.out)
	}
}

// q hangs up first.
func TestQuit(t *testing.T) {
	t.Parallel()
	r := run(t, dev.Options{Path: flowFile(t, quick)}, "2\nq\n1\n")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "key      2", "ended by caller", "Call record")
	if strings.Contains(r.out, "key      1") {
		t.Errorf("a key was pressed after q:\n%s", r.out)
	}
}

// An interrupt hangs up, and the record is shown all the same.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &watchedBuffer{}
	done := make(chan int, 1)
	in, keep := io.Pipe()
	defer keep.Close()
	o := dev.Options{Path: flowFile(t, quick), Mute: true, Speech: []string{"tones"}}
	go func() { done <- dev.Run(ctx, o, in, out, io.Discard) }()
	out.await(t, "hi: Hi")
	cancel()
	if code := <-done; code != dev.ExitOK {
		t.Errorf("exit code %d, want %d", code, dev.ExitOK)
	}
	inOrder(t, out.String(), "ended by caller", "Call record", "ended by    caller")
}

// watchedBuffer is output that a test waits for.
type watchedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen int // up to there await has looked
	more chan struct{}
}

func (b *watchedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.more != nil {
		close(b.more)
		b.more = nil
	}
	return b.text.Write(p)
}

func (b *watchedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// await returns when the text has been written, after what earlier calls
// waited for.
func (b *watchedBuffer) await(t *testing.T, text string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		b.mu.Lock()
		if i := strings.Index(b.text.String()[b.seen:], text); i >= 0 {
			b.seen += i + len(text)
			b.mu.Unlock()
			return
		}
		if b.more == nil {
			b.more = make(chan struct{})
		}
		more := b.more
		b.mu.Unlock()
		select {
		case <-more:
		case <-limit:
			out := b.String()
			t.Fatalf("%q did not come; the end of the output is:\n%s", text, out[max(0, len(out)-1500):])
		}
	}
}

// A new version of the file is taken for the next call; one with errors is
// reported and changes nothing.
func TestReload(t *testing.T) {
	t.Parallel()
	text := quick + "config: {limit: {type: number}}\n"
	file := flowFile(t, text)
	out := &watchedBuffer{}
	in, keys := io.Pipe()
	done := make(chan int, 1)
	o := dev.Options{Path: file, Mute: true, Speech: []string{"tones"}}
	go func() { done <- dev.Run(t.Context(), o, in, out, io.Discard) }()
	enter := func(line string) {
		if _, err := io.WriteString(keys, line+"\n"); err != nil {
			t.Error(err)
		}
	}
	out.await(t, "hi: Hi")
	write(t, file, strings.Replace(text, "hi: Hi", "hi: Ahoy there", 1))
	out.await(t, "The flow was loaded again")
	enter("1")
	out.await(t, "An empty line rings again")
	enter("")
	out.await(t, "hi: Ahoy there")
	write(t, file, strings.Replace(text, "1: bye", "1: by", 1))
	out.await(t, "The flow has errors: calls go on with the version before.")
	enter("1")
	out.await(t, "keys 1")
	enter("")
	enter("1")
	enter("q")
	if code := <-done; code != dev.ExitOK {
		t.Errorf("exit code %d, want %d", code, dev.ExitOK)
	}
	inOrder(t, out.String(), "hi: Hi", "loaded again", "Call record", "hi: Ahoy there", `no state "by"; did you mean "bye"?`, "[unknown-state]",
		"^", "The flow has errors", "Call record", "hi: Ahoy there", "Call record")
	if n := strings.Count(out.String(), "config.limit is not given"); n != 1 {
		t.Errorf("what stands in for config.limit was told %d times, want once:\n%s", n, out.String())
	}
}

// Nothing is left running.
func TestNoGoroutineIsLeft(t *testing.T) {
	file := flowFile(t, quick)
	run(t, dev.Options{Path: file, Script: "1"}, "")
	run(t, dev.Options{Path: file, Script: "1", Fast: true}, "")
	run(t, dev.Options{Path: file}, "q\n")
	deadline := time.Now().Add(10 * time.Second)
	for {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		left := 0
		for s := range strings.SplitSeq(string(stacks), "\n\n") {
			if strings.Contains(s, "github.com/ivrflow") && !strings.Contains(s, "dev_test.") {
				left++
			}
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left:\n%s", left, stacks)
		}
		runtime.Gosched()
	}
}
