package server

import (
	"fmt"
	"testing"
	"time"
)

func TestTokenCacheIsBounded(t *testing.T) {
	c, now := newTokenCache(), time.Unix(1e9, 0)
	claims := Claims{Expires: now.Add(time.Hour)}
	for i := range 3*cacheSize + 1 {
		c.put(fmt.Sprint(i), claims, now)
	}
	if n := len(c.young) + len(c.old); n > 2*cacheSize {
		t.Errorf("%d tokens are held, want %d at most", n, 2*cacheSize)
	}
	if _, ok := c.get(fmt.Sprint(3*cacheSize), now); !ok {
		t.Error("the latest token was forgotten")
	}
	if _, ok := c.get("0", now); ok {
		t.Error("the first token was not forgotten")
	}
}

func TestTokenCacheTimes(t *testing.T) {
	now := time.Unix(1e9, 0)
	tests := []struct {
		name          string
		expires, look time.Duration // after the token was put
		want          bool
	}{
		{"at once", time.Hour, 0, true},
		{"until five minutes", time.Hour, cacheTime - 1, true},
		{"not at five minutes", time.Hour, cacheTime, false},
		{"until its end", time.Minute, time.Minute - 1, true},
		{"not at its end", time.Minute, time.Minute, false},
		{"not after its end, in the skew", -time.Minute, 0, false},
		{"not before it was put", time.Hour, -1, false},
	}
	for _, tt := range tests {
		c := newTokenCache()
		c.put("token", Claims{Expires: now.Add(tt.expires)}, now)
		if _, got := c.get("token", now.Add(tt.look)); got != tt.want {
			t.Errorf("%s: got %t, want %t", tt.name, got, tt.want)
		}
	}
}
