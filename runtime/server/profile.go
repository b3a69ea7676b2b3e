package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var thumbprintForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// AnyTenant in a profile's Tenants accepts calls from every tenant. A bot that
// serves one organisation names its tenant instead.
const AnyTenant = "*"

// tenantMark stands, in an issuer, for the token's own tenant.
const tenantMark = "{tid}"

// Profile describes one kind of callback token: who issues it, whose keys sign
// it, and for whom it is meant. It is data; a verifier holds several.
type Profile struct {
	// Name appears in logs and errors, such as "public".
	Name string
	// MetadataURL is the OpenID configuration that names the key set.
	MetadataURL string
	// Issuers are the exact values of iss. In them "{tid}" stands for the
	// token's own tenant.
	Issuers []string
	// Audiences are the values of aud: the bot's application id.
	Audiences []string
	// Tenants are the values of tid that are let in. It must not be empty;
	// AnyTenant lets all in.
	Tenants []string
	// AppIDs are the values of appid that are let in, if the token has one.
	// Empty means any.
	AppIDs []string
	// Algs are the signature algorithms. Empty means RS256, which is also the
	// only one that is known.
	Algs []string
	// RequireAppID refuses a token without appid. It needs AppIDs.
	RequireAppID bool
	// JWKSHosts are the hosts at which the key set may be, each "host" or
	// "host:port". Empty means the host of MetadataURL.
	JWKSHosts []string
	// Loopback marks a simulator on this machine: MetadataURL must be a
	// loopback address and may be plain http. See CheckListen.
	Loopback bool
	// Thumbprints name the only keys of the set that are believed, each by the
	// SHA-256 of its JSON Web Key (RFC 7638) in base64url without padding. Empty
	// means all keys of the set. It is how a simulator on another machine is
	// believed, and no one else there.
	Thumbprints []string
}

// PublicCloud is the profile of Microsoft's public cloud for the bot with this
// application id. Without tenants the profile is incomplete, and NewVerifier
// says so.
func PublicCloud(appID string, tenants ...string) Profile {
	return Profile{
		Name:        "public",
		MetadataURL: "https://api.aps.skype.com/v1/.well-known/OpenIdConfiguration",
		Issuers:     []string{"https://api.botframework.com", "https://graph.microsoft.com"},
		Audiences:   []string{appID},
		Tenants:     tenants,
		JWKSHosts:   []string{"api.aps.skype.com"},
	}
}

// Government is the profile of the US government cloud (GCC High).
//
// It is uncertain: Microsoft documents the metadata address, but an open
// report of 2026 shows callbacks whose key is not in it and whose issuer is
// the public cloud's with a slash at the end. Both spellings of the issuer are
// accepted; the key must be published, so that such callbacks are refused
// until Microsoft publishes it or the author names other metadata.
func Government(appID string, tenants ...string) Profile {
	return Profile{
		Name:        "government",
		MetadataURL: "https://apigcch.botframework.azure.us/v1/.well-known/OpenIdConfiguration",
		Issuers: []string{
			"https://api.botframework.us", "https://api.botframework.us/",
			"https://api.botframework.com", "https://api.botframework.com/",
			"https://graph.microsoft.us",
		},
		Audiences: []string{appID},
		Tenants:   tenants,
		JWKSHosts: []string{"apigcch.botframework.azure.us"},
	}
}

// Entra is the form of callback token that Microsoft has announced and not
// yet introduced: issued by Entra ID to the calling service. It is off unless
// an author adds it to the verifier's profiles.
func Entra(appID string, tenants ...string) Profile {
	return Profile{
		Name:         "entra",
		MetadataURL:  "https://login.microsoftonline.com/common/.well-known/openid-configuration",
		Issuers:      []string{"https://sts.windows.net/" + tenantMark + "/"},
		Audiences:    []string{appID},
		Tenants:      tenants,
		AppIDs:       []string{"26a18ebc-cdf7-4a6a-91cb-beb352805e81"}, // Skype Teams Calling API Service
		RequireAppID: true,
		JWKSHosts:    []string{"login.microsoftonline.com"},
	}
}

