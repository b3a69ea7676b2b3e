package prove

import (
	"cmp"
	"slices"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Move is one move of the machine of a flow, or of one that it calls.
type Move struct {
	Flow    string `json:"flow,omitempty"` // key of the flow whose machine it is; empty: the flow that took the call
	From    string `json:"from"`
	Trigger string `json:"trigger"`
	To      string `json:"to"`
}

// Made are all moves that some call makes, as far as calls were explored, sorted.
// Coverage and pictures are made of them.
func (r *Report) Made() []Move {
	all := make([]Move, 0, len(r.graph.taken))
	for mv := range r.graph.taken {
		all = append(all, Move{mv.flow, mv.from, mv.trigger, mv.to})
	}
	slices.SortFunc(all, func(a, b Move) int {
		return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.From, b.From), cmp.Compare(a.Trigger, b.Trigger), cmp.Compare(a.To, b.To))
	})
	return all
}

// CallTo is the shortest call that makes a move; nil if no call that was explored
// does.
func (r *Report) CallTo(m Move) (*Call, error) {
	at, ok := r.graph.taken[move{m.Flow, m.From, m.Trigger, m.To}]
	if !ok {
		return nil, nil
	}
	return r.graph.callTo(at.node, at.act)
}

// Moved are the moves of a call in their order, with those of the flows that it calls.
func (c *Call) Moved() []ivr.Moved {
	var all []ivr.Moved
	for i := range c.traces {
		for _, cmd := range c.traces[i].cmds {
			if m, ok := cmd.(ivr.Moved); ok {
				all = append(all, m)
			}
		}
	}
	return all
}

// CallPlaying is the shortest call that plays a prompt of a catalogue; nil if no call
// that was explored does.
func (r *Report) CallPlaying(key string) (*Call, error) {
	at, ok := r.graph.played[key]
	if !ok {
		return nil, nil
	}
	return r.graph.callTo(at.node, at.act)
}
