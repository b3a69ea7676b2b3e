package prove

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// The names of what expressions may ask about the people in a meeting.
const (
	rosterName = "call.roster"
	countName  = "call.participants"
	heldName   = "call.held" // whoever leaves is not on hold any more
)

// crowd is who may come to a meeting, as far as the flow can tell people apart.
type crowd struct {
	named []ivr.Party // those whom the flow names
	// most others are as many as more of them: up to there, conditions may count.
	most int
	news bool // a step waits for people to come and go
}

// meant is a place at which a flow says whom of the people it means: by a name
// whose value says it, or by the value itself.
type meant struct {
	m    *flow.Flow
	pos  diag.Pos
	kind ivr.PartyKind // "" if the place does not say
	name string
	id   string
}

// mostOthers bounds how many people are told apart one by one.
const mostOthers = 20

// meets finds out what a flow can tell of the people in its meeting.
func (fs *facts) meets() {
	for _, m := range fs.root.Members() {
		for _, s := range m.Steps {
			for _, who := range peopleOf(s.Spec) {
				fs.means(m, s.Pos, who)
			}
			if spec, ok := s.Spec.(*flow.Wait); ok && spec.People {
				fs.crowd.news = true
			}
			if slices.Contains(fs.uses[s], "call") {
				fs.doubt(s.Pos, "all of call is read; who is in the meeting was not tried in all ways")
			}
		}
		fs.rosterOf(m)
		fs.counted(m)
	}
	fs.crowd.most = max(fs.crowd.most, 1)
	for _, who := range fs.meant {
		if who.name != "" && !fs.settled(who.m, who.name) {
			fs.doubt(who.pos, "whom %s means is not known before the call; not all who may be meant were tried", who.name)
		}
	}
}

// peopleOf are the people whom a step names.
func peopleOf(spec flow.Spec) []flow.Who {
	var all []flow.Who
	one := func(who *flow.Who) {
		if who != nil && !who.Bot {
			all = append(all, *who)
		}
	}
	switch spec := spec.(type) {
	case *flow.Invite:
		for _, d := range spec.To {
			all = append(all, flow.Who{Kind: d.Kind, ID: d.ID})
		}
	case *flow.Mute:
		one(spec.Who)
	case *flow.Hold:
		one(spec.Who)
	case *flow.RouteAudio:
		one(spec.From)
		for i := range spec.To {
			one(&spec.To[i])
		}
	default:
	}
	return all
}

// means notes whom a step names.
func (fs *facts) means(m *flow.Flow, pos diag.Pos, who flow.Who) {
	if who.Kind == "" {
		fs.doubt(pos, "%q names a participant by an id; not all who may be meant were tried", who.ID.Source())
		return
	}
	if id, ok := who.ID.Constant(); ok {
		fs.meant = append(fs.meant, meant{m, pos, who.Kind, "", id})
		return
	}
	uses := who.ID.Uses()
	if len(uses) != 1 || who.ID.Source() != "${"+uses[0]+"}" {
		fs.doubt(pos, "whom %q means is not known before the call; not all who may be meant were tried", who.ID.Source())
		return
	}
	fs.meant = append(fs.meant, meant{m, pos, who.Kind, uses[0], ""})
}

// rosterOf looks at what a flow asks about who is there.
func (fs *facts) rosterOf(m *flow.Flow) {
	for to := range fs.reaches(variable{m, rosterName}) {
		judged := map[diag.Pos]bool{}
		for _, dec := range fs.decides {
			if dec.m != to.m || !usesName(dec.expr.Uses(), to.name) {
				continue
			}
			judged[dec.pos] = true
			if to.name != rosterName || !fs.asksWho(dec.expr, rosterName) {
				fs.doubt(dec.pos, "%q depends on more of who is in the meeting than was tried", dec.expr.Source())
				continue
			}
			all, _ := dec.expr.(asks).Members()
			for _, x := range all {
				if id, _ := x.Value.(string); x.List == rosterName && (id != "" || x.Name != "") {
					fs.meant = append(fs.meant, meant{m, dec.pos, "", x.Name, id})
				}
			}
		}
		for _, s := range to.m.Steps {
			if usesName(fs.matters[s], to.name) && !judged[s.Pos] {
				fs.doubt(s.Pos, "the step depends on more of who is in the meeting than was tried")
			}
		}
	}
}

