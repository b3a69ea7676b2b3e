package graphsim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the thumbprint that older libraries use
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// A bot signs with its certificate's key in place of a secret; whatever is wrong
// with that is refused.
func TestClientAssertion(t *testing.T) {
	key := sharedKey()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Certificates = []*x509.Certificate{cert} })
	long, short := sha256.Sum256(der), sha1.Sum(der) //nolint:gosec // see above
	now := w.clock.Now()
	for _, tt := range []struct {
		name   string
		change func(jwt.MapClaims, map[string]any)
		method jwt.SigningMethod
		key    any
		want   string
	}{
		{"good", nil, jwt.SigningMethodPS256, key, ""},
		{"RS256 and SHA-1", func(_ jwt.MapClaims, h map[string]any) {
			delete(h, "x5t#S256")
			h["x5t"] = base64.RawURLEncoding.EncodeToString(short[:])
		}, jwt.SigningMethodRS256, key, ""},
		{"base64 as MSAL writes it", func(_ jwt.MapClaims, h map[string]any) { h["x5t#S256"] = base64.StdEncoding.EncodeToString(long[:]) }, jwt.SigningMethodPS256, key, ""},
		{"no thumbprint", func(_ jwt.MapClaims, h map[string]any) { delete(h, "x5t#S256") }, jwt.SigningMethodPS256, key, "700027"},
		{"other key", nil, jwt.SigningMethodPS256, other, "700027"},
		{"by the secret", nil, jwt.SigningMethodHS256, []byte(graphsim.DefaultSecret), "700027"},
		{"over", func(c jwt.MapClaims, _ map[string]any) { c["exp"] = now.Add(-time.Minute).Unix() }, jwt.SigningMethodPS256, key, "700024"},
		{"not yet", func(c jwt.MapClaims, _ map[string]any) { c["nbf"] = now.Add(time.Minute).Unix() }, jwt.SigningMethodPS256, key, "700024"},
		{"for ever", func(c jwt.MapClaims, _ map[string]any) { delete(c, "exp") }, jwt.SigningMethodPS256, key, "50027"},
		{"for others", func(c jwt.MapClaims, _ map[string]any) { c["aud"] = "https://login.example.com/" }, jwt.SigningMethodPS256, key, "50027"},
		{"of others", func(c jwt.MapClaims, _ map[string]any) { c["sub"] = secondApp }, jwt.SigningMethodPS256, key, "50027"},
	} {
		claims := jwt.MapClaims{"aud": w.sim.TokenURL(), "iss": w.sim.AppID(), "sub": w.sim.AppID(), "jti": "1", "nbf": now.Unix(), "exp": now.Add(10 * time.Minute).Unix()}
		head := map[string]any{"x5t#S256": base64.RawURLEncoding.EncodeToString(long[:])}
		if tt.change != nil {
			tt.change(claims, head)
		}
		token := jwt.NewWithClaims(tt.method, claims)
		maps.Copy(token.Header, head)
		text, err := token.SignedString(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		form := tokenForm()
		form.Del("client_secret")
		form.Set("client_assertion", text)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		a := w.postToken(w.sim.Tenant(), form)
		if got := fmt.Sprint(a.body["error_description"]); (a.status == 200) != (tt.want == "") || tt.want != "" && !strings.HasPrefix(got, "AADSTS"+tt.want+":") {
			t.Errorf("%s: %d %s, want %s", tt.name, a.status, a.raw, tt.want)
		}
		form.Del("client_assertion_type")
		if a := w.postToken(w.sim.Tenant(), form); a.status != 400 {
			t.Errorf("%s: %d without its type", tt.name, a.status)
		}
	}
	form := tokenForm()
	form.Del("client_secret")
	for _, v := range []string{"x", "a.b.c", "e30.e30.e30"} {
		form["client_assertion"], form["client_assertion_type"] = []string{v}, []string{"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
		if a := w.postToken(w.sim.Tenant(), form); a.status != 401 {
			t.Errorf("%s: %d %s", url.QueryEscape(v), a.status, a.raw)
		}
	}
}
