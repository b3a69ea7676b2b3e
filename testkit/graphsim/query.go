package graphsim

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The query options of OData that pages about calls allow are $select and
// $expand: https://learn.microsoft.com/graph/query-parameters

// options are the query options of a reading request, checked.
func (c *Call) readQuery(x *exchange, allowed ...string) *failure {
	for _, name := range slices.Sorted(maps.Keys(x.query)) {
		if strings.HasPrefix(name, "$") && !slices.Contains(allowed, name) {
			return invalid("The query option '" + name + "' is not supported here.")
		}
	}
	return nil
}

// pick leaves of an entity what $select asks for.
func pick(x *exchange, typeName string, m object) (object, *failure) {
	asked := x.query.Get("$select")
	if asked == "" {
		return m, nil
	}
	kept := object{}
	for name, v := range m {
		if strings.HasPrefix(name, "@") || name == "id" {
			kept[name] = v
		}
	}
	for name := range strings.SplitSeq(asked, ",") {
		v, ok := m[name]
		if !ok && !slices.Contains(unset(typeName), name) {
			return nil, invalid(fmt.Sprintf("Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, typeName))
		}
		kept[name] = v
	}
	return kept, nil
}

// unset are properties of a type that an entity can lack.
func unset(typeName string) []string {
	switch typeName {
	case "call":
		return []string{"callOptions", "incomingContext", "myParticipantId"}
	case "participant":
		return []string{"metadata", "recordingInfo", "removedState", "restrictedExperience", "rosterSequenceNumber"}
	}
	return nil
}

// get reads the call, with what $expand asks for.
func (c *Call) get(x *exchange) reply {
	if fail := c.readQuery(x, "$select", "$expand"); fail != nil {
		return reply{fail: fail}
	}
	body, fail := pick(x, "call", c.entity(x))
	if fail != nil {
		return reply{fail: fail}
	}
	for name := range strings.SplitSeq(x.query.Get("$expand"), ",") {
		switch name {
		case "":
		case "participants":
			body[name] = c.roster()
		case "audioRoutingGroups":
			list := []object{}
			for _, g := range c.groups {
				list = append(list, g.entity())
			}
			body[name] = list
		case "contentSharingSessions":
			body[name] = c.sessions(x)
		case "operations":
			list := []object{}
			for _, id := range slices.Sorted(maps.Keys(c.operations)) {
				list = append(list, c.operation(x, id))
			}
			body[name] = list
		default:
			return reply{fail: invalid("Could not find a relationship named '" + name + "' on type 'microsoft.graph.call'.")}
		}
	}
	return reply{status: http.StatusOK, body: body}
}

// below is the context of what lies below a call, as answers name it.
func (c *Call) context(x *exchange, name string) string {
	return c.sim.cfg.BaseURL + "/" + x.version + "/$metadata#communications/calls('" + c.id + "')/" + name
}

// read answers with one entity below the call.
func (c *Call) read(x *exchange, name, typeName string, m object) reply {
	fail := c.readQuery(x, "$select", "$expand")
	if fail == nil {
		m, fail = pick(x, typeName, m)
	}
	if fail != nil {
		return reply{fail: fail}
	}
	m["@odata.context"] = c.context(x, name) + "/$entity"
	return reply{status: http.StatusOK, body: m}
}

// list answers with a list, in pages of PageSize.
func (c *Call) list(x *exchange, name, typeName string, all []object) reply {
	if fail := c.readQuery(x, "$select", "$expand", "$skiptoken"); fail != nil {
		return reply{fail: fail}
	}
	body := object{"@odata.context": c.context(x, name)}
	from := 0
	if skip := x.query.Get("$skiptoken"); skip != "" {
		n, err := strconv.Atoi(skip)
		if err != nil || n < 0 || n > len(all) {
			return reply{fail: invalid("The '$skiptoken' is not one that was given.")}
		}
		from = n
	}
	all = all[from:]
	if n := c.sim.set.PageSize; n > 0 && len(all) > n {
		all = all[:n]
		next := url.Values{"$skiptoken": {strconv.Itoa(from + n)}}
		if s := x.query.Get("$select"); s != "" {
			next.Set("$select", s)
		}
		body["@odata.nextLink"] = c.sim.cfg.BaseURL + "/" + x.version + "/communications/calls/" + c.id + "/" + name + "?" + next.Encode()
	}
	value := make([]object, 0, len(all))
	for _, m := range all {
		kept, fail := pick(x, typeName, m)
		if fail != nil {
			return reply{fail: fail}
		}
		value = append(value, kept)
	}
	body["value"] = value
	return reply{status: http.StatusOK, body: body}
}
