package server

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	fetchTimeout = 5 * time.Second // for metadata and keys together
	fetchLimit   = 256 << 10       // bytes of either document
	minRSABits   = 2048
	maxRSABits   = 8192 // more only costs time
)

// fetcher reads a profile's key set: the metadata, then the document it names.
type fetcher struct {
	profile Profile
	client  *http.Client
}

func newFetcher(p Profile, rt http.RoundTripper) fetcher {
	return fetcher{p, &http.Client{Transport: rt, CheckRedirect: sameHost}}
}

// sameHost lets a redirect stay on the host and scheme that were asked for.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > 2 || req.URL.Scheme != first.Scheme || req.URL.Host != first.Host {
		return fmt.Errorf("redirect from %s to %s refused", first.Redacted(), req.URL.Redacted())
	}
	return nil
}

// fetched is one answer: usable keys by id, and the sender's clock, zero if it
// was not told.
type fetched struct {
	keys map[string][]*rsa.PublicKey
	date time.Time
}

// fetch reads the keys. It never answers an empty set without an error.
func (f fetcher) fetch(ctx context.Context) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()

	var metadata struct {
		JWKSURI string `json:"jwks_uri"`
	}
	if _, err := f.get(ctx, f.profile.MetadataURL, &metadata); err != nil {
		return fetched{}, fmt.Errorf("reading OpenID metadata: %w", err)
	}
	u, err := url.Parse(metadata.JWKSURI)
	if err != nil {
		return fetched{}, fmt.Errorf("reading jwks_uri: %w", err)
	}
	if err := f.profile.checkURL(u, f.profile.keyHosts()); err != nil {
		return fetched{}, fmt.Errorf("reading jwks_uri: %w", err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	date, err := f.get(ctx, u.String(), &set)
	if err != nil {
		return fetched{}, fmt.Errorf("reading key set: %w", err)
	}
	keys, err := usable(set.Keys, f.profile.Thumbprints)
	return fetched{keys, date}, err
}

// get reads one JSON document of limited size.
func (f fetcher) get(ctx context.Context, address string, into any) (time.Time, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return time.Time{}, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := f.client.Do(req)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost: the body was read or is refused
	if resp.StatusCode != http.StatusOK {
		return time.Time{}, fmt.Errorf("%s answered %d", address, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, fetchLimit+1))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", address, err)
	}
	if len(body) > fetchLimit {
		return time.Time{}, fmt.Errorf("%s is longer than %d bytes", address, fetchLimit)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", address, err)
	}
	return senderTime(resp.Header), nil
}

// senderTime is the sender's clock, zero if it is not told. An answer out of a
// cache is as old as its Age says.
func senderTime(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	age, _ := strconv.ParseUint(h.Get("Age"), 10, 31) // 0 if absent or broken
	return date.Add(time.Duration(age) * time.Second)
}

// jwk is one published key (RFC 7517), as far as RSA signatures need it.
type jwk struct {
	Kty string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	N   string `json:"n"`
	E   string `json:"e"`
}

var (
	errNoUsableKey = errors.New("key set has no RSA signature key of 2048 bits or more")
	errOtherKeys   = errors.New("key set has no key with a thumbprint that the profile names: the simulator's key is another now, or somebody else answers")
)

// usable picks the keys that may verify a callback. Others are no fault, nor
// are broken ones: a set may hold keys for other purposes. One id may name
// several keys. If thumbprints name keys, no other is picked.
func usable(set []json.RawMessage, thumbprints []string) (map[string][]*rsa.PublicKey, error) {
	keys := make(map[string][]*rsa.PublicKey, len(set))
	for _, raw := range set {
		var k jwk
		if json.Unmarshal(raw, &k) != nil {
			continue
		}
		if pub, ok := k.public(); ok && (len(thumbprints) == 0 || slices.Contains(thumbprints, thumbprint(pub))) {
			keys[k.Kid] = append(keys[k.Kid], pub)
		}
	}
	switch {
	case len(keys) > 0:
		return keys, nil
	case len(thumbprints) > 0:
		return nil, errOtherKeys
	}
	return nil, errNoUsableKey
}

// thumbprint names a key: https://www.rfc-editor.org/rfc/rfc7638
func thumbprint(key *rsa.PublicKey) string {
	text := base64.RawURLEncoding.EncodeToString
	sum := sha256.Sum256([]byte(`{"e":"` + text(big.NewInt(int64(key.E)).Bytes()) + `","kty":"RSA","n":"` + text(key.N.Bytes()) + `"}`))
	return text(sum[:])
}

func (k jwk) public() (*rsa.PublicKey, bool) {
	forUs := k.Kid != "" && k.Kty == "RSA" &&
		(k.Use == "" || k.Use == "sig") && (k.Alg == "" || k.Alg == rs256)
	if !forUs {
		return nil, false
	}
	n, okN := decodeInt(k.N)
	e, okE := decodeInt(k.E)
	if !okN || !okE || n.BitLen() < minRSABits || n.BitLen() > maxRSABits || e.BitLen() > 31 {
		return nil, false
	}
	if exp := e.Int64(); exp >= 3 && exp%2 == 1 && n.Bit(0) == 1 {
		return &rsa.PublicKey{N: n, E: int(exp)}, true
	}
	return nil, false
}

func decodeInt(s string) (*big.Int, bool) {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	return new(big.Int).SetBytes(b), err == nil && len(b) > 0
}
