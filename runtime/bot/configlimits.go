package bot

import (
	"net"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// overloadFields are what a bot takes on, where the rest goes, and who sees it.
func overloadFields() []ConfigField {
	return []ConfigField{
		{Name: "limits", Type: "map", Doc: "how much the process takes on at once"},
		{Name: "limits.calls", Type: "number", Default: "20000", read: (*configReader).limitCalls,
			Doc: "calls that may live; those beyond go to the fallback at once"},
		{Name: "limits.waiting", Type: "number", Default: "1024", read: (*configReader).limitWaiting,
			Doc: "calls that came in and may wait for a slow store; those beyond go to the fallback at once"},
		{Name: "limits.actions", Type: "number", Default: "1000", read: (*configReader).limitActions,
			Doc: "actions in Go that may run; beyond that they fail with the reason throttled"},
		{Name: "limits.without_store", Type: "duration", Default: "1m", read: (*configReader).withoutStore,
			Doc: "how long a call goes on of which nothing can be stored, 10s to 40m"},
		{Name: "limits.connections", Type: "number", Default: "4096", read: (*configReader).limitConnections,
			Doc: "connections that may be open where the bot listens; those beyond are closed at once"},
		{Name: "limits.connections_per_address", Type: "number", Default: "2048", read: (*configReader).limitPerAddress,
			Doc: "those of one IP address, or one IPv6 network of 64 bits; behind a proxy all are the proxy's"},
		{Name: "fallback", Type: "map", Doc: "what becomes of a call that cannot be taken, and of one that no flow takes"},
		{Name: "fallback.redirect", Type: "map", Doc: "it is sent here; if that fails it is rejected"},
		{Name: "fallback.redirect.user", Type: "GUID", read: (*configReader).fallbackUser, Doc: "object id of a user"},
		{Name: "fallback.redirect.application", Type: "GUID", read: (*configReader).fallbackApplication,
			Doc: "object id of a resource account, such as a queue's"},
		{Name: "fallback.redirect.phone", Type: "text", read: (*configReader).fallbackPhone,
			Doc: "telephone number, which phones must allow"},
		{Name: "fallback.reject", Type: "busy, forbidden or none", Default: "busy", read: (*configReader).fallbackReject,
			Doc: "the reason for which it is rejected; one that no flow takes is rejected with none unless this is given"},
		{Name: "metrics", Type: "host:port", read: (*configReader).metrics,
			Doc: "where /metrics is served, in the text form of Prometheus; a loopback address unless there is a metrics_token"},
		{Name: "metrics_token", Type: secretType, read: (*configReader).metricsToken,
			Doc: "who asks for /metrics must send it as a bearer token"},
	}
}

// count reads a whole number within bounds.
func (r *configReader) count(n *tree.Node, most int) int {
	v, ok := n.Int(&r.list)
	if ok && (v < 1 || v > most) {
		r.errorf(n.Pos, ruleConfigRange, "%s is out of range; want 1 to %d", n.Value, most)
		return 0
	}
	return v
}

func (r *configReader) limitCalls(n *tree.Node)   { r.cfg.Limits.Calls = r.count(n, 1_000_000) }
func (r *configReader) limitWaiting(n *tree.Node) { r.cfg.Limits.Waiting = r.count(n, 100_000) }
func (r *configReader) limitActions(n *tree.Node) { r.cfg.Limits.Actions = r.count(n, 100_000) }

func (r *configReader) limitConnections(n *tree.Node) {
	r.cfg.Limits.Connections.Total = r.count(n, 1_000_000)
}

func (r *configReader) limitPerAddress(n *tree.Node) {
	r.cfg.Limits.Connections.PerAddress = r.count(n, 1_000_000)
}

func (r *configReader) withoutStore(n *tree.Node) {
	r.cfg.Limits.WithoutStore = r.between(n, 10*time.Second, 40*time.Minute)
}

// fallbackTo takes the only target.
func (r *configReader) fallbackTo(n *tree.Node, t ivr.Target) {
	if r.cfg.Fallback.Redirect.Kind != "" {
		r.errorf(n.Pos, ruleConfigRoute, "a call is redirected to one target; take the others out")
	}
	r.cfg.Fallback.Redirect = t
}

func (r *configReader) fallbackUser(n *tree.Node) {
	if id, ok := r.guid(n, "a user"); ok {
		r.fallbackTo(n, ivr.Target{Kind: ivr.PartyUser, ID: id})
	}
}

func (r *configReader) fallbackApplication(n *tree.Node) {
	if id, ok := r.guid(n, "a resource account"); ok {
		r.fallbackTo(n, ivr.Target{Kind: ivr.PartyApplication, ID: id})
	}
}

func (r *configReader) fallbackPhone(n *tree.Node) {
	s, ok := n.Str(&r.list)
	switch {
	case !ok:
	case !phonePrefix.MatchString(s) || len(s) < len("+441234"):
		r.errorf(n.Pos, ruleConfigPhone, `want an international number here, such as "+442071838750", not %q`, clipText(s))
	default:
		r.fallbackTo(n, ivr.Target{Kind: ivr.PartyPhone, ID: s})
	}
}

func (r *configReader) fallbackReject(n *tree.Node) {
	w, _ := n.Word(&r.list, string(ivr.RejectBusy), string(ivr.RejectForbidden), string(ivr.RejectNone))
	r.cfg.Fallback.Reject = ivr.RejectReason(w)
}

// checkFallback compares the fallback with what it needs.
func (r *configReader) checkFallback() {
	if n := r.at["fallback.redirect"]; n != nil && n.Kind == tree.Map && len(n.Entries) == 0 {
		r.errorf(n.Pos, ruleConfigMissing, `a redirect needs a target: {user: ...}, {phone: "+44..."} or {application: ...}`)
	}
	n, to := r.at["fallback.redirect.phone"], r.cfg.Fallback.Redirect
	if n == nil || to.Kind != ivr.PartyPhone || r.lost["phones"] || r.stray {
		return
	}
	if !allowed(r.cfg.Phones, to.ID) {
		r.errorf(n.Pos, ruleConfigPhone, "phones does not allow this number; add its prefix there")
	}
}

func allowed(prefixes []string, number string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(number, prefix) && !premium(number) {
			return true
		}
	}
	return false
}

