package control

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// tokens keeps access tokens good over a reset, and over a start of the
// simulator anew: as with the service, a bot uses the token that it has until
// its end. The simulator knows only those that it gave itself, so that an older
// one is exchanged for one of its own.
type tokens struct {
	secrets map[string]string // of the bots, by their ids in lower case

	mu    sync.Mutex
	given map[string]bool   // by the simulator of now
	swaps map[string]string // older ones and what stands for them
}

func newTokens(secrets map[string]string) *tokens {
	return &tokens{secrets: secrets, given: map[string]bool{}, swaps: map[string]string{}}
}

// learn notes the token in an answer of the token endpoint.
func (t *tokens) learn(answer []byte) {
	var body struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(answer, &body) != nil || body.AccessToken == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.given[body.AccessToken] = true
}

// exchange replaces an older token in a request to Graph.
func (t *tokens) exchange(w *world, r *http.Request) {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || len(r.Header.Values("Authorization")) != 1 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.given[text] {
		return
	}
	appID, tenant, ok := t.verify(text)
	if !ok {
		return
	}
	if t.swaps[text] == "" {
		t.swaps[text] = t.fresh(w, r, appID, tenant)
	}
	if fresh := t.swaps[text]; fresh != "" {
		r.Header.Set("Authorization", "Bearer "+fresh)
	}
}

// verify reads bot and tenant of a token that a simulator of these bots signed
// and that is not over.
func (t *tokens) verify(text string) (appID, tenant string, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return "", "", false
	}
	var claims struct {
		AppID  string `json:"appid"`
		Tenant string `json:"tid"`
		Expiry int64  `json:"exp"`
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(body, &claims) != nil {
		return "", "", false
	}
	secret, known := t.secrets[strings.ToLower(claims.AppID)]
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !known || !hmac.Equal(signature, mac.Sum(nil)) {
		return "", "", false
	}
	return claims.AppID, claims.Tenant, time.Now().Unix() < claims.Expiry
}

// fresh asks the simulator for a token; "" if it gives none, as for a tenant
// that has not called.
func (t *tokens) fresh(w *world, r *http.Request, appID, tenant string) string {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {t.secrets[strings.ToLower(appID)]},
		"scope": {"https://graph.microsoft.com/.default"}}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost,
		w.server.cfg.BaseURL+"/"+url.PathEscape(tenant)+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return ""
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := w.inMemory(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var body struct {
		AccessToken string `json:"access_token"`
	}
	if json.NewDecoder(resp.Body).Decode(&body) != nil {
		return ""
	}
	return body.AccessToken
}
