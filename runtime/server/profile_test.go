package server_test

import (
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/server"
)

func TestReadyMadeProfilesAreComplete(t *testing.T) {
	for _, p := range []server.Profile{
		server.PublicCloud(appID, tenant), server.Government(appID, tenant), server.Entra(appID, tenant),
		server.PublicCloud(appID, server.AnyTenant),
	} {
		if _, err := server.NewVerifier(server.VerifierConfig{Profiles: []server.Profile{p}}); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

func TestBadProfiles(t *testing.T) {
	loopback := func(p *server.Profile) { p.Loopback = true }
	tests := []struct {
		name string
		edit func(*server.Profile)
		want string
	}{
		{"no issuer", func(p *server.Profile) { p.Issuers = nil }, "Issuers must name"},
		{"empty issuer", func(p *server.Profile) { p.Issuers = []string{""} }, "Issuers must name"},
		{"no audience", func(p *server.Profile) { p.Audiences = nil }, "Audiences must name"},
		{"empty audience", func(p *server.Profile) { p.Audiences = []string{""} }, "Audiences must name"},
		{"no tenant", func(p *server.Profile) { p.Tenants = nil }, "Tenants must name"},
		{"unknown algorithm", func(p *server.Profile) { p.Algs = []string{"RS256", "none"} }, `unknown algorithm "none"`},
		{"HMAC", func(p *server.Profile) { p.Algs = []string{"HS256"} }, `unknown algorithm "HS256"`},
		{"appid required but none named", func(p *server.Profile) { p.RequireAppID = true }, "RequireAppID needs AppIDs"},
		{"no address", func(p *server.Profile) { p.MetadataURL = "" }, "not an absolute address"},
		{"plain http", func(p *server.Profile) { p.MetadataURL = "http://api.aps.skype.com/x" }, "must be https"},
		{"plain http on loopback", func(p *server.Profile) { p.MetadataURL = "http://127.0.0.1/x" }, "must be https"},
		{"file", func(p *server.Profile) { p.MetadataURL = "file://localhost/etc/keys" }, "must be https"},
		{"file on loopback", func(p *server.Profile) { p.MetadataURL = "file://localhost/etc/keys"; loopback(p) }, "must be https"},
		{"user name", func(p *server.Profile) { p.MetadataURL = "https://a:b@api.aps.skype.com/x" }, "holds a user name"},
		{"loopback profile elsewhere", loopback, "not on a loopback address"},
		{"loopback profile by a look-alike", func(p *server.Profile) { p.MetadataURL = "http://127.0.0.1.evil.example/x"; loopback(p) }, "not on a loopback address"},
		{"no thumbprint", func(p *server.Profile) { p.Thumbprints = []string{"abc"} }, "no thumbprint"},
		{"plain http elsewhere with a thumbprint", func(p *server.Profile) {
			p.MetadataURL, p.Thumbprints = "http://sim.example.com/x", []string{strings.Repeat("a", 43)}
		}, "must be https"},
		{"unreadable address", func(p *server.Profile) { p.MetadataURL = "https://[::1/x" }, "MetadataURL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := server.PublicCloud(appID, tenant)
			tt.edit(&p)
			_, err := server.NewVerifier(server.VerifierConfig{Profiles: []server.Profile{p}})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), ":b@") {
				t.Errorf("got %v, want an error with %q and without a password", err, tt.want)
			}
		})
	}
}

func TestVerifierNeedsAProfile(t *testing.T) {
	if _, err := server.NewVerifier(server.VerifierConfig{}); err == nil {
		t.Error("got a verifier without profiles, want an error")
	}
}

func TestCheckListen(t *testing.T) {
	public := server.PublicCloud(appID, tenant)
	simulator := server.Profile{Name: "simulator", Loopback: true}
	tests := []struct {
		addr string
		ok   bool
	}{
		{"127.0.0.1:8080", true}, {"127.8.9.10:0", true}, {"[::1]:8080", true}, {"localhost:80", true}, {"[::ffff:127.0.0.1]:80", true},
		{":8080", false}, {"0.0.0.0:8080", false}, {"[::]:8080", false}, {"10.0.0.1:80", false}, {"bot.example.com:443", false},
		{"127.0.0.1.evil.example:80", false}, {"127.0.0.1", false}, {"", false},
	}
	for _, tt := range tests {
		if err := server.CheckListen([]server.Profile{public, simulator}, tt.addr); (err == nil) != tt.ok {
			t.Errorf("simulator's profile on %q: got %v, want ok %t", tt.addr, err, tt.ok)
		}
		if err := server.CheckListen([]server.Profile{public}, tt.addr); err != nil {
			t.Errorf("public profile on %q: got %v, want no error", tt.addr, err)
		}
	}
}
