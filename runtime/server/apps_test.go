package server_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// TestApps: several apps share a host, and nothing else.
func TestApps(t *testing.T) {
	one := newBot(t, nil)
	unready := false
	two := newBot(t, func(c *server.Config) {
		c.AppID = otherApp
		c.Verifier = newVerifier(t, one.idp, one.clock, server.PublicCloud(otherApp, tenant))
		c.Ready = func() error {
			if unready {
				return errors.New("x")
			}
			return nil
		}
	})
	handler, err := server.Apps(map[string]http.Handler{appID: one.handler, strings.ToUpper(otherApp): two.handler})
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := one.good(), one.token(func(_, c object) { c["aud"] = otherApp })
	send := func(method, target, token string) int {
		r := request(t, "/", incomingBody, bearer(token))
		r.Method, r.URL = method, rawURL(target)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Header().Get("Location") != "" {
			t.Errorf("%s: sent to %q", target, w.Header().Get("Location"))
		}
		return w.Code
	}
	tests := []struct {
		target, token  string
		code           int
		atOne, atOther int
	}{
		{"/" + appID + "/api/calls", ours, 202, 1, 0},
		{"/" + strings.ToUpper(appID) + "/api/calls", ours, 202, 1, 0},
		{"/" + appID + path, ours, 202, 1, 0},
		{"/" + otherApp + "/api/calls", theirs, 202, 0, 1},
		{"/" + otherApp + path, theirs, 202, 0, 1},
		{"/" + appID + "/api/calls", theirs, 403, 0, 0},
		{"/" + otherApp + path, ours, 403, 0, 0},
		{"/api/calls", ours, 404, 0, 0}, {path, ours, 404, 0, 0}, {"/" + appID, ours, 404, 0, 0}, {"/" + appID + "/", ours, 404, 0, 0},
		{"//" + appID + "/api/calls", ours, 404, 0, 0}, {"/" + appID + "//api/calls", ours, 404, 0, 0},
		{"/" + appID + "/../" + otherApp + "/api/calls", ours, 404, 0, 0}, {"/" + appID + "%2fapi/calls", ours, 404, 0, 0},
		{"/" + appID + "/" + appID + "/api/calls", ours, 404, 0, 0}, {"/nobody/api/calls", ours, 404, 0, 0}, {"/", ours, 404, 0, 0},
	}
	for _, tt := range tests {
		first, second := one.intake.count(), two.intake.count()
		if got := send(http.MethodPost, tt.target, tt.token); got != tt.code {
			t.Errorf("%s: got %d, want %d", tt.target, got, tt.code)
		}
		if first, second = one.intake.count()-first, two.intake.count()-second; first != tt.atOne || second != tt.atOther {
			t.Errorf("%s: %d and %d deliveries, want %d and %d", tt.target, first, second, tt.atOne, tt.atOther)
		}
	}
	for target, want := range map[string][2]int{"/healthz": {200, 200}, "/readyz": {200, 503}, "/" + appID + "/readyz": {200, 200}, "/" + otherApp + "/readyz": {200, 503}} {
		for i, unreadyNow := range []bool{false, true} {
			unready = unreadyNow
			if got := send(http.MethodGet, target, ""); got != want[i] {
				t.Errorf("%s, one app unready %t: got %d, want %d", target, unready, got, want[i])
			}
		}
	}
}

func TestBadApps(t *testing.T) {
	h := http.NotFoundHandler()
	for _, apps := range []map[string]http.Handler{nil, {"a/b": h}, {"": h}, {appID: nil}, {"ab": h, "AB": h}, {"healthz": h}} {
		if _, err := server.Apps(apps); err == nil {
			t.Errorf("%v: no error", apps)
		}
	}
}
