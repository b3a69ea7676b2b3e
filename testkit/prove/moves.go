package prove

import (
	"cmp"
	"slices"
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
