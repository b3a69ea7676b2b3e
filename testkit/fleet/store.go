package fleet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Show is what the store has of a call, as the program shows it.
func (f *Fleet) Show(ctx context.Context, call ivr.CallID) string {
	out, err := f.ask(ctx, "calls", "show", string(call))
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// Live is how many calls the store has that are not over.
func (f *Fleet) Live(ctx context.Context) (int, error) {
	out, err := f.ask(ctx, "calls", "list", "--live", "--format", "jsonl", "--limit", "100000")
	if err != nil {
		return 0, err
	}
	return bytes.Count(out, []byte("\n")), nil
}

// ask runs the program for its answer, as the first node's user would.
func (f *Fleet) ask(ctx context.Context, args ...string) ([]byte, error) {
	n := f.nodes[0]
	cmd := exec.CommandContext(ctx, f.cfg.Binary, append(args, "--config", n.config)...)
	cmd.Dir = n.dir
	cmd.Env = append(append(os.Environ(), f.env()...), n.Env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ivrflow %v: %w: %s%s", args, err, out, stderr.Bytes())
	}
	return out, nil
}
