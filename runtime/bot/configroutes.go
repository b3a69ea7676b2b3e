package bot

import (
	"path"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// placedRoute is a route with its places in the file.
type placedRoute struct {
	Route
	pos     diag.Pos
	flow    *tree.Node // nil: missing or wrong, which is reported
	tenant  *tree.Node
	invalid bool // something in it is wrong, which is reported
}

func (r *configReader) readRoutes(n *tree.Node) {
	if n.Kind != tree.List {
		n.Wrong(&r.list, "a list of routes, such as [{number: \"+4420\", flow: support}]")
		return
	}
	for _, item := range n.Items {
		r.routes = append(r.routes, placedRoute{pos: item.Pos})
		before := len(r.list)
		r.fields("routes.", item)
		r.route().invalid = len(r.list) > before || item.Hurt()
	}
}

// route is the one that is being read.
func (r *configReader) route() *placedRoute { return &r.routes[len(r.routes)-1] }

// routeText reads a text that is not empty.
func routeText(field func(*Route) *string) func(*configReader, *tree.Node) {
	return func(r *configReader, n *tree.Node) {
		s, ok := n.Str(&r.list)
		if ok && s == "" {
			r.errorf(n.Pos, ruleConfigRoute, "an empty text fits no call; leave the key out to fit every call")
		}
		*field(&r.route().Route) = s
	}
}

func (r *configReader) routeNumber(n *tree.Node) {
	s, ok := n.Str(&r.list)
	if ok && !phonePrefix.MatchString(s) {
		r.errorf(n.Pos, ruleConfigPhone, `want the beginning of an international number here, such as "+4420", not %q`, clipText(s))
	}
	r.route().Number = s
}

func (r *configReader) routeTenant(n *tree.Node) {
	r.route().Tenant, _ = r.guid(n, "a tenant")
	r.route().tenant = n
}

func (r *configReader) routeCaller(n *tree.Node) {
	routeText(func(t *Route) *string { return &t.Caller })(r, n)
	if _, err := path.Match(r.route().Caller, ""); err != nil {
		r.errorf(n.Pos, ruleConfigRoute, `%q is not a pattern; it holds *, ? and letters such as [0-9], as in "+44*"`, clipText(n.Value))
	}
}

func (r *configReader) routeFlow(n *tree.Node) {
	if s, ok := n.Str(&r.list); ok {
		r.route().Flow, r.route().flow = s, n
	}
}

// routeElsewhere reads where else calls are taken. The platform follows to https
// only; http is for bots and a simulator on one machine.
func (r *configReader) routeElsewhere(n *tree.Node) {
	u, ok := r.address(n)
	switch {
	case !ok:
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		r.route().Elsewhere = strings.TrimRight(u.String(), "/")
	default:
		r.errorf(n.Pos, ruleConfigURL, "Graph sends callbacks over https only, so it cannot follow to %s://%s; write https", u.Scheme, u.Host)
	}
}

// checkPlace reports a route that leads nowhere, or to two places.
func (r *configReader) checkPlace(route *placedRoute) {
	complain := func(text string) {
		if !route.invalid {
			r.errorf(route.pos, ruleConfigRoute, "%s", text)
		}
		route.invalid = true
	}
	switch {
	case route.flow == nil && route.Elsewhere == "":
		complain("the route leads nowhere; give flow, or elsewhere")
	case route.flow != nil && route.Elsewhere != "":
		complain("the route leads to a flow here and elsewhere; keep one of the two")
	case route.Region != "" && route.Elsewhere == "":
		complain("region is for calls that are sent elsewhere; give elsewhere, or take region out")
	}
}

func (r *configReader) defaultFlow(n *tree.Node) { r.fallback, _ = n.Str(&r.list) }

// checkRoutes compares the routes with the flows and with each other.
func (r *configReader) checkRoutes() {
	for i := range r.routes {
		route := &r.routes[i]
		r.checkPlace(route)
		if route.flow != nil && !r.takesCalls(route.Flow, route.flow.Pos) {
			route.invalid = true
		}
		r.checkRouteTenant(route)
		r.checkShadow(i)
		r.cfg.Routes = append(r.cfg.Routes, route.Route)
	}
	if n := r.at["default"]; n != nil && r.fallback != "" {
		if !r.takesCalls(r.fallback, n.Pos) {
			return
		}
		r.cfg.Routes = append(r.cfg.Routes, Route{Flow: r.fallback})
	}
	r.checkIdleFlows()
}

// takesCalls reports whether calls can be sent to a flow; if not that is a
// finding.
func (r *configReader) takesCalls(name string, pos diag.Pos) bool {
	for _, f := range r.cfg.Flows {
		if f.Name == name && f.Kind != flow.Incoming {
			r.errorf(pos, ruleConfigRoute, "the flow %q is of kind %s and takes no calls", name, f.Kind)
			return false
		}
	}
	return r.known(name, pos)
}

// checkRouteTenant reports a route for a tenant whose calls are not taken.
func (r *configReader) checkRouteTenant(route *placedRoute) {
	if route.Tenant == "" || len(r.cfg.Tenants) == 0 || r.at["tenants"] == nil {
		return
	}
	taken := slices.ContainsFunc(r.cfg.Tenants, func(t string) bool { return t == "*" || strings.EqualFold(t, route.Tenant) })
	if !taken && !route.invalid {
		r.list.Warnf(route.tenant.Pos, ruleConfigRoute, "no call fits this route: tenants does not hold %s", route.Tenant)
	}
}

// checkShadow reports a route that no call reaches, since an earlier one takes
// all it would fit.
func (r *configReader) checkShadow(i int) {
	for _, earlier := range r.routes[:i] {
		if covers(earlier.Route, r.routes[i].Route) && !earlier.invalid && !r.routes[i].invalid {
			r.list.Warnf(r.routes[i].pos, ruleConfigRoute, "no call reaches this route: the route of line %d takes them all", earlier.pos.Line)
			return
		}
	}
}

// covers reports whether a surely fits every call that b fits.
func covers(a, b Route) bool {
	same := func(x, y string) bool { return x == "" || strings.EqualFold(x, y) }
	return same(a.Called, b.Called) && same(a.Tenant, b.Tenant) && same(a.Caller, b.Caller) && same(a.Region, b.Region) && a.Elsewhere == "" &&
		(a.Number == "" || b.Number != "" && strings.HasPrefix(b.Number, a.Number))
}

// checkIdleFlows reports flows to which no route leads.
func (r *configReader) checkIdleFlows() {
	if !slices.ContainsFunc(r.cfg.Routes, func(t Route) bool { return t.Elsewhere == "" }) {
		var incoming []string
		for _, f := range r.cfg.Flows {
			if f.Kind == flow.Incoming {
				incoming = append(incoming, f.Name)
			}
		}
		if len(incoming) > 1 && (r.lacks("routes") || len(r.routes) > 0) && r.lacks("default") {
			r.errorf(r.at["flows"].Pos, ruleConfigRoute, "there are %d flows and nothing says which call goes to which; write routes, or default: %s",
				len(incoming), incoming[0])
		}
		return
	}
	unsure := r.lost["routes"] || r.lost["default"] || r.unread != ""
	if unsure || slices.ContainsFunc(r.routes, func(t placedRoute) bool { return t.invalid }) {
		return
	}
	for _, file := range r.flowFiles {
		if file.flow == nil || file.flow.Kind != flow.Incoming {
			continue
		}
		if !slices.ContainsFunc(r.cfg.Routes, func(t Route) bool { return t.Flow == file.flow.Name }) {
			r.list.Warnf(file.pos, ruleConfigRoute, "no route leads to flow %q", file.flow.Name)
		}
	}
}
