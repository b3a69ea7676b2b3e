package graphsim

import (
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const graphAudience = "https://graph.microsoft.com"

// tokenFault is an error of the token endpoint, in the words of the directory.
type tokenFault struct {
	status      int
	name        string // OAuth 2.0 error
	number      int    // the directory's own number
	description string
}

// serveToken answers a client-credentials token request.
func (s *Sim) serveToken(w http.ResponseWriter, r *http.Request, tenant string) {
	form, fault := tokenForm(r)
	if fault == nil {
		fault = s.checkTokenRequest(tenant, form)
	}
	if fault != nil {
		s.writeTokenFault(w, *fault)
		return
	}
	s.mu.Lock()
	text, err := s.accessToken(s.app(form.Get("client_id")), tenant)
	s.mu.Unlock()
	if err != nil {
		s.log.Error("access token could not be made", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store, no-cache")
	writeJSON(w, http.StatusOK, object{
		"token_type": "Bearer", "access_token": text,
		"expires_in": int(s.set.AccessTokenLife / time.Second), "ext_expires_in": int(s.set.AccessTokenLife / time.Second),
	})
}

// serveTenant answers a tenant's OpenID configuration, in which libraries such as
// MSAL look for the token endpoint:
// https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
func (s *Sim) serveTenant(w http.ResponseWriter, r *http.Request, tenant string) {
	switch {
	case r.Method != http.MethodGet:
		s.writeFailure(w, r, "", wrongVerb(r.Method).fail)
		return
	case !s.knowsTenant(tenant):
		s.writeTokenFault(w, tokenFault{400, "invalid_tenant", 90002, "Tenant '" + tenant + "' not found."})
		return
	}
	root := s.cfg.BaseURL + "/" + tenant
	s.report(r, "", http.StatusOK, "", "")
	writeJSON(w, http.StatusOK, object{
		"issuer": root + "/v2.0", "token_endpoint": root + "/oauth2/v2.0/token", "authorization_endpoint": root + "/oauth2/v2.0/authorize",
		"jwks_uri": root + "/discovery/v2.0/keys", "token_endpoint_auth_methods_supported": []string{"client_secret_post"},
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func tokenForm(r *http.Request) (url.Values, *tokenFault) {
	if r.Method != http.MethodPost {
		return nil, &tokenFault{405, "invalid_request", 900561, "The endpoint only accepts POST requests. Received a " + r.Method + " request."}
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" {
		return nil, &tokenFault{400, "invalid_request", 900144, "The request body must be form encoded (application/x-www-form-urlencoded)."}
	}
	r.Body = http.MaxBytesReader(nil, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		return nil, &tokenFault{400, "invalid_request", 9000411, "The request is not properly formatted: " + err.Error()}
	}
	return r.PostForm, nil
}

func (s *Sim) checkTokenRequest(tenant string, form url.Values) *tokenFault {
	for _, name := range [...]string{"grant_type", "client_id"} {
		switch v := form[name]; {
		case len(v) == 0 || v[0] == "":
			return &tokenFault{400, "invalid_request", 900144, "The request body must contain the following parameter: '" + name + "'."}
		case len(v) > 1:
			return &tokenFault{400, "invalid_request", 9000411, "The parameter '" + name + "' is duplicated."}
		}
	}
	switch {
	case form.Get("grant_type") != "client_credentials":
		return &tokenFault{400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '" + form.Get("grant_type") + "'; the simulator knows client_credentials."}
	case !s.knowsTenant(tenant):
		return &tokenFault{400, "invalid_request", 90002, "Tenant '" + tenant + "' not found."}
	case s.app(form.Get("client_id")) == nil:
		return &tokenFault{400, "unauthorized_client", 700016, "Application with identifier '" + form.Get("client_id") + "' was not found in the directory."}
	}
	if fault := s.checkCredential(s.app(form.Get("client_id")), tenant, form); fault != nil {
		return fault
	}
	switch {
	case form.Get("scope") == "":
		return &tokenFault{400, "invalid_request", 900144, "The request body must contain the following parameter: 'scope'."}
	case !isDefaultScope(form.Get("scope")):
		return &tokenFault{400, "invalid_scope", 1002012, "The provided value for scope " + form.Get("scope") + " is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (https://graph.microsoft.com/.default)."}
	}
	return nil
}

// isDefaultScope says that a scope asks for what the app is allowed. Of OpenID's
// scopes, which MSAL adds for everybody, an app gets nothing.
func isDefaultScope(scope string) bool {
	rest := slices.DeleteFunc(strings.Fields(scope), func(s string) bool { return slices.Contains([]string{"openid", "offline_access", "profile"}, s) })
	return slices.Equal(rest, []string{graphAudience + "/.default"})
}

// knowsTenant accepts the bot's tenant, the tenants that called it, and the
// endpoint "common", whose tokens no call accepts.
func (s *Sim) knowsTenant(tenant string) bool {
	if strings.EqualFold(tenant, s.cfg.Tenant) || tenant == "common" {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tenants[strings.ToLower(tenant)]
}

func (s *Sim) writeTokenFault(w http.ResponseWriter, f tokenFault) {
	s.mu.Lock()
	trace, correlation := s.chance.guid(), s.chance.guid()
	s.mu.Unlock()
	writeJSON(w, f.status, object{
		"error":             f.name,
		"error_description": fmt.Sprintf("AADSTS%d: %s", f.number, f.description),
		"error_codes":       []int{f.number},
		"timestamp":         s.clock.Now().UTC().Format("2006-01-02 15:04:05Z"),
		"trace_id":          trace, "correlation_id": correlation,
	})
}

// access is what an access token grants. To the bot the token is opaque.
type access struct {
	app    *registered
	tenant string
	roles  []string
	expiry time.Time
}

// accessToken makes an access token and remembers it. It looks like the
// service's, a JWT; the client secret as its key is quick, and good enough for
// a token that only its maker reads. The lock is held.
func (s *Sim) accessToken(app *registered, tenant string) (string, error) {
	now := s.clock.Now()
	grant := access{app: app, tenant: tenant, roles: app.Permissions, expiry: now.Add(s.set.AccessTokenLife)}
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"aud": graphAudience, "appid": app.ID, "tid": tenant, "roles": grant.roles,
		"nbf": now.Unix(), "exp": grant.expiry.Unix(), "uti": s.chance.guid(),
	})
	text, err := t.SignedString([]byte(app.Secret))
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	maps.DeleteFunc(s.granted, func(_ string, old access) bool { return now.Sub(old.expiry) > time.Hour })
	s.granted[text] = grant
	return text, nil
}

// authenticate reads the access token of a Graph request.
func (s *Sim) authenticate(r *http.Request) (access, *failure) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return access{}, unauthorized("Access token is empty.")
	}
	text, ok := strings.CutPrefix(headers[0], "Bearer ")
	if !ok || len(headers) > 1 {
		return access{}, unauthorized("One Authorization header with a Bearer token is expected.")
	}
	s.mu.Lock()
	grant, ok := s.granted[text]
	s.mu.Unlock()
	switch {
	case !ok:
		return access{}, unauthorized("Access token validation failure. Invalid token: the token endpoint did not give it.")
	case !s.clock.Now().Before(grant.expiry):
		return access{}, unauthorized("Lifetime validation failed, the token is expired.")
	}
	return grant, nil
}

func unauthorized(message string) *failure {
	return &failure{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: message}
}
