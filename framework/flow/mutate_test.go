package flow_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

var mutations = flag.Int("mutations", 1000, "how many damaged flows TestDamagedFlows loads")

var token = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_.]*|[0-9]+|\s+|.`)

// A flow with words taken out, doubled, swapped or replaced by other words of
// the language is loaded or reported, and what is loaded makes a machine.
func TestDamagedFlows(t *testing.T) {
	loaded := 0
	damagedFlows(t, func(text string, f *flow.Flow, list diag.List) {
		if (f == nil) != list.HasErrors() || strings.Contains(list.String(), "[machine]") {
			t.Fatalf("flow %v, findings\n%sof\n%s", f != nil, list, text)
		}
		if f != nil {
			loaded++
			places(t, f)
		}
	})
	if loaded < *mutations/100 {
		t.Errorf("%d of %d damaged flows load; something that they need is missing", loaded, *mutations)
	}
}

// damagedFlows loads flows that were good. They are the same each time.
func damagedFlows(t *testing.T, see func(text string, f *flow.Flow, list diag.List)) {
	t.Helper()
	var sources [][]string
	for _, file := range []string{"testdata/ok/verbs.ivr.yaml", "testdata/ok/bank_balance/bank_balance.ivr.yaml", "testdata/err/path-runs-out.yaml", "testdata/err/no-audio-here.yaml"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, token.FindAllString(string(src), -1))
	}
	words := slices.Concat(sources...)
	fsys := fstest.MapFS{}
	for beside, from := range map[string]string{
		"flows/greet.ivr.yaml":       "testdata/ok/flows/greet.ivr.yaml",
		"prompts/en-GB.prompts.yaml": "testdata/ok/bank_balance/prompts/en-GB.prompts.yaml",
		"prompts/de-DE.prompts.yaml": "testdata/ok/bank_balance/prompts/de-DE.prompts.yaml",
	} {
		src, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		fsys[beside] = &fstest.MapFile{Data: src}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range *mutations {
		src := slices.Clone(sources[random.IntN(len(sources))])
		for range 1 + random.IntN(3) {
			i, j := random.IntN(len(src)), random.IntN(len(src))
			switch random.IntN(4) {
			case 0:
				src = slices.Delete(src, i, i+1)
			case 1:
				src = slices.Insert(src, i, src[i])
			case 2:
				src[i], src[j] = src[j], src[i]
			case 3:
				src[i] = words[random.IntN(len(words))]
			}
		}
		text := strings.Join(src, "")
		fsys["f.yaml"] = &fstest.MapFile{Data: []byte(text)}
		f, list, err := flow.Load(fsys, "f.yaml")
		if err != nil {
			t.Fatal(err)
		}
		see(text, f, list)
	}
}
