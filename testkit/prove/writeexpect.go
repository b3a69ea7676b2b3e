package prove

import (
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// expect says what the flow promises, which the call does not keep.
func (w *testWriter) expect(p *Property) error {
	inv, ok := w.promise(p)
	switch {
	case ok && inv.Kind == "can":
		return fmt.Errorf("%w: that there is no way", errUnsaid)
	case ok && inv.Kind == "silence":
		return fmt.Errorf("%w: how long nothing plays", errUnsaid)
	case ok && inv.Kind != "must":
		return w.happening(inv.A)
	case ok && w.call.Longest:
		return fmt.Errorf("%w: how long it takes", errUnsaid)
	case ok && w.call.Again == 0 && len(inv.Reach) > 1:
		return fmt.Errorf("%w: that one of several states comes", errUnsaid)
	case ok && w.call.Again == 0:
		w.expects["states"] = []string{inv.Reach[0].Name}
		return nil
	}
	w.expects["ended"] = "by_flow"
	return nil
}

func (w *testWriter) promise(p *Property) (*flow.Invariant, bool) {
	for i := range w.g.watch.all {
		if inv := &w.g.watch.all[i]; inv.Pos.Line == p.Pos.Line && inv.String() == p.Text {
			return inv, true
		}
	}
	return nil, false
}

// happening says that something does not happen.
func (w *testWriter) happening(a flow.Happening) error {
	switch a.Kind {
	case flow.Plays:
		w.expects["never_hears"] = []string{a.Name}
		return nil
	case flow.Does:
		w.expects["do"] = w.done(a.Name)
		return nil
	case flow.Transfers:
		w.expects["ended"] = "by_caller"
		return nil
	case flow.Gets, flow.Records, flow.Presses, flow.Enters, flow.Ends:
	}
	return fmt.Errorf("%w: that %s does not happen", errUnsaid, a)
}

// done are the actions of the call, but for the last one of a name.
func (w *testWriter) done(but string) []string {
	names := []string{}
	for i := range w.call.traces {
		for _, cmd := range w.call.traces[i].cmds {
			if do, ok := cmd.(ivr.RunAction); ok {
				names = append(names, do.Name)
			}
		}
	}
	for i, name := range slices.Backward(names) {
		if name == but {
			return slices.Delete(names, i, i+1)
		}
	}
	return names
}
