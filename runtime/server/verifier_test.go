package server_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// reasonOf is the reason of a refusal, "" for none.
func reasonOf(tb testing.TB, err error) string {
	tb.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*server.AuthError](err)
	if !ok {
		tb.Fatalf("got %T (%v), want an *AuthError", err, err)
	}
	return e.Reason
}

func TestClaimsOfAGoodToken(t *testing.T) {
	b := newBot(t, nil)
	got, err := b.verifier.Verify(t.Context(), b.token(func(_, c object) {
		c["tid"], c["aud"], c["appid"] = "1FDD12D0-4620-44ED-BAEC-459B611F84B2", "0EFC74F7-41c3-47a4-8775-7259bfef4241", "x"
	}))
	want := server.Claims{
		Profile: "public", Tenant: tenant, Issuer: issuer, Audience: appID, AppID: "x", Kid: "a",
		Expires: b.clock.Now().Add(65 * time.Minute).Local(),
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestAcceptedVariants(t *testing.T) {
	b := newBot(t, nil)
	at := func(d time.Duration) int64 { return b.clock.Now().Add(d).Unix() }
	tests := map[string]func(h, c object){
		"as it comes":                 nil,
		"second issuer":               func(_, c object) { c["iss"] = "https://graph.microsoft.com" },
		"audience in an array":        func(_, c object) { c["aud"] = []string{appID} },
		"no begin":                    func(_, c object) { delete(c, "nbf") },
		"no typ, no cty":              func(h, _ object) { delete(h, "typ"); delete(h, "cty") },
		"300 s of life":               func(_, c object) { c["exp"] = at(300 * time.Second) },
		"24 h of life":                func(_, c object) { c["exp"] = at(24 * time.Hour) },
		"expired within the skew":     func(_, c object) { c["exp"] = at(-5*time.Minute + time.Second) },
		"begins within the skew":      func(_, c object) { c["nbf"] = at(5 * time.Minute) },
		"a fraction of a second":      func(_, c object) { c["exp"] = float64(at(time.Hour)) + 0.5 },
		"foreign key address":         func(h, _ object) { h["jku"] = "https://evil.example"; h["x5u"] = "https://evil.example" },
		"foreign key":                 func(h, _ object) { h["jwk"] = jwkOf("a", attacker()); h["x5c"] = []string{"MIIB"} },
		"claims that nobody reads":    func(_, c object) { c["serviceurl"] = "x"; c["EXP"] = 1; c["TID"] = "x" },
		"headers that nobody reads":   func(h, _ object) { h["ALG"] = "none"; h["x5t"] = "a"; h["zip"] = "DEF" },
		"some application":            func(_, c object) { c["appid"] = "whoever" },
		"audience in another case":    func(_, c object) { c["aud"] = "0EFC74F7-41C3-47A4-8775-7259BFEF4241" },
		"iat in the future is no nbf": func(_, c object) { c["iat"] = at(time.Hour) },
	}
	for name, edit := range tests {
		if _, err := b.verifier.Verify(t.Context(), b.token(edit)); err != nil {
			t.Errorf("%s: got %v, want no error", name, err)
		}
	}
	for _, e := range b.idp.requests {
		if e != "https://api.aps.skype.com/v1/.well-known/OpenIdConfiguration" && e != "https://api.aps.skype.com/v1/keys" {
			t.Errorf("request to %s, want none but metadata and keys", e)
		}
	}
}

func TestEntraProfile(t *testing.T) {
	c := newClock()
	p := &idp{}
	p.set(jwkOf("a", keyA()))
	v := newVerifier(t, p, c, server.Entra(appID, tenant))
	const service = "26a18ebc-cdf7-4a6a-91cb-beb352805e81"
	tests := []struct {
		name, iss, tid string
		appid          any
		want           string
	}{
		{"good", "https://sts.windows.net/" + tenant + "/", tenant, service, ""},
		{"another service", "https://sts.windows.net/" + tenant + "/", tenant, otherApp, server.ReasonApplication},
		{"no application", "https://sts.windows.net/" + tenant + "/", tenant, nil, server.ReasonApplication},
		{"issuer of another tenant", "https://sts.windows.net/" + otherApp + "/", tenant, service, server.ReasonIssuer},
		{"another tenant", "https://sts.windows.net/" + otherApp + "/", otherApp, service, server.ReasonTenant},
		{"the mark itself", "https://sts.windows.net/{tid}/", tenant, service, server.ReasonIssuer},
		{"today's issuer", issuer, tenant, service, server.ReasonIssuer},
	}
	for _, tt := range tests {
		token := tokenAt(c.Now(), func(_, claims object) {
			claims["iss"], claims["tid"] = tt.iss, tt.tid
			if tt.appid != nil {
				claims["appid"] = tt.appid
			}
		})
		_, err := v.Verify(t.Context(), token)
		if got := reasonOf(t, err); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestAnyTenant: all tenants may call, but nobody without one.
func TestAnyTenant(t *testing.T) {
	c, p := newClock(), &idp{}
	p.set(jwkOf("a", keyA()))
	v := newVerifier(t, p, c, server.PublicCloud(appID, server.AnyTenant))
	for tid, want := range map[any]string{tenant: "", otherApp: "", "": server.ReasonTenant, absent{}: server.ReasonTenant} {
		_, err := v.Verify(t.Context(), tokenAt(c.Now(), func(_, claims object) { set(claims, "tid", tid) }))
		if got := reasonOf(t, err); got != want {
			t.Errorf("tid %v: got %q, want %q", tid, got, want)
		}
	}
}

// TestProfilesDoNotMix: a key of one profile never vouches for the issuer, the
// audience or the tenant of another, although both use the same key ids.
func TestProfilesDoNotMix(t *testing.T) {
	c := newClock()
	p := &idp{}
	p.misbehave(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/v1/keys" {
			return nil, nil
		}
		key := keyA()
		if r.URL.Host == "apigcch.botframework.azure.us" {
			key = keyB()
		}
		return reply(r, 200, object{"keys": []object{jwkOf("a", key)}}), nil
	})
	government := server.Government(otherApp, otherApp)
	government.Issuers = []string{"https://api.botframework.us"}
	v := newVerifier(t, p, c, server.PublicCloud(appID, tenant), government)
	if err := v.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	type words struct{ iss, aud, tid string }
	ours := words{issuer, appID, tenant}
	theirs := words{"https://api.botframework.us", otherApp, otherApp}
	for _, w := range []words{
		ours, theirs, {ours.iss, ours.aud, theirs.tid}, {ours.iss, theirs.aud, ours.tid}, {ours.iss, theirs.aud, theirs.tid},
		{theirs.iss, ours.aud, ours.tid}, {theirs.iss, ours.aud, theirs.tid}, {theirs.iss, theirs.aud, ours.tid},
	} {
		claims := goodClaims(c.Now())
		claims["iss"], claims["aud"], claims["tid"] = w.iss, w.aud, w.tid
		_, errA := v.Verify(t.Context(), sign(keyA(), goodHeader(), claims))
		_, errB := v.Verify(t.Context(), sign(keyB(), goodHeader(), claims))
		if (errA == nil) != (w == ours) || (errB == nil) != (w == theirs) {
			t.Errorf("%v: public key %v, government key %v", w, errA, errB)
		}
	}
}

func TestClockSkew(t *testing.T) {
	for _, tt := range []struct {
		ours time.Duration // our clock less the issuer's
		life time.Duration
		want string
	}{
		{-6 * time.Minute, time.Hour, server.ReasonNotYetValid},
		{-4 * time.Minute, time.Hour, ""},
		{0, 5 * time.Minute, ""},
		{9 * time.Minute, 5 * time.Minute, ""},
		{11 * time.Minute, 5 * time.Minute, server.ReasonExpired},
	} {
		b := newBot(t, nil)
		token := tokenAt(b.clock.Now(), func(_, c object) { c["exp"] = b.clock.Now().Add(tt.life).Unix() })
		b.clock.Advance(tt.ours)
		_, err := b.verifier.Verify(t.Context(), token)
		if got := reasonOf(t, err); got != tt.want {
			t.Errorf("clock off by %s, life %s: got %q, want %q", tt.ours, tt.life, got, tt.want)
		}
	}
}

// TestCacheForgets: a token that was found good is checked again after five
// minutes, and never believed after its end or before its begin.
func TestCacheForgets(t *testing.T) {
	b := newBot(t, nil)
	short := b.token(func(_, c object) { c["exp"] = b.clock.Now().Add(2 * time.Minute).Unix() })
	long := b.good()
	verify := func(token, want string) {
		t.Helper()
		_, err := b.verifier.Verify(t.Context(), token)
		if got := reasonOf(t, err); got != want {
			t.Errorf("at %s: got %q, want %q", b.clock.Now().Format(time.TimeOnly), got, want)
		}
	}
	verify(short, "")
	verify(long, "")
	b.clock.Advance(7 * time.Minute) // two and five of skew
	verify(short, server.ReasonExpired)
	verify(long, "")
	b.clock.Advance(-13 * time.Minute) // the clock was set back
	verify(long, server.ReasonNotYetValid)
}

func TestAuthErrorTellsNoToken(t *testing.T) {
	b := newBot(t, nil)
	token := b.token(func(_, c object) { c["tid"] = "hostile" })
	_, err := b.verifier.Verify(context.Background(), token)
	e, ok := errors.AsType[*server.AuthError](err)
	if !ok || e.Kid != "a" || e.Issuer != issuer || e.Tenant != "hostile" {
		t.Fatalf("got %+v, want what the token claims", err)
	}
	if got, want := e.Error(), "checking callback token: tenant"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
