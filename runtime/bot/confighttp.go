package bot

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/runtime/fetch"
)

var secretName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// placedHost is a host with its places in the file.
type placedHost struct {
	fetch.Host
	pos   diag.Pos
	flows []*tree.Node
	named bool // flows is written
	wrong bool // something in it is, which is reported
}

// placedSecret is a secret with its place in the file.
type placedSecret struct {
	fetch.BoundSecret
	name  string
	pos   diag.Pos
	wrong bool // something in it is, which is reported
}

func (r *configReader) readHosts(n *tree.Node) {
	if n.Kind != tree.List {
		n.Wrong(&r.list, "a list of hosts, such as [{url: https://api.example.com, flows: [bank]}]")
		r.httpWrong = true
		return
	}
	for _, item := range n.Items {
		r.hosts = append(r.hosts, placedHost{pos: item.Pos})
		before := len(r.list)
		r.fields("hosts.", item)
		r.host().wrong = len(r.list) > before || item.Hurt()
	}
}

// host is the one that is being read.
func (r *configReader) host() *placedHost { return &r.hosts[len(r.hosts)-1] }

func (r *configReader) hostURL(n *tree.Node) {
	r.host().Origin, _ = n.Str(&r.list)
	r.host().pos = n.Pos
}

func (r *configReader) hostFlows(n *tree.Node) {
	r.host().flows, r.host().named = r.texts(n), true
}

func (r *configReader) hostNetworks(n *tree.Node) {
	for _, item := range r.texts(n) {
		r.host().Networks = append(r.host().Networks, item.Value)
	}
}

// secrets reads a map from names to where the secrets are and to the hosts that
// may see them. No message holds what stands there.
func (r *configReader) secrets(n *tree.Node) {
	if n.Kind != tree.Map {
		r.errorf(n.Pos, ruleConfigLiteral, "want a map of names to secrets, such as {crm: {env: IVRFLOW_CRM, hosts: [https://api.example.com]}}")
		r.httpWrong = true
		return
	}
	for _, e := range n.Entries {
		before := r.list.Count(diag.Error)
		if !secretName.MatchString(e.Key) {
			r.errorf(e.KeyPos, ruleConfigSecret, "%q cannot be the name of a secret; write letters, digits and _, as flows do in ${secret.NAME}", clipText(e.Key))
		}
		s := placedSecret{name: e.Key, pos: e.KeyPos}
		source := *e.Value
		source.Entries = nil
		for _, f := range e.Value.Entries {
			if f.Key != "hosts" {
				source.Entries = append(source.Entries, f)
				continue
			}
			for _, item := range r.texts(f.Value) {
				s.Hosts = append(s.Hosts, item.Value)
			}
		}
		text, _ := r.secret(e.Key, &source)
		s.Value = ivr.NewSecret(cmp.Or(text, "not on this machine"))
		s.wrong = r.list.Count(diag.Error) > before
		r.bound = append(r.bound, s)
	}
}

// checkHTTP compares hosts and secrets with each other, and what the flows ask
// for with both.
func (r *configReader) checkHTTP() {
	for i := range r.hosts {
		r.checkHost(&r.hosts[i])
	}
	if r.httpWrong || r.lost["hosts"] || r.stray || r.unread != "" {
		return // what a secret or a request lacks may stand there
	}
	r.cfg.HTTP.Secrets = map[string]fetch.BoundSecret{}
	for _, s := range r.bound {
		r.checkSecret(s)
	}
	fetcher, err := fetch.New(r.cfg.HTTP)
	if err != nil || r.httpWrong || r.lost["secrets"] {
		return // reported
	}
	for _, file := range r.flowFiles {
		if file.flow == nil {
			continue
		}
		for _, asking := range file.flow.Requests() {
			if err := checkRequest(fetcher, file.flow, asking.Request); err != nil {
				r.errorf(file.pos, ruleConfigHTTP, "flow %q asks in %s (%s) for %s: %s", file.flow.Name, asking.Step, asking.Request.Pos, shownRequest(asking.Request), err)
			}
		}
	}
}

// checkSecret adds a secret to the configuration if nothing is wrong with it.
func (r *configReader) checkSecret(s placedSecret) {
	one := map[string]fetch.BoundSecret{s.name: s.BoundSecret}
	if !s.wrong {
		if _, err := fetch.New(fetch.Config{Hosts: r.cfg.HTTP.Hosts, Secrets: one}); err != nil {
			r.errorf(s.pos, ruleConfigSecret, "%s", httpCause(err))
			s.wrong = true
		}
	}
	if s.wrong {
		r.httpWrong = true
		return
	}
	r.cfg.HTTP.Secrets[s.name] = s.BoundSecret
}

// checkHost adds a host to the configuration if nothing is wrong with it.
func (r *configReader) checkHost(h *placedHost) {
	strange := false // one of its flows is, which is reported
	for _, n := range h.flows {
		strange = !r.known(n.Value, n.Pos) || strange
		h.Flows = append(h.Flows, n.Value)
	}
	switch {
	case h.wrong:
	case !h.named && len(r.flowFiles) != 1:
		r.errorf(h.pos, ruleConfigHTTP, "there are %d flows; say with flows: which of them may ask %s", len(r.flowFiles), clipText(h.Origin))
		h.wrong = true
	case !h.named && len(r.cfg.Flows) == 1:
		h.Flows = []string{r.cfg.Flows[0].Name}
	case !h.named:
		h.wrong = true // the flow could not be loaded, which is reported
	}
	if !h.wrong {
		all := append(slices.Clone(r.cfg.HTTP.Hosts), h.Host)
		if _, err := fetch.New(fetch.Config{Hosts: all}); err != nil {
			r.errorf(h.pos, ruleConfigHTTP, "%s", httpCause(err))
			h.wrong = true
		} else if !strange {
			r.cfg.HTTP.Hosts = all
		}
	}
	h.wrong = h.wrong || strange
	r.httpWrong = r.httpWrong || h.wrong
}

// httpCause is what package fetch finds wrong with a configuration, in one line.
func httpCause(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}
