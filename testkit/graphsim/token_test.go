package graphsim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

func TestTokenEndpoint(t *testing.T) {
	w := newWorld(t, nil)
	set := func(name, value string) func(url.Values) {
		return func(f url.Values) { f.Set(name, value) }
	}
	drop := func(name string) func(url.Values) { return func(f url.Values) { f.Del(name) } }
	tests := []struct {
		name   string
		change func(url.Values)
		status int
		want   string
	}{
		{"good", func(url.Values) {}, 200, ""},
		{"secret", set("client_secret", "x"), 401, "invalid_client AADSTS7000215"},
		{"no secret", drop("client_secret"), 401, "invalid_client AADSTS7000216"},
		{"client", set("client_id", "x"), 400, "unauthorized_client AADSTS700016"},
		{"no client", drop("client_id"), 400, "invalid_request AADSTS900144"},
		{"grant", set("grant_type", "password"), 400, "unsupported_grant_type AADSTS70003"},
		{"scope", set("scope", "https://graph.microsoft.com/Calls.Initiate.All"), 400, "invalid_scope AADSTS1002012"},
		{"scopes of MSAL", set("scope", "https://graph.microsoft.com/.default openid offline_access profile"), 200, ""},
		{"scopes of OpenID only", set("scope", "openid offline_access profile"), 400, "invalid_scope AADSTS1002012"},
		{"two scopes", set("scope", "https://graph.microsoft.com/.default https://vault.azure.net/.default"), 400, "invalid_scope AADSTS1002012"},
		{"no scope", drop("scope"), 400, "invalid_request AADSTS900144"},
		{"twice", func(f url.Values) { f.Add("client_id", "y") }, 400, "invalid_request AADSTS9000411"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			form := tokenForm()
			tt.change(form)
			a := w.postToken(w.sim.Tenant(), form)
			text, _, _ := strings.Cut(fmt.Sprint(a.body["error_description"]), ":")
			if got := fmt.Sprint(a.body["error"], " ", text); a.status != tt.status || tt.want != "" && got != tt.want {
				t.Errorf("%d %s, want %d %s", a.status, got, tt.status, tt.want)
			}
			if tt.status == 200 && (a.body["expires_in"] != 3599.0 || a.body["token_type"] != "Bearer") {
				t.Errorf("good token answer is %s", a.raw)
			}
		})
	}
	if a := w.postToken("11111111-1111-4111-8111-111111111111", tokenForm()); a.status != 400 {
		t.Errorf("unknown tenant: %d, want 400", a.status)
	}
	r := w.request(http.MethodPost, "/"+w.sim.Tenant()+"/oauth2/v2.0/token", `{"client_id":"x"}`)
	if a := w.send(r); a.status != 400 {
		t.Errorf("JSON instead of a form: %d, want 400", a.status)
	}
	if a := w.send(w.request(http.MethodGet, "/"+w.sim.Tenant()+"/oauth2/v2.0/token", "")); a.status != 405 {
		t.Errorf("GET: %d, want 405", a.status)
	}
}

func TestAccess(t *testing.T) {
	const other = "22222222-2222-4222-8222-222222222222"
	w := newWorld(t, func(c *graphsim.Config) {
		c.Permissions = []string{"Calls.JoinGroupCall.All"}
	})
	c := w.connected()
	path := "/beta/communications/calls/" + string(c.ID())
	with := func(authorization ...string) answer {
		r := w.request(http.MethodGet, path, "")
		r.Header["Authorization"] = authorization
		return w.send(r)
	}
	w.ring(graphsim.Caller{Tenant: other}) // makes that tenant known
	tokenOf := func(tenant string) string {
		return "Bearer " + w.postToken(tenant, tokenForm()).body["access_token"].(string)
	}
	good := "Bearer " + w.token
	for _, tt := range []struct {
		name   string
		got    answer
		status int
		code   string
	}{
		{"good", with(good), 200, ""},
		{"none", with(), 401, "InvalidAuthenticationToken"},
		{"two", with(good, good), 401, "InvalidAuthenticationToken"},
		{"basic", with("Basic abc"), 401, "InvalidAuthenticationToken"},
		{"rubbish", with("Bearer abc.def.ghi"), 401, "InvalidAuthenticationToken"},
		{"other tenant", with(tokenOf(other)), 403, "7505"},
		{"common", with(tokenOf("common")), 403, "7505"},
		{"no Calls.Initiate.All", w.act(c, "transfer", `{"transferTarget":{"identity":{"user":{"id":"x"}}}}`), 403, "7504"},
		{"no Calls.AccessMedia.All", w.act(c, "subscribeToTone", `{}`), 403, "7504"},
		{"no Calls.AccessMedia.All for record", w.act(c, "recordResponse", `{}`), 403, "7504"},
		{"playPrompt needs none", w.act(c, "playPrompt", play("1", w.file("a.wav", time.Second))), 200, ""},
	} {
		if tt.got.status != tt.status || tt.got.code() != tt.code {
			t.Errorf("%s: %d %q, want %d %q (%s)", tt.name, tt.got.status, tt.got.code(), tt.status, tt.code, tt.got.raw)
		}
	}
	w.clock.forward(44 * time.Minute)
	w.must(c, "keepAlive", "")
	w.clock.forward(17 * time.Minute)
	if a := with(good); a.status != 401 {
		t.Errorf("after 61 minutes: %d, want 401", a.status)
	}
}

// Without any calling permission the bot does not see who calls.
func TestHiddenCaller(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Permissions = []string{"User.Read.All"} })
	w.ring(graphsim.Caller{})
	source := fmt.Sprint(w.heard[0].data["source"])
	if !strings.Contains(source, "encrypted") || strings.Contains(source, "displayName") {
		t.Errorf("source is %s, want an encrypted identity only", source)
	}
}

// Libraries find the token endpoint where the directory tells of it.
func TestTenant(t *testing.T) {
	w := newWorld(t, nil)
	path := "/" + w.sim.Tenant() + "/v2.0/.well-known/openid-configuration"
	if a := w.send(w.request(http.MethodGet, path, "")); a.status != 200 || a.body["token_endpoint"] != w.sim.TokenURL() {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.send(w.request(http.MethodPost, path, "")); a.status != 405 {
		t.Errorf("POST: %d", a.status)
	}
	other := "/11111111-1111-4111-8111-111111111111/v2.0/.well-known/openid-configuration"
	if a := w.send(w.request(http.MethodGet, other, "")); a.status != 400 || a.body["error"] != "invalid_tenant" {
		t.Errorf("unknown tenant: %d %s", a.status, a.raw)
	}
}
