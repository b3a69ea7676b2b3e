package fetch

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"code.dny.dev/ssrf"
)

// errGuard marks what a guard refused.
var errGuard = errors.New("refused")

// guard decides which addresses may be dialled for one origin. It sits in
// net.Dialer's Control, where names are resolved and nothing is sent yet, so
// it sees each address of each dial: a name that leads to a public address now
// and to a private one later (DNS rebinding) gains nothing.
//
// The tables of package ssrf are made from IANA's registries of special-purpose
// addresses (iana-ipv4-special-registry, iana-ipv6-special-registry). Of IPv6
// it takes global unicast only, less 6to4, Teredo, and the like; that refuses
// mapped IPv4 addresses and NAT64 too.
type guard struct {
	tables *ssrf.Guardian
	passed func(netip.AddrPort) error // for tests: sees what may be dialled, before it is
}

// newGuard makes a guard that takes one port, public addresses, and those of
// the networks. The error joins all faults.
func newGuard(port uint16, networks []string) (*guard, error) {
	var v4, v6 []netip.Prefix
	var faults []error
	for _, text := range networks {
		p, err := parseNetwork(text)
		switch {
		case err != nil:
			faults = append(faults, err)
		case p.Addr().Is4():
			v4 = append(v4, p)
		default:
			v6 = append(v6, p)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	tables := ssrf.New(ssrf.WithPorts(port), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	return &guard{tables: tables}, nil
}

// parseNetwork reads a network that a host may be in. A prefix wider than the
// widest private networks (10.0.0.0/8, fc00::/7) would turn the guard off.
func parseNetwork(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return p, fmt.Errorf("%q is not a network such as 10.20.0.0/16", clip(text))
	case p != p.Masked():
		return p, fmt.Errorf("network %q has bits behind its prefix; write %s", clip(text), p.Masked())
	case p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 7:
		return p, fmt.Errorf("network %q is too wide; name the hosts' own networks", clip(text))
	case p.Addr().Is4In6():
		return p, fmt.Errorf("network %q: write IPv4 networks as such", clip(text))
	case p.Addr().IsMulticast() || p.Contains(netip.IPv4Unspecified()) || p.Contains(netip.IPv6Unspecified()):
		return p, fmt.Errorf("network %q holds addresses that are nobody's", clip(text))
	}
	return p, nil
}

// control is for net.Dialer.
func (g *guard) control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: no TCP", errGuard)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: no address", errGuard)
	}
	if err := g.allows(to); err != nil || g.passed == nil {
		return err
	}
	return g.passed(to)
}

// allows says why an address may not be dialled.
func (g *guard) allows(to netip.AddrPort) error {
	if isMetadata(to.Addr().Unmap().WithZone("")) {
		return fmt.Errorf("%w: %s belongs to the cloud's own services", errGuard, to.Addr())
	}
	switch err := g.tables.SafeAddrPort(to); {
	case errors.Is(err, ssrf.ErrProhibitedPort):
		return fmt.Errorf("%w: port %d is another than the host's", errGuard, to.Port())
	case err != nil:
		return fmt.Errorf("%w: %s is not public; if the host is meant to be there, name its network", errGuard, to.Addr())
	}
	return nil
}

// isMetadata names the addresses at which clouds give machines their
// credentials. No setting allows them.
func isMetadata(a netip.Addr) bool {
	switch a.String() {
	case "169.254.169.254", // AWS, Azure, Google and others: instance metadata
		"169.254.170.2",   // AWS: credentials of containers
		"fd00:ec2::254",   // AWS: instance metadata
		"100.100.100.200", // Alibaba Cloud: instance metadata
		"168.63.129.16":   // Azure: the platform's virtual address, public by its number
		return true
	}
	return false
}
