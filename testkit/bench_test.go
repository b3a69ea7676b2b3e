package testkit_test

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/testkit"
)

// tenTurns is a call in which the caller acts ten times and the flow answers
// each time.
const tenTurns = `
    given: {verify: [wrong, wrong, ok], get_balance: {balance: "12.50"}}
    call:
      - hears: [welcome, enter_account]
      - press: "12345674#"
      - hears: enter_pin
      - press: "0000#"
      - hears: [wrong_pin, enter_pin]
      - press: "1111#"
      - hears: [wrong_pin, enter_pin]
      - press: "2222#"
      - hears: [your_balance_is, again_or_agent]
      - press: "1"
      - hears: [your_balance_is, again_or_agent]
      - press: "1"
      - hears: [your_balance_is, again_or_agent]
      - press: "9"
      - hears: again_or_agent
      - press: "1"
      - hears: [your_balance_is, again_or_agent]
      - press: "1"
      - hears: again_or_agent
      - press: "*"
      - hears: goodbye
      - ended: by_flow
`

// suiteOf is a file of n tests of ten turns beside the bank's flow.
func suiteOf(tb testing.TB, n int) fstest.MapFS {
	tb.Helper()
	var b strings.Builder
	b.WriteString("flow: ./bank_balance.ivr.yaml\ntests:\n")
	for i := range n {
		fmt.Fprintf(&b, "  call %d:%s", i, tenTurns)
	}
	fsys := fstest.MapFS{"bank.ivr-test.yaml": {Data: []byte(b.String())}}
	for _, name := range []string{"bank_balance.ivr.yaml", "prompts/en-GB.prompts.yaml", "prompts/de-DE.prompts.yaml"} {
		data, err := os.ReadFile("testdata/bank_balance/" + name)
		if err != nil {
			tb.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: data}
	}
	return fsys
}

// asCommand sets the collector as "ivrflow test" does.
func asCommand(b *testing.B) {
	b.Helper()
	before := debug.SetGCPercent(800)
	b.Cleanup(func() { debug.SetGCPercent(before) })
}

func run(tb testing.TB, fsys fstest.MapFS) testkit.Report {
	tb.Helper()
	rep, list, err := testkit.RunFile(tb.Context(), "bank.ivr-test.yaml", testkit.Options{FS: fsys})
	if err != nil || len(list) > 0 || !rep.Passed() {
		tb.Fatalf("%v %v\n%v", err, list, rep.Tests[0])
	}
	return rep
}

// processor is the processor time that this process has used.
func processor(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// One call of ten turns. What a file costs once (reading, speaking its texts)
// is shared by the 100 calls of a file.
func BenchmarkTenTurns(b *testing.B) {
	const calls = 100
	asCommand(b)
	fsys := suiteOf(b, calls)
	run(b, fsys)
	b.ReportAllocs()
	before, n := processor(b), 0
	var rep testkit.Report
	for b.Loop() {
		rep = run(b, fsys)
		n += calls
	}
	b.ReportMetric(float64((processor(b)-before).Microseconds())/1000/float64(n), "cpu-ms/call")
	b.ReportMetric(float64(rep.Tests[0].Requests), "messages/call")
	b.ReportMetric(rep.Tests[0].Length.Seconds(), "virtual-s/call")
}

func BenchmarkThousandTests(b *testing.B) {
	asCommand(b)
	fsys := suiteOf(b, 1000)
	for b.Loop() {
		run(b, fsys)
	}
}
