package flow_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// states makes a flow of n states, each a menu that leads to two others.
func states(n int) string {
	var b strings.Builder
	b.WriteString("vars: {n: {type: number, default: 1}}\nstart: s0\nstates:\n")
	for i := range n {
		fmt.Fprintf(&b, `  s%d:
    - {set: {n: "${n + 1}"}, when: n < 100}
    - menu: [ask, hello]
      keys: {1: s%d, 2: [{play: bye}, {goto: s%d}], 0: end}
      gave_up: {up_to: 2, then: [{play: sorry}, repeat], else: end}
`, i, (i+1)%n, (i*7+3)%n)
	}
	return b.String()
}

// Files that blow up in a careless loader are refused, or loaded, in a time
// that does not grow with their square.
func TestLoadHostileFlows(t *testing.T) {
	deep := "end"
	for range 20 {
		deep = "[{play: hello, failed: " + deep + "}, end]"
	}
	counted := "end"
	for range 50 {
		counted = "{up_to: 1, then: end, else: " + counted + "}"
	}
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, body := range map[string]string{
		"handlers of defaults in each other": "defaults: {play: {failed: [{play: bye}]}}\nstart: main\nstates: {main: [{play: hello}, end]}\n",
		"handlers of the flow in each other": "handlers: {failed: [{play: bye}]}\nstart: main\nstates: {main: [{play: hello}, end]}\n",
		"global keys in each other":          "handlers: {gave_up: end, keys: {1: [{menu: ask, keys: {2: end}}], 3: [{menu: ask, keys: {4: end}}]}}\nstart: main\nstates: {main: {menu: ask, keys: {2: end}}}\n",
		"default handlers, many steps":       "defaults: {play: {failed: [" + strings.Repeat("{log: x}, ", 3000) + "]}}\nstart: main\nstates: {main: [" + strings.Repeat("{play: hello}, ", 3000) + "end]}\n",
		"default prompts, many steps":        "defaults: {menu: {no_input: [" + strings.Repeat("[{say: \"${now}\"}], ", 3000) + "]}}\nstart: main\nstates: {main: [" + strings.Repeat("{menu: ask, keys: {1: []}, gave_up: end}, ", 500) + "end]}\n",
		"nested counted handlers":            "start: main\nstates: {main: {play: hello, failed: " + counted + ", done: end}}\n",
		"nested handlers":                    "start: main\nstates: {main: " + deep + "}\n",
		"many variables":                     "vars: {" + many(1500, "v%d: {type: number, default: 1}, ") + "}\nstart: main\nstates: {main: [" + strings.Repeat("{log: \"${v1}\"}, ", 1000) + "end]}\n",
		"many unknown states":                "start: main\nstates: {main: [" + many(2000, "{goto: man%d}, ") + "end]}\n",
		"a menu of many keys":                "start: main\nstates: {main: {menu: ask, gave_up: end, keys: {" + many(4000, "\"9%d\": end, ") + "}}}\n",
		"a switch of many cases":             "vars: {n: {type: number}}\nstart: main\nstates: {main: [{switch: [" + many(1500, "{when: has(n) && n > %d, then: end}, ") + "]}, end]}\n",
		"long expressions":                   "start: main\nstates: {main: [{log: \"${" + strings.Repeat("(", 60_000) + "}\"}, end]}\n",
		"steps that are none":                "start: main\nstates: {main: [" + strings.Repeat("x, ", 50_000) + "end]}\n",
	} {
		t.Run(name, func(t *testing.T) {
			start := cpuTime(t)
			f, list, err := load(body)
			took := cpuTime(t) - start
			if err != nil || (f == nil) != list.HasErrors() {
				t.Errorf("flow %v, %v, %d findings", f != nil, err, len(list))
			}
			t.Logf("%v, %d bytes, %d findings", took, len(body), len(list))
			if took > slowdown*2*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// Flows that call each other on very many ways are looked at once for each depth.
func TestLoadManyWays(t *testing.T) {
	const layers, wide = 8, 12
	fsys := fstest.MapFS{}
	file := func(name string, below int) {
		var b strings.Builder
		fmt.Fprintf(&b, "ivr: 1\nflow: %s\nstart: main\nstates:\n  main:\n", name)
		for i := range wide {
			if below <= layers {
				fmt.Fprintf(&b, "    - call: f%d_%d\n      failed: return\n", below, i)
			}
		}
		fsys[name+".ivr.yaml"] = &fstest.MapFile{Data: []byte(b.String() + "    - return\n")}
	}
	file("root", 1)
	for n := 1; n <= layers; n++ {
		for i := range wide {
			file(fmt.Sprintf("f%d_%d", n, i), n+1)
		}
	}
	start := cpuTime(t)
	f, list, err := flow.Load(fsys, "root.ivr.yaml")
	if took := cpuTime(t) - start; took > slowdown*2*time.Second || err != nil || f == nil {
		t.Errorf("took %v, flow %v, %v\n%s", took, f != nil, err, list)
	}
}

// Ten times the states take about ten times as long.
func TestLoadGrowsWithTheFlow(t *testing.T) {
	cost := func(n int) time.Duration {
		body, best := states(n), time.Hour
		for range 3 {
			start := cpuTime(t)
			good(t, body)
			best = min(best, cpuTime(t)-start)
		}
		return best
	}
	small, large := cost(100), cost(1000)
	t.Logf("100 states %v, 1000 states %v", small, large)
	if large > 40*small {
		t.Errorf("100 states take %v, 1000 states %v", small, large)
	}
}

func TestLoadReadErrors(t *testing.T) {
	if _, _, err := flow.Load(fstest.MapFS{}, "none.yaml"); err == nil || !strings.Contains(err.Error(), "reading flow") {
		t.Errorf("a missing file: %v", err)
	}
	f, list, err := flow.Load(fstest.MapFS{"f.yaml": &fstest.MapFile{}}, "f.yaml")
	if f != nil || err != nil || !strings.Contains(list.String(), "the file is empty") {
		t.Errorf("an empty file: %v, %v, %s", f != nil, err, list)
	}
}

// FuzzLoad: any bytes may be loaded. The seeds are all test flows.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/err/*.yaml", "testdata/ok/*.yaml", "testdata/ok/*/*.ivr.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Add([]byte("ivr: 1\nflow: x\nprompts: {ask: a, hello: b, bye: c, sorry: d}\n" + everyVerb))
	f.Fuzz(func(t *testing.T, src []byte) {
		fsys := fstest.MapFS{"f.yaml": &fstest.MapFile{Data: src}, "prompts/en-GB.prompts.yaml": &fstest.MapFile{Data: []byte("welcome: Hello\n")}}
		got, list, err := flow.Load(fsys, "f.yaml")
		if err != nil || (got == nil) != list.HasErrors() {
			t.Fatalf("flow %v, %v, findings\n%s", got != nil, err, list)
		}
		for _, d := range list {
			if d.Rule == "" || d.Message == "" || d.Rule == "machine" {
				t.Errorf("finding %+v", d)
			}
		}
		if got != nil {
			places(t, got)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{20, 500} {
		body := states(n)
		b.Run(fmt.Sprintf("states=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if f, list, err := load(body); f == nil {
					b.Fatal(list, err)
				}
			}
		})
	}
}
