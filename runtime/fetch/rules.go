package fetch

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// rules is a configuration that was checked.
type rules struct {
	targets map[string]*target // by origin.key
	guards  map[string]*guard  // by origin.address: what may be dialled
	secrets map[string]BoundSecret
	bound   map[string]map[string]bool // which origins (keys) see a secret
	proxy   *url.URL
}

// target is an origin that flows may call.
type target struct {
	origin origin
	flows  map[string]bool
	host   *host
}

// check makes rules of a configuration. The error joins all faults.
func (c Config) check() (*rules, error) {
	r := &rules{
		targets: map[string]*target{},
		guards:  map[string]*guard{},
		secrets: maps.Clone(c.Secrets),
		bound:   map[string]map[string]bool{},
	}
	var faults []error
	if c.Timeout < 0 || c.Timeout > MaxTimeout {
		faults = append(faults, fmt.Errorf("the time-out %s is not between 0 and %s", c.Timeout, MaxTimeout))
	}
	if c.Connect < 0 || c.Connect > c.Timeout {
		faults = append(faults, fmt.Errorf("the time to connect, %s, is not between 0 and the time-out", c.Connect))
	}
	hosts := map[string]*host{}
	for _, h := range c.Hosts {
		faults = append(faults, r.addHost(c, h, hosts))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Secrets)) {
		faults = append(faults, r.addSecret(name, c.Secrets[name]))
	}
	faults = append(faults, r.addProxy(c))
	return r, errors.Join(faults...)
}

func (r *rules) addHost(c Config, h Host, hosts map[string]*host) error {
	o, g, err := r.checkHost(c, h)
	if err != nil {
		return fmt.Errorf("host %q: %w", shown(h.Origin), err)
	}
	if hosts[o.host] == nil {
		hosts[o.host] = newHost(o.host, c.Log)
	}
	t := &target{origin: o, flows: map[string]bool{}, host: hosts[o.host]}
	for _, f := range h.Flows {
		t.flows[f] = true
	}
	r.targets[o.key()], r.guards[o.address()] = t, g
	return nil
}

func (r *rules) checkHost(c Config, h Host) (origin, *guard, error) {
	o, rest, err := parseOrigin(h.Origin)
	switch {
	case err != nil:
		return o, nil, err
	case strings.Trim(rest, "/") != "":
		return o, nil, fmt.Errorf("write scheme, host and port only, such as %s", o)
	case o.scheme == "http" && !c.AllowHTTP:
		return o, nil, errors.New("requests without TLS are not allowed, for they show all that is sent; write https")
	case r.guards[o.address()] != nil:
		return o, nil, errors.New("it stands there twice; write its flows into one")
	case len(h.Flows) == 0 || slices.Contains(h.Flows, ""):
		return o, nil, errors.New("name the flows that may call it")
	}
	g, err := newGuard(o.port, h.Networks)
	if err != nil {
		return o, nil, err
	}
	if addr, err := netip.ParseAddr(o.host); err == nil {
		return o, g, g.allows(netip.AddrPortFrom(addr, o.port))
	}
	return o, g, nil
}

// addSecret checks a secret. No message holds it.
func (r *rules) addSecret(name string, s BoundSecret) error {
	text := s.Value.Reveal()
	switch {
	case text == "":
		return fmt.Errorf("secret %q is empty", name)
	case len(text) > maxHeader || !fieldText(text) || strings.TrimSpace(text) != text:
		return fmt.Errorf("secret %q cannot stand in a header: it has line breaks, blanks around it, characters outside ASCII, or more than %d bytes", name, maxHeader)
	case len(s.Hosts) == 0:
		return fmt.Errorf("secret %q is bound to no host; name those that may see it", name)
	}
	r.bound[name] = map[string]bool{}
	var faults []error
	for _, text := range s.Hosts {
		o, rest, err := parseOrigin(text)
		switch {
		case err != nil || strings.Trim(rest, "/") != "":
			faults = append(faults, fmt.Errorf("secret %q: %q is not a host such as https://api.example.com", name, shown(text)))
		case r.targets[o.key()] == nil:
			faults = append(faults, fmt.Errorf("secret %q is bound to %s, which is not among the hosts", name, o))
		default:
			r.bound[name][o.key()] = true
		}
	}
	return errors.Join(faults...)
}

func (r *rules) addProxy(c Config) error {
	switch {
	case c.Proxy.URL == "" && (c.Proxy.Auth.Reveal() != "" || len(c.Proxy.Networks) > 0):
		return errors.New("the proxy has no URL")
	case c.Proxy.URL == "":
		return nil
	}
	o, rest, err := parseOrigin(c.Proxy.URL)
	if err != nil || strings.Trim(rest, "/") != "" {
		return errors.New("the proxy's URL is not of the form http://proxy.example.com:3128; its user and password belong into Auth")
	}
	g, err := newGuard(o.port, c.Proxy.Networks)
	if err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	// Behind a proxy nothing but the proxy is dialled.
	r.proxy, r.guards = &url.URL{Scheme: o.scheme, Host: o.authority()}, map[string]*guard{o.address(): g}
	if auth := c.Proxy.Auth.Reveal(); auth != "" {
		user, password, ok := strings.Cut(auth, ":")
		if !ok {
			return errors.New("the proxy's Auth is not of the form user:password")
		}
		r.proxy.User = url.UserPassword(user, password)
	}
	return nil
}

// shown is an origin for a message, without the password that should not be
// in it.
func shown(s string) string {
	if i := strings.LastIndex(s, "@"); i >= 0 {
		s = "…" + s[i:]
	}
	return clip(s)
}

// clip shortens what a message quotes.
func clip(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
