package bot

import (
	"net"
	"strings"

	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/runtime/admin"
)

// adminFields say where the admin API is and who may use it.
func adminFields() []ConfigField {
	return []ConfigField{
		{Name: "admin", Type: "map", Doc: "the admin API, which is off without this; see the page api"},
		{Name: "admin.listen", Type: "host:port", Default: DefaultAdmin, read: (*configReader).adminListen,
			Doc: "where it is served; on an address that is no loopback one it has the certificate of tls, which must be set then"},
		{Name: "admin.tokens", Type: secretType, Required: true, read: (*configReader).adminTokens,
			Doc: "who may use it: a line for each with a name, roles and a token"},
	}
}

func (r *configReader) adminListen(n *tree.Node) {
	s, ok := n.Str(&r.list)
	if !ok {
		return
	}
	if _, port, err := net.SplitHostPort(s); err != nil || port == "" || !validPort(port) && port != "0" {
		r.errorf(n.Pos, ruleConfigURL, "want host:port here, such as %q, not %q", DefaultAdmin, clipText(s))
		return
	}
	r.cfg.Admin.Listen = s
}

// adminTokens reads the file. No message holds a token.
func (r *configReader) adminTokens(n *tree.Node) {
	text, ok := r.secret("tokens", n)
	if !ok {
		return
	}
	var err error
	if r.cfg.Admin.Tokens, err = admin.ParseTokens(text); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			r.errorf(n.Pos, ruleConfigSecret, "the tokens: %s", line)
		}
	}
}

// checkAdmin refuses tokens in the clear, and an address that is taken.
func (r *configReader) checkAdmin() {
	if r.at["admin"] == nil || r.lost["admin.listen"] {
		return
	}
	n := r.at["admin"]
	if at := r.at["admin.listen"]; at != nil {
		n = at
	} else {
		r.cfg.Admin.Listen = DefaultAdmin
	}
	host, port, _ := net.SplitHostPort(r.cfg.Admin.Listen)
	switch taken := r.cfg.Admin.Listen; {
	case port == "0" || port == "":
	case taken == r.cfg.Addr:
		r.errorf(n.Pos, ruleConfigURL, "the bot listens for calls there; give the admin API another port")
		return
	case taken == r.cfg.Metrics:
		r.errorf(n.Pos, ruleConfigURL, "the metrics are served there; give the admin API another port")
		return
	}
	if !loopback(host) && r.lacks("tls") {
		r.errorf(n.Pos, ruleConfigURL, "tokens would travel in the clear to this address; listen on 127.0.0.1, or set tls")
	}
}
