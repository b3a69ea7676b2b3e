package bot

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/runtime/server"
)

const (
	cloudPublic     = "public"
	cloudGovernment = "government"

	governmentGraph = "https://graph.microsoft.us/beta"
	governmentLogin = "https://login.microsoftonline.us"
	governmentScope = "https://graph.microsoft.us/.default"
)

func (r *configReader) cloud(n *tree.Node) {
	if w, ok := n.Word(&r.list, cloudPublic, cloudGovernment); ok && w == cloudGovernment {
		r.cfg.GraphURL, r.cfg.LoginURL, r.cfg.Scope = governmentGraph, governmentLogin, governmentScope
	}
}

func (r *configReader) entraCallbacks(n *tree.Node) { r.entra, _ = n.Bool(&r.list) }

// service reads an address of a service that gets tokens or secrets.
func (r *configReader) service(n *tree.Node) string {
	u, ok := r.address(n)
	switch {
	case !ok:
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return strings.TrimRight(u.String(), "/")
	default:
		r.errorf(n.Pos, ruleConfigURL, "want https here: %s:// would carry the bot's secret or token in clear; only a loopback address may be http", u.Scheme)
	}
	return ""
}

func (r *configReader) graphURL(n *tree.Node) { r.cfg.GraphURL = r.service(n) }
func (r *configReader) loginURL(n *tree.Node) { r.cfg.LoginURL = r.service(n) }

// metadataURL names a simulator whose callbacks are believed.
func (r *configReader) metadataURL(n *tree.Node) {
	if u, ok := r.address(n); ok {
		r.metadata = u
	}
}

// thumbprintForm is a SHA-256 in base64url.
var thumbprintForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// keyThumbprint names the simulator's key.
func (r *configReader) keyThumbprint(n *tree.Node) {
	s, ok := n.Str(&r.list)
	if ok && !thumbprintForm.MatchString(s) {
		r.errorf(n.Pos, ruleConfigCloud, "this is no SHA-256 thumbprint in base64url, which has 43 characters; ivrflow graphsim prints its key's at the start")
		ok = false
	}
	if ok {
		r.thumbprint = s
	}
}

// checkSimulator decides whether the simulator is believed. Whoever holds its
// keys can ring the bot, so it must be on this machine, or its key be named.
func (r *configReader) checkSimulator() {
	n, key := r.at["graph.metadata_url"], r.at["graph.key_thumbprint"]
	if n == nil && key != nil && !r.lost["graph.metadata_url"] && !r.stray {
		r.errorf(key.Pos, ruleConfigCloud, "key_thumbprint names the key of a simulator, and there is none; give metadata_url, too")
	}
	if r.metadata == nil {
		return
	}
	p := server.Profile{Name: "simulator", MetadataURL: r.metadata.String(), Loopback: loopback(r.metadata.Hostname()) && r.thumbprint == ""}
	if r.thumbprint != "" {
		p.Thumbprints = []string{r.thumbprint}
	}
	switch {
	case !loopback(r.metadata.Hostname()) && key == nil && !r.lost["graph.key_thumbprint"]:
		r.errorf(n.Pos, ruleConfigCloud, "callbacks signed by anybody but Microsoft are believed from a loopback address only, not from %s; take metadata_url out, or name the simulator's key as key_thumbprint", r.metadata.Hostname())
	case !loopback(r.metadata.Hostname()) && r.metadata.Scheme != "https":
		r.errorf(n.Pos, ruleConfigURL, "want https here; only a loopback address may be http")
	default:
		r.cfg.Profiles = []server.Profile{p}
	}
}

// checkCloud decides whose callbacks are believed.
func (r *configReader) checkCloud() {
	cloud, graph := r.at["cloud"], r.at["graph"]
	if cloud != nil && graph != nil {
		r.errorf(graph.Pos, ruleConfigCloud, "cloud and graph name the same addresses; keep one of the two")
		return
	}
	if graph != nil && !r.lost["graph"] && !r.stray && (r.at["graph.url"] == nil) != (r.at["graph.login_url"] == nil) {
		r.errorf(graph.Pos, ruleConfigCloud, "graph.url and graph.login_url belong together; give both")
	}
	r.checkSimulator()
	public := server.PublicCloud(r.cfg.AppID, r.cfg.Tenants...)
	switch {
	case len(r.cfg.Profiles) > 0:
		p := &r.cfg.Profiles[0]
		p.Issuers, p.Audiences, p.Tenants = public.Issuers, public.Audiences, public.Tenants
		r.checkLoopback(r.at["graph.metadata_url"])
	case cloud != nil && cloud.Value == cloudGovernment:
		r.cfg.Profiles = []server.Profile{server.Government(r.cfg.AppID, r.cfg.Tenants...)}
	default:
		r.cfg.Profiles = []server.Profile{public}
	}
	switch n := r.at["entra_callbacks"]; {
	case !r.entra:
	case r.cfg.Profiles[0].Name != public.Name:
		r.errorf(n.Pos, ruleConfigCloud, "callbacks with tokens of Entra ID are announced for the public cloud only; take entra_callbacks out")
	default:
		r.cfg.Profiles = append(r.cfg.Profiles, server.Entra(r.cfg.AppID, r.cfg.Tenants...))
	}
	// "*" is no tenant to get a token for before the first call.
	r.cfg.Tenants = slices.DeleteFunc(slices.Clone(r.cfg.Tenants), func(t string) bool { return t == server.AnyTenant })
}

// checkLoopback refuses to show a simulator's bot to other machines.
func (r *configReader) checkLoopback(metadata *tree.Node) {
	if r.at["listen"] == nil && !r.lacks("listen") {
		return
	}
	pos, addr := metadata.Pos, DefaultAddr
	if n := r.at["listen"]; n != nil {
		if r.cfg.Addr == "" {
			return // reported
		}
		pos, addr = n.Pos, r.cfg.Addr
	}
	if err := server.CheckListen(r.cfg.Profiles, addr); err != nil {
		r.errorf(pos, ruleConfigCloud, "%s", err)
	}
}
