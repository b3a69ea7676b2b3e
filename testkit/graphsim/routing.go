package graphsim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// RoutingGroup is an audio routing group: who hears whom apart from the rest.
type RoutingGroup struct {
	ID        string
	Mode      string   // oneToOne or multicast
	Sources   []string // participant ids: one
	Receivers []string // participant ids
}

func (g *RoutingGroup) connects(source, receiver string) bool {
	return slices.Contains(g.Sources, source) && slices.Contains(g.Receivers, receiver)
}

// https://learn.microsoft.com/graph/api/resources/audioroutinggroup
func routingParams() []param {
	return []param{{name: "id", kind: text}, {name: "routingMode", kind: text, values: []string{"oneToOne", "multicast"}},
		{name: "sources", kind: list}, {name: "receivers", kind: list}}
}

func (g *RoutingGroup) entity() object {
	return typed("audioRoutingGroup", object{"id": g.ID, "routingMode": g.Mode, "sources": g.Sources, "receivers": g.Receivers})
}

// AudioRoutingGroups are the groups that the bot made on the call.
func (c *Call) AudioRoutingGroups() []RoutingGroup {
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	var all []RoutingGroup
	for _, g := range c.groups {
		all = append(all, *g)
	}
	return all
}

func (c *Call) listGroups(x *exchange) reply {
	if bad := c.isGroup(); bad != nil {
		return *bad
	}
	list := []object{}
	for _, g := range c.groups {
		list = append(list, g.entity())
	}
	return c.list(x, "audioRoutingGroups", "audioRoutingGroup", list)
}

// createGroup is answered 200, as the page has it, not 201:
// https://learn.microsoft.com/graph/api/call-post-audioroutinggroups
func (c *Call) createGroup(x *exchange) reply {
	if bad := c.isGroup(); bad != nil {
		return *bad
	}
	g := RoutingGroup{ID: str(x.body, "id"), Mode: str(x.body, "routingMode")}
	if fail := c.readGroup(x, &g, 1); fail != nil {
		return reply{fail: fail}
	}
	if g.ID == "" {
		g.ID = c.sim.chance.guid()
	}
	if slices.ContainsFunc(c.groups, func(o *RoutingGroup) bool { return o.ID == g.ID }) {
		return refuse(c.sim.set.GroupExists, "There is an audio routing group with this id already.")
	}
	c.groups = append(c.groups, &g)
	c.sim.emit(Routed{Head: c.head(), Group: g})
	return reply{status: http.StatusOK, body: g.entity()}
}

// readGroup reads the members of a group; those that the request does not name
// stay as they are. A oneToOne group has one receiver; the page of the update
// shows two.
func (c *Call) readGroup(x *exchange, g *RoutingGroup, most int) *failure {
	if fail := checkTag("the group", x.body, "audioRoutingGroup", false); fail != nil {
		return fail
	}
	for _, part := range [...]struct {
		name string
		to   *[]string
	}{{"sources", &g.Sources}, {"receivers", &g.Receivers}} {
		if x.body[part.name] == nil {
			continue
		}
		people, fail := c.chosen(part.name, items(x.body, part.name))
		if fail != nil {
			return fail
		}
		*part.to = nil
		for _, p := range people {
			*part.to = append(*part.to, p.id)
		}
	}
	switch {
	case g.Mode == "":
		return invalid("'routingMode' is missing; it can be oneToOne, multicast.")
	case len(g.Sources) != 1:
		return invalid(fmt.Sprintf("'sources' has %d elements; one is allowed.", len(g.Sources)))
	case len(g.Receivers) == 0:
		return invalid("'receivers' is empty.")
	case g.Mode == "oneToOne" && len(g.Receivers) > most:
		return invalid(fmt.Sprintf("'receivers' has %d elements; a group of the mode oneToOne has one.", len(g.Receivers)))
	case slices.Contains(g.Receivers, g.Sources[0]):
		return invalid("'receivers' has the source.")
	}
	return nil
}

// routing is the group in a request's path. Its id is what the bot chose.
func (c *Call) routing(x *exchange) (*RoutingGroup, *reply) {
	if bad := c.isGroup(); bad != nil {
		return nil, bad
	}
	for _, g := range c.groups {
		if g.ID == x.id {
			return g, nil
		}
	}
	r := refuse(c.sim.set.NotFound, "The audio routing group was not found.")
	return nil, &r
}

func (c *Call) getGroup(x *exchange) reply {
	g, bad := c.routing(x)
	if bad != nil {
		return *bad
	}
	return c.read(x, "audioRoutingGroups", "audioRoutingGroup", g.entity())
}

// updateGroup changes what the request names; the rest keeps its values:
// https://learn.microsoft.com/graph/api/audioroutinggroup-update
func (c *Call) updateGroup(x *exchange) reply {
	g, bad := c.routing(x)
	if bad != nil {
		return *bad
	}
	changed := *g
	changed.Mode = cmp.Or(str(x.body, "routingMode"), g.Mode)
	if id := str(x.body, "id"); id != "" && id != g.ID {
		return reply{fail: invalid("'id' is not the group's; it cannot change.")}
	}
	if fail := c.readGroup(x, &changed, 2); fail != nil {
		return reply{fail: fail}
	}
	*g = changed
	c.sim.emit(Routed{Head: c.head(), Group: changed})
	return reply{status: http.StatusOK, body: g.entity()}
}

func (c *Call) deleteGroup(x *exchange) reply {
	g, bad := c.routing(x)
	if bad != nil {
		return *bad
	}
	c.groups = slices.DeleteFunc(c.groups, func(o *RoutingGroup) bool { return o == g })
	c.sim.emit(Routed{Head: c.head(), Group: *g, Gone: true})
	return reply{status: http.StatusNoContent}
}
