package bot

import (
	"cmp"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/runtime/server"
)

var (
	guidForm        = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	phoneNumber     = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	phonePrefix     = regexp.MustCompile(`^\+[1-9][0-9]{0,14}$`)
	hostForm        = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?$`)
	commandMark     = regexp.MustCompile(`\{[^}]*\}`)
	logLevelChoices = [...]string{"debug", "info", "warn", "error"}
)

// texts are the good ones of a list of texts; one text alone is a list of one.
func (r *configReader) texts(n *tree.Node) []*tree.Node {
	if n.Kind == tree.Map {
		n.Wrong(&r.list, "a text or a list of texts")
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.ListItems()), func(item *tree.Node) bool {
		_, ok := item.Str(&r.list)
		return !ok
	})
}

// guid reads a GUID.
func (r *configReader) guid(n *tree.Node, what string) (string, bool) {
	s, ok := n.Str(&r.list)
	if ok && !guidForm.MatchString(s) {
		r.errorf(n.Pos, ruleConfigID, "%s is a GUID such as 6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11, not %q", what, clipText(s))
		ok = false
	}
	return s, ok
}

func (r *configReader) appID(n *tree.Node) {
	r.cfg.AppID, _ = r.guid(n, "an application id")
}

func (r *configReader) tenants(n *tree.Node) {
	if len(n.ListItems()) == 0 {
		r.errorf(n.Pos, ruleConfigMissing, `tenants is empty, so no call would be taken; name your tenant, or "*" for all`)
		return
	}
	items := r.texts(n)
	for _, item := range items {
		switch {
		case item.Value == server.AnyTenant && len(items) > 1:
			r.errorf(item.Pos, ruleConfigID, `"*" lets every tenant in, so the others say nothing; name the tenants, or "*" alone`)
		case item.Value == server.AnyTenant:
			r.list.Warnf(item.Pos, ruleConfigID, "calls of every tenant that installs the bot are taken; name your tenants if the bot is yours alone")
			r.cfg.Tenants = append(r.cfg.Tenants, item.Value)
		default:
			if id, ok := r.guid(item, "a tenant"); ok {
				r.cfg.Tenants = append(r.cfg.Tenants, id)
			}
		}
	}
}

// address reads an absolute address without user name, query and fragment.
func (r *configReader) address(n *tree.Node) (*url.URL, bool) {
	s, ok := n.Str(&r.list)
	if !ok {
		return nil, false
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme == "" || u.Hostname() == "":
		r.errorf(n.Pos, ruleConfigURL, "this is not an address such as https://bot.example.com")
	case u.User != nil:
		r.errorf(n.Pos, ruleConfigURL, "an address with a user name or password is not taken; leave out what stands before @")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		r.errorf(n.Pos, ruleConfigURL, "the address goes on with ? or #; end it before")
	case !validPort(u.Port()):
		r.errorf(n.Pos, ruleConfigURL, "the port %s is not one from 1 to 65535", u.Port())
	default:
		return u, true
	}
	return nil, false
}

func validPort(port string) bool {
	v, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && v > 0
}

func (r *configReader) publicURL(n *tree.Node) {
	u, ok := r.address(n)
	if ok {
		r.cfg.PublicURL, r.public = strings.TrimRight(u.String(), "/"), u
	}
}

// checkPublic refuses an address at which Graph does not reach the bot. A
// simulator reaches it also where the Internet does not, and on its own machine
// without TLS.
func (r *configReader) checkPublic() {
	n, u := r.at["public_url"], r.public
	simulated := r.at["graph.metadata_url"] != nil
	switch {
	case u == nil, simulated && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())):
	case u.Scheme != "https":
		r.cfg.PublicURL = ""
		r.errorf(n.Pos, ruleConfigURL, "Graph sends callbacks over https only, so %s:// cannot work; set tls, or put a proxy with a certificate in front, and write https://%s", u.Scheme, u.Host)
	case private(u.Hostname()):
		r.list.Warnf(n.Pos, ruleConfigURL, "Graph cannot reach %s from the Internet; write the address by which the bot is known outside", u.Hostname())
	}
}

// private reports a host that nobody outside reaches.
func private(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return strings.EqualFold(host, "localhost")
	}
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

func (r *configReader) listen(n *tree.Node) {
	if n.Kind == tree.Scalar && n.Tag == tree.TagInt {
		r.errorf(n.Pos, ruleConfigURL, "want host:port here, such as \":%s\" for all addresses, in quotes", clipText(n.Value))
		return
	}
	s, ok := n.Str(&r.list)
	if !ok {
		return
	}
	host, port, err := net.SplitHostPort(s)
	_, ip := netip.ParseAddr(host)
	switch {
	case err != nil:
		r.errorf(n.Pos, ruleConfigURL, `want host:port here, such as ":8443" for all addresses or "127.0.0.1:8443" for this machine, not %q`, clipText(s))
	case !validPort(port) && port != "0" || port == "":
		r.errorf(n.Pos, ruleConfigURL, "%q is not a port from 1 to 65535", clipText(port))
	case host != "" && ip != nil && !hostForm.MatchString(host):
		r.errorf(n.Pos, ruleConfigURL, "%q is neither a host nor an IP address", clipText(host))
	default:
		r.cfg.Addr = s
	}
}

// between reads a duration within bounds.
func (r *configReader) between(n *tree.Node, least, most time.Duration) time.Duration {
	d, ok := n.Duration(&r.list)
	if ok && (d < least || d > most) {
		r.errorf(n.Pos, ruleConfigRange, "%s is out of range; want %s to %s", n.Value, short(least), short(most))
		return 0
	}
	return d
}

// short is a duration as people write it: 5m and not 5m0s.
func short(d time.Duration) string {
	s := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(s, "h0m") {
		return strings.TrimSuffix(s, "0m")
	}
	if s == "" || s[len(s)-1] >= '0' && s[len(s)-1] <= '9' {
		return d.String()
	}
	return s
}

func (r *configReader) reload(n *tree.Node) {
	w, _ := n.Word(&r.list, "signal", "watch")
	r.cfg.Watch = w == "watch"
}

func (r *configReader) drain(n *tree.Node) {
	r.cfg.DrainFor = r.between(n, time.Second, 4*time.Hour)
}

func (r *configReader) logLevel(n *tree.Node) {
	w, ok := n.Word(&r.list, logLevelChoices[:]...)
	if ok && r.level.UnmarshalText([]byte(w)) != nil {
		r.level = slog.LevelInfo
	}
}

func (r *configReader) logFormat(n *tree.Node) {
	w, _ := n.Word(&r.list, "text", "json")
	r.json = w == "json"
}

func (r *configReader) phones(n *tree.Node) {
	for _, item := range r.texts(n) {
		switch {
		case !phonePrefix.MatchString(item.Value):
			r.errorf(item.Pos, ruleConfigPhone, `want the beginning of an international number here, such as "+4420", not %q`, clipText(item.Value))
		case premium(item.Value):
			r.errorf(item.Pos, ruleConfigPhone, "numbers that begin with %s are premium rate or satellite and always refused; take it out", item.Value)
		case slices.Contains(r.cfg.Phones, item.Value):
			r.list.Warnf(item.Pos, ruleConfigPhone, "%s stands in the list twice", item.Value)
		default:
			r.cfg.Phones = append(r.cfg.Phones, item.Value)
		}
	}
}

func (r *configReader) speechCommand(n *tree.Node) {
	args, ok := r.command(n, `["espeak-ng", "-v", "{locale}", "--stdin", "--stdout"]`, ruleConfigSpeech, "{locale}", "{voice}")
	if ok {
		r.speech().Args = args
	}
}

func (r *configReader) speechSSML(n *tree.Node) {
	args, ok := r.command(n, `["espeak-ng", "-m", "-v", "{locale}", "--stdin", "--stdout"]`, ruleConfigSpeech, "{locale}", "{voice}")
	if ok {
		r.speech().SSML = args
	}
}

// marks reports marks in an argument that nothing is put in for.
func (r *configReader) marks(n *tree.Node, rule string, known []string) {
	for _, mark := range commandMark.FindAllString(n.Value, -1) {
		if slices.Contains(known, mark) {
			continue
		}
		hint := cmp.Or(diag.DidYouMean(mark, known), "; what is replaced is "+strings.Join(known, " and "))
		r.errorf(n.Pos, rule, "nothing stands for %s%s", clipText(mark), hint)
	}
}

func (r *configReader) speechTimeout(n *tree.Node) {
	r.speech().Timeout = r.between(n, time.Second, 5*time.Minute)
}

// speech is the configured command.
func (r *configReader) speech() *CommandSpeech {
	if s, ok := r.cfg.Speech.(*CommandSpeech); ok {
		return s
	}
	s := &CommandSpeech{}
	r.cfg.Speech = s
	return s
}

func (r *configReader) recordings(n *tree.Node) {
	name, ok := n.Str(&r.list)
	if !ok {
		return
	}
	if info, err := os.Stat(r.path(name)); err == nil && !info.IsDir() {
		r.errorf(n.Pos, ruleConfigFile, "%q is a file; name a folder for recordings", clipText(name))
	}
}

func (r *configReader) recordingHosts(n *tree.Node) {
	r.cfg.RecordingHosts = []string{}
	for _, item := range r.texts(n) {
		if !hostForm.MatchString(item.Value) {
			r.errorf(item.Pos, ruleConfigURL, `want a host such as "*.microsoft.com" here, without https:// and without a path, not %q`, clipText(item.Value))
			continue
		}
		r.cfg.RecordingHosts = append(r.cfg.RecordingHosts, item.Value)
	}
}

// clipText shortens a text for a message.
func clipText(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return s
}
