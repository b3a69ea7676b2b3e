package dev

import (
	"bytes"
	"context"
	"fmt"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// watch looks after the flow's files and the live line.
func (d *desk) watch(ctx context.Context) {
	if d.src.stamps != nil {
		d.every(watchEvery, func() { d.reload(ctx) })
	}
	if d.term.raw {
		d.every(redrawEvery, func() {})
	}
}

// reload takes a new version of the flow for the calls to come. One that is
// wrong is reported, and changes nothing.
func (d *desk) reload(ctx context.Context) {
	if !d.src.changed() {
		return
	}
	var findings bytes.Buffer
	f := d.src.load(&findings)
	d.flush()
	if findings.Len() > 0 {
		d.out.print(findings.String())
	}
	if f == nil {
		d.out.note("The flow has errors: calls go on with the version before.")
		return
	}
	if err := d.adopt(ctx, f); err != nil {
		d.out.note(fmt.Sprintf("The new version is not used: %v", err))
		return
	}
	d.out.note(fmt.Sprintf("The flow was loaded again, version %.12s; the next call runs it.", f.Version))
}

func (d *desk) adopt(ctx context.Context, f *flow.Flow) error {
	if err := d.stand.check(f, d.set.config); err != nil {
		return err
	}
	values, told := d.stand.configure(f, d.set.config)
	told = append(told, d.unasked(f)...)
	if err := d.stand.register(d.world.bot, f); err != nil {
		return err
	}
	cfg := d.world.bot.Config()
	cfg.Flows, cfg.FlowConfig = []*flow.Flow{f}, map[string]map[string]any{f.Name: values}
	if _, err := d.world.bot.Reconfigure(ctx, cfg); err != nil {
		return err
	}
	d.flow, d.versions[f.Version], d.values = f, f, values
	d.tell(told)
	return nil
}

// tell notes what was made up, each line once.
func (d *desk) tell(lines []string) {
	for _, line := range lines {
		if !d.told[line] {
			d.told[line] = true
			d.out.note(line)
		}
	}
}