// asks are expressions that ask whether somebody is in a list.
type asks interface {
	Members() ([]expression.Member, func(string) bool)
}

// asksWho reports whether an expression uses a name only to ask whether somebody is
// in the meeting, or in its lobby.
func (fs *facts) asksWho(e compares, name string) bool {
	x, ok := e.(asks)
	if !ok || fs.root.Kind != flow.Meeting {
		return false
	}
	all, only := x.Members()
	with, _ := e.Compares(name)
	switch {
	case !only(name) || name == rosterName && len(with) > 0:
		return false
	case !slices.ContainsFunc(all, func(m expression.Member) bool { return m.List == name || m.Name == name }):
		return false
	}
	return !slices.ContainsFunc(all, func(m expression.Member) bool {
		return (m.List == name || m.Name == name) && (m.List != rosterName || m.Field != "who" ||
			slices.ContainsFunc(m.Flags, func(flag string) bool { return flag != "lobby" }))
	})
}

// counted looks at what a flow asks about how many there are.
func (fs *facts) counted(m *flow.Flow) {
	d := fs.dependsOn(variable{m, countName})
	for _, dec := range slices.Concat(d.own, d.vague) {
		fs.doubt(dec.pos, "%q depends on more of how many are in the meeting than was tried", dec.expr.Source())
	}
	for _, v := range constants(d.with) {
		n, ok := v.(float64)
		if ok && n > mostOthers {
			fs.doubt(diag.Pos{File: fs.root.File, Line: 1, Col: 1}, "%s is compared with %v; not so many people were tried", countName, v)
		}
		if ok && n > 0 {
			fs.crowd.most = max(fs.crowd.most, int(math.Ceil(min(n, mostOthers))))
		}
	}
}

// settled reports a name whose value is known before the call and stays so.
func (fs *facts) settled(m *flow.Flow, name string) bool {
	if base(name) == "config" {
		return true
	}
	return m == fs.root && slices.Contains(m.Params, name) &&
		!slices.ContainsFunc(m.Steps, func(s *flow.Step) bool { return slices.Contains(assigned(s), name) })
}

// somebody is a person of its own for a name that says who is meant, so that two
// names mean two people; v if the name does not.
func (fs *facts) somebody(name string, v any) any {
	i := slices.IndexFunc(fs.meant, func(who meant) bool { return who.name == name })
	if i < 0 || v != any(someID) && v != any(somePhone) {
		return v
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	if v == any(somePhone) || slices.ContainsFunc(fs.meant, func(who meant) bool { return who.name == name && who.kind == ivr.PartyPhone }) {
		return fmt.Sprintf("+44207%07d", h.Sum32()%1e7)
	}
	return fmt.Sprintf("00000000-0000-4000-8000-0001%08x", h.Sum32())
}

// crowdOf is who may come in a call that begins in some way.
func (fs *facts) crowdOf(s *start) crowd {
	c := fs.crowd
	for _, who := range fs.meant {
		id := who.in(s)
		p := ivr.Party{Kind: who.kind, ID: id}
		switch {
		case id == "":
			continue
		case who.kind != "":
		case strings.HasPrefix(id, "+"):
			p.Kind = ivr.PartyPhone
		default:
			p.Kind = ivr.PartyUser
		}
		same := func(q ivr.Party) bool { return strings.EqualFold(p.ID, q.ID) }
		if i := slices.IndexFunc(c.named, same); i < 0 {
			c.named = append(c.named, p)
		} else if who.kind != "" {
			c.named[i].Kind = who.kind
		}
	}
	return c
}

// in is the id of who is meant in a call that begins in some way; "" if nobody is.
func (who *meant) in(s *start) string {
	if who.name == "" {
		return who.id
	}
	v := s.params[who.name]
	if field, ok := strings.CutPrefix(who.name, "config."); ok {
		v = s.config[field]
	}
	id, _ := v.(string)
	return id
}
