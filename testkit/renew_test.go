package testkit_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/testkit"
)

const renewed = "testdata/renew/shop.ivr-test.yaml"

// What failing tests expect is renewed, and nothing else in the file changes.
func TestRenew(t *testing.T) {
	r, list, err := testkit.Renew(t.Context(), renewed, testkit.Options{})
	if err != nil || len(list) > 0 {
		t.Fatal(err, list)
	}
	golden(t, "testdata/renew/shop.want", r.After)
	var left []string
	for _, res := range r.Left {
		left = append(left, res.Name)
	}
	if want := []string{"a person is asked", "never"}; !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
	if want := []string{"gone twice", "silence", "the text", "one by one", "after the key"}; !slices.Equal(r.Tests, want) {
		t.Errorf("renewed are %q, want %q", r.Tests, want)
	}
	flow, err := os.ReadFile("testdata/renew/shop.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"shop.ivr.yaml": {Data: flow}, "shop.ivr-test.yaml": {Data: r.After}}
	rep, list, err := testkit.RunFile(t.Context(), "shop.ivr-test.yaml", testkit.Options{FS: fsys})
	if err != nil || len(list) > 0 || rep.Failed() != len(left) {
		t.Errorf("after that %d tests fail, want %d: %v %v", rep.Failed(), len(left), err, list)
	}
}

// What came in the place of a prompt is what followed the keys, and not what the caller
// heard before.
func TestInsteadIsWhatFollowed(t *testing.T) {
	rep, list, err := testkit.RunFile(t.Context(), renewed, testkit.Options{Only: func(name string) bool { return name == "after the key" }})
	if err != nil || len(list) > 0 || len(rep.Tests) != 1 || rep.Tests[0].Passed {
		t.Fatal(err, list, rep)
	}
	if got := rep.Tests[0].Failures[0].Instead; got != `heard "It is there."; then the call was ended by_flow` {
		t.Errorf("instead: %s", got)
	}
}

// A text that is not quite the one that is heard has a mend.
func TestMeantInstead(t *testing.T) {
	rep, _, err := testkit.RunFile(t.Context(), renewed, testkit.Options{Only: func(name string) bool { return name == "the text" }})
	if err != nil || len(rep.Tests) != 1 || rep.Tests[0].Passed {
		t.Fatal(err, rep)
	}
	if got := rep.Tests[0].Failures[0].Mend; got != `write hears: "It is there.", if that is what was meant` {
		t.Errorf("the mend is %q", got)
	}
}

// Of what was heard the first four prompts are named, and the others counted.
func TestInsteadIsShort(t *testing.T) {
	for n, want := range map[int]string{4: "heard a1, a2, a3 and a4; then", 5: "heard a1, a2, a3, a4 and 1 more; then", 7: "heard a1, a2, a3, a4 and 3 more; then"} {
		var prompts, keys []string
		for i := range n {
			prompts = append(prompts, fmt.Sprintf("a%d: One.", i+1))
			keys = append(keys, fmt.Sprintf("a%d", i+1))
		}
		fsys := fstest.MapFS{
			"f.ivr.yaml":      {Data: []byte("ivr: 1\nflow: f\nprompts: {" + strings.Join(prompts, ", ") + "}\nstart: main\nstates: {main: [{play: [" + strings.Join(keys, ", ") + "]}, end]}\n")},
			"f.ivr-test.yaml": {Data: []byte("flow: ./f.ivr.yaml\ntests: {t: {call: [{hears: No}]}}\n")},
		}
		rep, list, err := testkit.RunFile(t.Context(), "f.ivr.yaml", testkit.Options{FS: fsys})
		if err != nil || len(rep.Tests) != 1 || rep.Tests[0].Passed {
			t.Fatal(err, list, rep)
		}
		if got := rep.Tests[0].Failures[0].Instead; !strings.HasPrefix(got, want) {
			t.Errorf("instead: %s, want %s", got, want)
		}
	}
}

// Nothing changes in a file whose tests pass, or whose flow is wrong.
func TestRenewNothing(t *testing.T) {
	r, list, err := testkit.Renew(t.Context(), "testdata/bank_balance/bank_balance.ivr.yaml", testkit.Options{})
	if err != nil || list.HasErrors() || string(r.Before) != string(r.After) || len(r.Left) > 0 {
		t.Errorf("%v %v %q", err, list, r.After)
	}
	fsys := fstest.MapFS{"a.ivr-test.yaml": {Data: []byte("flow: ./a.ivr.yaml\ntests: {x: {call: [hears: y]}}\n")}, "a.ivr.yaml": {Data: []byte("ivr: 1\n")}}
	r, list, err = testkit.Renew(t.Context(), "a.ivr-test.yaml", testkit.Options{FS: fsys})
	if err != nil || !list.HasErrors() || string(r.Before) != string(r.After) {
		t.Errorf("%v %v %q", err, list, r.After)
	}
	if _, _, err := testkit.Renew(t.Context(), "missing.ivr-test.yaml", testkit.Options{}); err == nil {
		t.Error("a file that is not there is no error")
	}
}
