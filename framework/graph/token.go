package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Times of the token cache.
const (
	tokenTimeout    = 10 * time.Second // for a token that is needed now
	refreshTimeout  = 3 * time.Second  // for one that could wait
	refreshPause    = 30 * time.Second // after a refresh that failed
	defaultLifetime = 5 * time.Minute  // if the endpoint does not say
	longestLifetime = 24 * time.Hour
)

// TokenError is a token that could not be had.
type TokenError struct {
	Tenant      string
	Status      int    // HTTP status of the token endpoint, 0 without an answer
	Code        string // OAuth's error: "invalid_client"
	Description string // the endpoint's words, at most 500 bytes, without the secret
	Err         error  // the cause, if there was no answer
}

// Error names the tenant and the endpoint's words.
func (e *TokenError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("getting a token for tenant %s: HTTP %d, %q: %s", e.Tenant, e.Status, e.Code, e.Description)
	}
	return fmt.Sprintf("getting a token for tenant %s: %v", e.Tenant, e.Err)
}

// Unwrap is the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// Permanent reports whether only a change of the configuration helps.
func (e *TokenError) Permanent() bool {
	return e.Status >= 400 && e.Status < 500 &&
		e.Status != http.StatusRequestTimeout && e.Status != http.StatusTooManyRequests
}

// scheme stands before a token in a request's header.
const scheme = "Bearer "

// tokens is the cache of access tokens, one a tenant. However many callers
// wait, at most one request a tenant is in flight. From half of a token's life
// on its next user tries to renew it; while that fails the old one serves until
// it expires.
type tokens struct {
	loginURL string
	scope    string
	clientID string
	secret   ivr.Secret
	http     *http.Client
	now      func() time.Time // also decides about expiry, so that virtual time works
	log      *slog.Logger

	mu      sync.Mutex
	tenants map[string]*tenantToken
}

// tenantToken is the token of one tenant. tokens.mu guards it.
type tenantToken struct {
	access    string    // behind scheme
	renewFrom time.Time // try to renew from then on
	expires   time.Time
	flight    *tokenFlight // the request in flight
}

// tokenFlight is one request to the token endpoint. access and err are written
// before done is closed.
type tokenFlight struct {
	done      chan struct{}
	err       error
	abandoned bool // the caller who made the request gave up: somebody else must
}

// get is a token of the tenant that is not the refused one, as a request says it
// in its header: behind scheme.
func (t *tokens) get(ctx context.Context, tenant, refused string) (string, error) {
	if err := checkTenant(tenant); err != nil {
		return "", &TokenError{Tenant: tenant, Err: err}
	}
	for {
		access, flight, leader := t.join(tenant, refused)
		switch {
		case flight == nil:
			return access, nil
		case leader:
			return t.renew(ctx, tenant, access, flight)
		}
		select {
		case <-flight.done:
		case <-ctx.Done():
			return "", &TokenError{Tenant: tenant, Err: ctx.Err()}
		}
		if flight.err != nil && !flight.abandoned {
			return "", flight.err
		}
	}
}

// join finds a usable token, or the flight to wait for, or makes the caller
// the leader of a new flight; access is then the old token if it still serves.
func (t *tokens) join(tenant, refused string) (access string, flight *tokenFlight, leader bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tt := t.tenants[tenant]
	if tt == nil {
		tt = &tenantToken{}
		t.tenants[tenant] = tt
	}
	now := t.now()
	if tt.access != "" && tt.access != refused && now.Before(tt.expires) {
		access = tt.access
	}
	switch {
	case access != "" && (now.Before(tt.renewFrom) || tt.flight != nil):
		return access, nil, false
	case tt.flight != nil:
		return "", tt.flight, false
	}
	tt.flight = &tokenFlight{done: make(chan struct{})}
	return access, tt.flight, true
}

// renew makes the request of a flight and ends it.
func (t *tokens) renew(ctx context.Context, tenant, old string, flight *tokenFlight) (string, error) {
	timeout := tokenTimeout
	if old != "" {
		timeout = refreshTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	access, life, err := t.fetch(limited, tenant)
	cancel()

	t.mu.Lock()
	defer t.mu.Unlock()
	tt, now := t.tenants[tenant], t.now()
	tt.flight = nil
	switch {
	case err == nil:
		tt.access, tt.renewFrom, tt.expires = access, now.Add(life/2), now.Add(life)
	case old != "":
		t.log.Warn("token not renewed, the old one serves until it expires",
			"tenant", tenant, "expires", tt.expires, "error", err)
		tt.renewFrom = now.Add(refreshPause)
		access, err = old, nil
	}
	flight.err, flight.abandoned = err, ctx.Err() != nil
	close(flight.done)
	return access, err
}

// fetch asks the token endpoint.
func (t *tokens) fetch(ctx context.Context, tenant string) (string, time.Duration, error) {
	config := clientcredentials.Config{
		ClientID:     t.clientID,
		ClientSecret: t.secret.Reveal(),
		TokenURL:     t.loginURL + "/" + tenant + "/oauth2/v2.0/token",
		Scopes:       []string{t.scope},
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	if err != nil {
		return "", 0, t.failure(tenant, err)
	}
	if strings.ContainsFunc(token.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", 0, &TokenError{Tenant: tenant, Err: errors.New("the endpoint's token has characters that no header can carry")}
	}
	return scheme + token.AccessToken, lifetime(token), nil
}

// failure is the error of the token endpoint without its raw body and without
// the secret, which a hostile or broken endpoint could echo.
func (t *tokens) failure(tenant string, err error) error {
	e := &TokenError{Tenant: tenant}
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		e.Status, e.Code = answer.Response.StatusCode, t.scrub(shorten(answer.ErrorCode, 64))
		line, _, _ := strings.Cut(answer.ErrorDescription, "\n")
		e.Description = t.scrub(shorten(strings.TrimSpace(line), longestMessage))
		return e
	}
	if cause, ok := errors.AsType[*url.Error](err); ok {
		e.Err = cause
		return e
	}
	e.Err = errors.New(t.scrub(shorten(err.Error(), longestMessage)))
	return e
}

// scrub replaces the secret in a text of another's.
func (t *tokens) scrub(text string) string {
	secret := t.secret.Reveal()
	return strings.NewReplacer(secret, "***", url.QueryEscape(secret), "***").Replace(text)
}

// lifetime is how long a token lives. The library's own Expiry is wall-clock
// time, which means nothing in virtual time.
func lifetime(token *oauth2.Token) time.Duration {
	seconds := 0.0
	switch v := token.Extra("expires_in").(type) {
	case float64:
		seconds = v
	case string:
		seconds, _ = strconv.ParseFloat(v, 64)
	case int64:
		seconds = float64(v)
	}
	if !(seconds > 0) {
		return defaultLifetime
	}
	return time.Duration(min(seconds, longestLifetime.Seconds()) * float64(time.Second))
}

// longestTenant is the longest tenant in bytes: a GUID or a domain name.
const longestTenant = 253

// checkTenant refuses what is no tenant: it becomes a part of the token
// endpoint's path.
func checkTenant(tenant string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."
	switch {
	case tenant == "":
		return errors.New("no tenant is known; it is the call's, from the callback's token")
	case len(tenant) > longestTenant, strings.Trim(tenant, letters) != "", strings.Trim(tenant, ".") == "":
		return fmt.Errorf("%.60q is no tenant id or domain", tenant)
	}
	return nil
}
