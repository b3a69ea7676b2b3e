package dev

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit"
)

// testEnd is how the names of test files end.
const testEnd = ".ivr-test.yaml"

// tests is the test file beside the flow, which recorded calls go to.
func (s *source) tests() (string, error) {
	if s.stamps == nil {
		return "", errors.New("--record writes beside the flow; name a flow's file")
	}
	return strings.TrimSuffix(s.path, flowEnd) + testEnd, nil
}

// newScribe begins to write a call down, if that is asked for.
func (d *desk) newScribe(f *flow.Flow) *testkit.Scribe {
	if !d.set.opts.Record {
		return nil
	}
	return testkit.NewScribe(f, testkit.Given{Caller: d.set.caller.ID, Called: d.set.caller.Called, Now: d.now(),
		Config: maps.Clone(d.values), Targets: d.set.targets, Oddities: d.set.oddities})
}

// keepTest adds the call to the test file, if its test passes.
func (d *desk) keepTest(t *talk) {
	if t.scribe == nil {
		return
	}
	file, err := d.src.tests()
	if err == nil {
		err = d.addTest(t, file)
	}
	if err != nil {
		d.out.note(fmt.Sprintf("The call is not kept as a test: %v", err))
		d.unkept = true
	}
}

func (d *desk) addTest(t *talk, file string) error {
	src, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	name := "recorded " + d.out.began.Format("2006-01-02 15:04:05")
	text, res, err := t.scribe.Keep(context.Background(), file, src, name, testkit.Options{Audio: d.set.opts.Audio})
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if !res.Passed {
		return fmt.Errorf("what was recorded does not pass when it is played:\n%s", res)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	d.out.note(fmt.Sprintf("Recorded as the test %q in %s. It passes; give it a name of your own.", res.Name, file))
	return nil
}
