package main

import (
	"context"
	"fmt"
	"os"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
	"github.com/ivrflow/ivrflow/testkit/outline"
	"github.com/ivrflow/ivrflow/testkit/picture"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// draw draws a flow with what was found out of it.
func (p *proof) draw(ctx context.Context, f *flow.Flow, r *prove.Report) error {
	file := p.options.picture
	format, err := formatOf(file)
	if err != nil {
		return err
	}
	text, err := pictureText(ctx, picture.Of(f, picture.Options{File: r.File, Overlay: provedOverlay(f, r)}), format)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	return nil
}

// provedOverlay is what calls reach of a flow and what none does, and on top of it the
// first call that was found.
func provedOverlay(f *flow.Flow, r *prove.Report) *picture.Overlay {
	made := map[machine.Move]int{}
	for _, m := range r.Made() {
		if m.Flow == f.Key {
			made[machine.Move{From: m.From, Trigger: m.Trigger, To: m.To}] = 1
		}
	}
	o := picture.Covered(made)
	for m := range o.Moves {
		o.Moves[m] = picture.Mark{Tone: picture.Reached} // how often says nothing here
	}
	for s := range o.States {
		o.States[s] = picture.Mark{Tone: picture.Reached}
	}
	o.Title = "what calls reach"
	o.Names = map[picture.Tone]string{picture.Missed: "no call comes here", picture.Reached: "calls come here", picture.Part: "calls come to some of it"}
	if !r.Complete || len(r.Doubts) > 0 {
		o.Names[picture.Missed] = "no call that was explored comes here"
	}
	if text, call := firstCall(r); call != nil {
		o.Visit(f, call.Moved())
		o.Title += ", and the shortest call to this: " + outline.Clip(text, mostFinding)
		o.Names[picture.Path] = "that call came here"
	}
	return o
}

// mostFinding is how much of a finding stands above the picture.
const mostFinding = 60

// firstCall is the first call that was found, and what it shows.
func firstCall(r *prove.Report) (string, *prove.Call) {
	for _, p := range r.Properties {
		for _, f := range p.Findings {
			if f.Call != nil {
				return f.Text, f.Call
			}
		}
	}
	return "", nil
}
