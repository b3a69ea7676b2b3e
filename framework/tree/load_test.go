package tree_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// bigFlow has 500 states and 2,000 steps.
func bigFlow() []byte {
	var b strings.Builder
	b.WriteString("ivr: 1\nflow: big\nprompts: {ask: \"Press 1, 2 or 0.\", hello: Hello., bye: Goodbye.}\nvars: {n: {type: number, default: 1}}\nstart: s0\nstates:\n")
	for i := range 500 {
		fmt.Fprintf(&b, `  s%d:
    - play: hello
    - set: {n: "${n + 1}"}
      when: n < 100
    - log: "at ${n}"
    - menu: [ask, hello]
      keys: {1: s%d, 2: s%d, 0: end}
      gave_up: end
`, i, (i+1)%500, (i*7+3)%500)
	}
	return []byte(b.String())
}

// Loading a flow, side by side with decoding the same bytes into a node of the
// YAML library: it is to take at most 10 times as long.
func BenchmarkBigFlow(b *testing.B) {
	src := bigFlow()
	fsys := fstest.MapFS{"big.ivr.yaml": {Data: src}}
	b.Run("node", func(b *testing.B) {
		for b.Loop() {
			var n yaml.Node
			if err := yaml.Unmarshal(src, &n); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("flow", func(b *testing.B) {
		for b.Loop() {
			if f, list, err := flow.Load(fsys, "big.ivr.yaml"); f == nil {
				b.Fatal(list, err)
			}
		}
	})
}
