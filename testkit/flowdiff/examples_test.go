package flowdiff

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// example is a flow of the examples whose text was changed.
func example(t *testing.T, file string, change func(string) string) *flow.Flow {
	t.Helper()
	dir := filepath.Join("../../examples", filepath.Dir(file))
	files := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = &fstest.MapFile{Data: src}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(file)
	files[name] = &fstest.MapFile{Data: []byte(change(string(files[name].Data)))}
	f, list, err := flow.Load(files, name)
	if f == nil {
		t.Fatal(list, err)
	}
	return f
}

func unchanged(s string) string { return s }

// noted is a flow with a milestone before each play and menu, which nobody hears.
func noted(s string) string {
	return regexp.MustCompile(`(?m)^    - (play|menu|collect):`).ReplaceAllString(s, "    - milestone: noted\n$0")
}

// What nobody hears is no difference, and no call that goes on at random, with no
// state taken for another, shows one.
func TestNotedExamples(t *testing.T) {
	for _, file := range []string{"bank/bank_balance.ivr.yaml", "simpleivr/simpleivr.ivr.yaml", "callback/call_back.ivr.yaml"} {
		t.Run(file, func(t *testing.T) {
			old, next := example(t, file, unchanged), example(t, file, noted)
			if len(next.Steps) == len(old.Steps) {
				t.Fatal("nothing was noted")
			}
			o := Options{Nodes: prove.DefaultNodes}
			x := explore(context.Background(), old, next, o)
			if x.split != nil || !x.whole {
				t.Fatalf("%v %s", x.split, x.why)
			}
			r := rand.New(rand.NewPCG(1, 2))
			for range 150 {
				way := r.IntN(x.pair.Starts())
				b := both{at: [2]prove.Moment{x.pair.Start(way, 0), x.pair.Start(way, 1)}}
				for range 80 {
					all := x.next(&b)
					if len(all) == 0 {
						break
					}
					m := &all[r.IntN(len(all))]
					if m.fault() && r.IntN(8) > 0 {
						continue // else no call gets far
					}
					to, said := x.follow(&b, m)
					if said == nil {
						said = x.stuck(&to)
					}
					if said != nil {
						t.Fatalf("at random they are told apart by %q and %q", said[0], said[1])
					}
					if _, known := x.index[to.key(int32(way))]; !known {
						t.Fatalf("the exploration does not know a call in %s and %s", to.at[0].Session().State, to.at[1].Session().State)
					}
					b = to
				}
			}
		})
	}
}

// Mistakes that people make are told, by a call in which they are heard.
func TestMistakesInTheBank(t *testing.T) {
	for _, tt := range []struct{ from, to, old, next string }{
		{"wrong: {up_to: 2,", "wrong: {up_to: 3,", "transfers the call", "says"},
		{"0: agent, star: bye", "star: agent, 0: bye", "", ""},
		{"locked: [{play: locked}, end]", "locked: agent", "says", "transfers the call"},
		{"      failed: agent\n    - play: [your_balance_is", "      failed: bye\n    - play: [your_balance_is", "transfers the call", "says"},
		{"{play: wrong_pin}, {goto: login}", "{play: wrong_pin}, {goto: welcome}", "says", "says"},
		{"length: 4..6", "length: 4..5", "", ""},
		{"check: luhn, ", "", "", ""},
		{"prompt: [enter_pin, then_pound]", "prompt: enter_pin", "says", ""},
		{"ends_with: pound", "ends_with: star", "", ""},
	} {
		const file = "bank/bank_balance.ivr.yaml"
		old := example(t, file, unchanged)
		next := example(t, file, func(s string) string {
			if !strings.Contains(s, tt.from) {
				t.Fatalf("there is no %q", tt.from)
			}
			return strings.Replace(s, tt.from, tt.to, 1)
		})
		r, err := Run(context.Background(), old, next, Options{NoProofs: true})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != Apart || len(r.Changes) == 0 || !strings.HasPrefix(r.Call.Said[0], tt.old) || !strings.HasPrefix(r.Call.Said[1], tt.next) {
			t.Errorf("%s: %s %s %v %+v", tt.to, r.Verdict, r.Why, r.Changes, r.Call)
			continue
		}
		t.Log(tt.to, r.Call.Said)
	}
}