// CheckListen refuses to serve a loopback profile on an address that other
// machines reach: whoever holds the simulator's keys may then ring the bot.
// addr is as in net.Listen, "host:port".
func CheckListen(profiles []Profile, addr string) error {
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Loopback })
	if i < 0 {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", addr, err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("listen address %q is reachable from other machines, but profile %q accepts the keys of a simulator: listen on 127.0.0.1, or leave the profile out",
			addr, profiles[i].Name)
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// validate reports all faults of a profile at once.
func (p Profile) validate() error {
	errs := []error{p.validateURL()}
	complain := func(bad bool, text string) {
		if bad {
			errs = append(errs, fmt.Errorf("profile %q: %s", p.Name, text))
		}
	}
	complain(len(p.Issuers) == 0 || slices.Contains(p.Issuers, ""), "Issuers must name who issues the tokens")
	complain(len(p.Audiences) == 0 || slices.Contains(p.Audiences, ""), "Audiences must name the bot's application id")
	complain(len(p.Tenants) == 0 || slices.Contains(p.Tenants, ""),
		`Tenants must name the tenants that may call, or be "*" for all`)
	complain(p.RequireAppID && len(p.AppIDs) == 0, "RequireAppID needs AppIDs")
	for _, t := range p.Thumbprints {
		complain(!thumbprintForm.MatchString(t), fmt.Sprintf("%q is no thumbprint: it has 43 characters of base64url", t))
	}
	for _, alg := range p.Algs {
		complain(alg != rs256, fmt.Sprintf("unknown algorithm %q, only %s is known", alg, rs256))
	}
	return errors.Join(errs...)
}

func (p Profile) validateURL() error {
	u, err := url.Parse(p.MetadataURL)
	if err != nil {
		return fmt.Errorf("profile %q: MetadataURL: %w", p.Name, err)
	}
	return p.checkURL(u, nil)
}

// checkURL says whether keys or metadata may come from u. hosts nil means any
// host.
func (p Profile) checkURL(u *url.URL, hosts []string) error {
	switch {
	case u.Host == "":
		return fmt.Errorf("profile %q: %q is not an absolute address", p.Name, u.Redacted())
	case u.User != nil:
		return fmt.Errorf("profile %q: %q holds a user name", p.Name, u.Redacted())
	case p.Loopback && !isLoopback(u.Hostname()):
		return fmt.Errorf("profile %q: %q is not on a loopback address, which a loopback profile needs", p.Name, u.Redacted())
	case u.Scheme == "https", u.Scheme == "http" && p.Loopback, u.Scheme == "http" && len(p.Thumbprints) > 0 && isLoopback(u.Hostname()):
	default:
		return fmt.Errorf("profile %q: %q must be https", p.Name, u.Redacted())
	}
	if hosts != nil && !slices.Contains(hosts, canonicalHost(u.Scheme, u.Host)) {
		return fmt.Errorf("profile %q: host %q is not in JWKSHosts %q", p.Name, u.Host, hosts)
	}
	return nil
}

// keyHosts is where keys may come from, in the form of canonicalHost.
func (p Profile) keyHosts() []string {
	u, err := url.Parse(p.MetadataURL)
	if err != nil {
		return []string{}
	}
	if len(p.JWKSHosts) == 0 {
		return []string{canonicalHost(u.Scheme, u.Host)}
	}
	hosts := make([]string, len(p.JWKSHosts))
	for i, h := range p.JWKSHosts {
		hosts[i] = canonicalHost(u.Scheme, h)
	}
	return hosts
}

// canonicalHost is a host in lower case without the port that its scheme
// implies.
func canonicalHost(scheme, host string) string {
	port := ":443"
	if scheme == "http" {
		port = ":80"
	}
	return strings.TrimSuffix(strings.ToLower(host), port)
}

// issuedBy reports whether iss is an issuer of this profile for the tenant.
func (p Profile) issuedBy(iss, tenant string) bool {
	return slices.ContainsFunc(p.Issuers, func(want string) bool {
		return iss == strings.ReplaceAll(want, tenantMark, tenant)
	})
}

// meantFor reports whether aud is an audience of this profile. Application
// ids are GUIDs, whose case says nothing.
func (p Profile) meantFor(aud string) bool { return containsFold(p.Audiences, aud) }

func (p Profile) admitsTenant(tid string) bool {
	return slices.Contains(p.Tenants, AnyTenant) || containsFold(p.Tenants, tid)
}

func (p Profile) admitsApp(appID string) bool {
	if appID == "" {
		return !p.RequireAppID
	}
	return len(p.AppIDs) == 0 || containsFold(p.AppIDs, appID)
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, s) })
}
