package testkit

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit/cover"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Options say how tests are run. The zero value is good.
type Options struct {
	// FS holds the files; names are then paths in it. nil: the files of the
	// present folder, or of the named file's own folder if that lies elsewhere.
	FS fs.FS
	// Only runs the tests for which it is true. nil: all.
	Only func(name string) bool
	// Workers is how many tests run at once. 0: one a processor.
	Workers int
	// Register brings actions of your own, which then need no reply in a test.
	Register func(*bot.Bot) error
	// Audio is how the flows' audio files are read.
	Audio prompt.Importer
	// Speech speaks texts. nil: each text is a tone of the estimated length.
	Speech bot.Speech
	// Log hears what the bot logs. nil: nobody.
	Log *slog.Logger
	// Observe sees every change of every call, in order; see call.Config. With
	// several workers it is called by several goroutines.
	Observe func(call.Change)

	// Opened is told of each file and folder that is opened, or looked for and not
	// found, while the tests and their flow are read. nil: nobody is.
	Opened func(path string)
	// Cover counts what the tests reach. nil: nobody counts.
	Cover *cover.Tally
	// CoverDir is put before the names of the flow's files in that count.
	CoverDir string

	// What the tests of a run share, so that each costs less.
	speech *spoken
	shared *graphsim.Shared
	count  *cover.Counter
}

// covering has the calls of a flow counted.
func (o Options) covering(f *flow.Flow) Options {
	if o.Cover != nil {
		o.count = o.Cover.Add(f, o.CoverDir)
	}
	return o
}

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.speech == nil {
		o.speech = newSpoken(o.Speech)
	}
	if o.shared == nil {
		o.shared = &graphsim.Shared{}
	}
	return o
}

// Report is what came of a test file.
type Report struct {
	File string `json:"file"` // the test file
	Flow string `json:"flow"` // the flow's name
	// FlowFile is the flow's file, named as File is.
	FlowFile string   `json:"flow_file"`
	Tests    []Result `json:"tests"`

	sources map[string][]byte
}

// Result is what came of one test.
type Result struct {
	Name         string        `json:"name"`
	Pos          diag.Pos      `json:"pos,omitzero"`
	Passed       bool          `json:"passed"`
	Failures     []*Failure    `json:"failures,omitempty"`
	Conversation []Line        `json:"conversation"`
	Length       time.Duration `json:"length"`   // of the call, in its own time
	Took         time.Duration `json:"took"`     // to play it, in real time
	Requests     int           `json:"requests"` // HTTP requests between bot and Graph, both ways

	sources map[string][]byte
}

// Passed reports whether all tests passed.
func (r Report) Passed() bool { return r.Failed() == 0 }

// Failed is the number of tests that failed.
func (r Report) Failed() int {
	n := 0
	for _, t := range r.Tests {
		if !t.Passed {
			n++
		}
	}
	return n
}

// String explains a test that failed; it is empty for one that passed.
func (r Result) String() string {
	if r.Passed {
		return ""
	}
	var b strings.Builder
	r.write(&b)
	return b.String()
}

func (r Result) write(w io.Writer) {
	for _, f := range r.Failures {
		f.write(w, r.sources)
	}
	writeConversation(w, r.Conversation)
}

// Print writes the report as people read it: a line a test, and more for those
// that failed.
func (r Report) Print(w io.Writer) error {
	var b strings.Builder
	for _, t := range r.Tests {
		if t.Passed {
			fmt.Fprintf(&b, "ok    %s\n", t.Name)
			continue
		}
		fmt.Fprintf(&b, "FAIL  %s\n", t.Name)
		t.write(&b)
	}
	fmt.Fprintf(&b, "%s: %d of %d tests passed\n", r.File, len(r.Tests)-r.Failed(), len(r.Tests))
	_, err := io.WriteString(w, b.String())
	return err
}

// RunFile runs the tests of a file: NAME.ivr-test.yaml, or the one beside
// NAME.ivr.yaml. The list holds what is wrong with the tests or the flow; if
// any of that is an error no test is run. The error says that a file could not
// be read, or that ctx ended. Failing tests are no error: see Report.
func RunFile(ctx context.Context, name string, o Options) (Report, diag.List, error) {
	s, list, err := open(name, o)
	if err != nil || s == nil {
		return Report{File: name}, list, err
	}
	o = o.withDefaults().covering(s.flow)
	rep := Report{File: s.file, Flow: s.flow.Name, FlowFile: s.flow.File, sources: s.sources}
	tests := s.pick(o.Only)
	results := make([]Result, len(tests))
	each(ctx, o.Workers, len(tests), func(i int) { results[i] = s.play(tests[i], o) })
	if ctx.Err() != nil {
		return rep, list, fmt.Errorf("running the tests of %s: %w", s.file, context.Cause(ctx))
	}
	rep.Tests = results
	return rep, list, nil
}

// each calls do for 0 to n-1, several at once, until ctx ends.
func each(ctx context.Context, workers, n int, do func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// pick chooses the tests to run.
func (s *suite) pick(only func(string) bool) []test {
	if only == nil {
		return s.tests
	}
	var some []test
	for _, t := range s.tests {
		if only(t.name) {
			some = append(some, t)
		}
	}
	return some
}

// play runs one test.
func (s *suite) play(tc test, o Options) (res Result) {
	res = Result{Name: tc.name, Pos: tc.pos, sources: s.sources}
	began := time.Now()
	defer func() { res.Took = time.Since(began) }()
	t, err := dial(s.flow, tc.given, o)
	if err != nil {
		res.Failures = []*Failure{{Pos: tc.pos, Instead: err.Error()}}
		return res
	}
	defer t.clock.Close()
	t.strict = tc.strict
	res.Failures = t.playSteps(tc)
	res.Passed = len(res.Failures) == 0
	res.Conversation = t.seen.lines
	res.Length = t.clock.Now().Sub(t.seen.start)
	res.Requests = t.net.requests
	return res
}

// playSteps plays the steps until one fails, and then judges the whole.
func (t *talk) playSteps(tc test) []*Failure {
	at := func(pos diag.Pos, f *Failure) []*Failure {
		if f.Pos == (diag.Pos{}) {
			f.Pos = pos
		}
		return []*Failure{f}
	}
	for _, s := range tc.steps {
		if f := s.run(t); f != nil {
			return at(s.pos, f)
		}
	}
	if tc.expect.ends {
		if f := t.ends(""); f != nil {
			return at(tc.pos, f)
		}
	}
	if f := t.finish(); f != nil {
		return at(tc.pos, f)
	}
	var all []*Failure
	for _, c := range tc.expect.checks {
		f := c.run(t)
		if f == nil {
			continue
		}
		if len(all) > 0 {
			f.Flow, f.Step = diag.Pos{}, "" // the same for all: where the call ended
		}
		all = append(all, at(c.pos, f)...)
	}
	return all
}
