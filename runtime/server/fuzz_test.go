package server_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// FuzzVerify: no token but the ones that key A signed is ever accepted, none
// panics, and each refusal has its reason and status.
func FuzzVerify(f *testing.F) {
	b := newBot(f, nil)
	good := b.good()
	b.check(good)
	f.Add(good)
	for kind, forged := range forgeries()[len(forgedAuthorization()):] {
		token := strings.TrimPrefix(forged.forge(variantOf(kind, 0))[0], "Bearer ")
		f.Add(token[:min(len(token), 9<<10)])
	}
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := b.verifier.Verify(t.Context(), token)
		if err == nil {
			// The seed for our other app is good for the verifier.
			if token != good && claims.Audience != otherApp {
				t.Fatalf("accepted %q", token)
			}
			return
		}
		e, ok := errors.AsType[*server.AuthError](err)
		if !ok || e.Reason == "" || (e.Status != 401 && e.Status != 403) || len(e.Kid) > 128 {
			t.Fatalf("got %+v, want a reason and 401 or 403", err)
		}
	})
}