func (r *configReader) metrics(n *tree.Node) {
	s, ok := n.Str(&r.list)
	if !ok {
		return
	}
	if _, port, err := net.SplitHostPort(s); err != nil || port == "" || !validPort(port) && port != "0" {
		r.errorf(n.Pos, ruleConfigURL, `want host:port here, such as "127.0.0.1:9090", not %q`, clipText(s))
		return
	}
	r.cfg.Metrics = s
}

func (r *configReader) metricsToken(n *tree.Node) {
	s, ok := r.secret("metrics_token", n)
	if !ok {
		return
	}
	if len(s) < minToken {
		r.errorf(n.Pos, ruleConfigSecret, "the token is shorter than %d characters; make one with: openssl rand -base64 %d", minToken, minKey)
		return
	}
	r.cfg.MetricsToken = ivr.NewSecret(s)
}

// checkMetrics refuses metrics that anybody could read.
func (r *configReader) checkMetrics() {
	n := r.at["metrics"]
	if n != nil && r.cfg.Metrics != "" && r.cfg.Metrics == r.cfg.Addr && !strings.HasSuffix(r.cfg.Addr, ":0") {
		r.errorf(n.Pos, ruleConfigURL, "the bot listens for calls there; give the metrics another port")
		return
	}
	if n == nil || r.cfg.Metrics == "" || r.lost["metrics_token"] || r.at["metrics_token"] != nil {
		return
	}
	if host, _, _ := net.SplitHostPort(r.cfg.Metrics); !loopback(host) {
		r.errorf(n.Pos, ruleConfigURL, "anybody who reaches this address could read the metrics; listen on 127.0.0.1, or set metrics_token")
	}
}
