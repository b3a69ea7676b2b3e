package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/testkit/picture"
)

// callOverlay lays the calls in a file over a flow. What does not fit, because a
// call ran on another version, is said on standard error.
func callOverlay(cmd *cobra.Command, name string, f *flow.Flow) (*picture.Overlay, error) {
	calls, err := readCalls(cmd, name)
	if err != nil {
		return nil, err
	}
	o := &picture.Overlay{}
	unknown, others := 0, 0
	for _, c := range calls {
		n := o.Visit(f, movesOf(c))
		unknown += n
		if n > 0 {
			others++
		}
	}
	o.Title = fmt.Sprintf("%d calls", len(calls))
	if len(calls) == 1 {
		o.Title = "call " + calls[0].Session
	}
	if len(o.Moves) == 0 {
		return nil, usagef("--call %s: nothing in it fits the flow %s; its first call ran version %.12s of the flow %s", name, f.Name, calls[0].Version, calls[0].Flow)
	}
	if unknown > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "ivrflow: not in the picture: %s of %s, since the flow was another then\n", plural(unknown, "move"), plural(others, "call"))
	}
	return o, nil
}

// movesOf are the moves of a call's flows.
func movesOf(h calldoc.History) []ivr.Moved {
	var moves []ivr.Moved
	for _, m := range h.Moments {
		for _, c := range m.Commands {
			if moved, ok := c.(ivr.Moved); ok {
				moves = append(moves, moved)
			}
		}
	}
	return moves
}

// readCalls reads the histories of calls, one after another.
func readCalls(cmd *cobra.Command, name string) ([]calldoc.History, error) {
	in := cmd.InOrStdin()
	if name != standardInput {
		f, err := os.Open(name)
		if err != nil {
			return nil, failuref("reading the calls: %w", err)
		}
		defer f.Close()
		in = f
	}
	var all []calldoc.History
	d := json.NewDecoder(in)
	for {
		var h calldoc.History
		err := d.Decode(&h)
		switch {
		case errors.Is(err, io.EOF) && len(all) == 0:
			return nil, usagef("--call %s is empty", name)
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, usagef("--call %s is not what ivrflow calls show --format json prints: %w", name, err)
		case h.Moments == nil:
			return nil, usagef("--call %s holds the record of a call, which does not say where it went; ivrflow calls show --format json %s does", name, h.Session)
		}
		all = append(all, h)
	}
}
