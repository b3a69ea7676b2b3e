package testkit

import (
	"testing"
)

// Run runs the tests of a file as subtests: NAME.ivr-test.yaml, or the file of
// that name beside NAME.ivr.yaml.
//
//	func TestBank(t *testing.T) { testkit.Run(t, "bank.ivr.yaml") }
func Run(t *testing.T, path string) {
	t.Helper()
	RunWith(t, path, Options{})
}

// RunWith is [Run] with options. Options.Workers does not count: the subtests
// run in parallel as go test says.
func RunWith(t *testing.T, path string, o Options) {
	t.Helper()
	s, list, err := open(path, o)
	switch {
	case err != nil:
		t.Fatalf("testkit: %v", err)
	case s == nil:
		t.Fatalf("testkit: the tests cannot run:\n%s", list)
	}
	o = o.withDefaults().covering(s.flow)
	for _, tc := range s.pick(o.Only) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if res := s.play(tc, o); !res.Passed {
				t.Errorf("\n%s", res)
			}
		})
	}
}
