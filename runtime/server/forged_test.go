package server_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha512" // RS384, RS512
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// forgery is one kind of token that must be refused, in several variants. Each
// variant is the values of the Authorization headers.
type forgery struct {
	kind     string
	reason   string
	variants [][]string
}

func tokens(list ...string) [][]string {
	all := make([][]string, len(list))
	for i, t := range list {
		all[i] = []string{"Bearer " + t}
	}
	return all
}

// edited makes one variant for each edit of a good token; key A signs it.
func (b *bot) edited(edits ...func(h, c object)) [][]string {
	list := make([]string, len(edits))
	for i, e := range edits {
		list[i] = b.token(e)
	}
	return tokens(list...)
}

// headers and claims make one variant for each value; absent removes it.
func (b *bot) headers(name string, values ...any) [][]string {
	return b.edited(setters(func(h, _ object) object { return h }, name, values)...)
}

func (b *bot) claims(name string, values ...any) [][]string {
	return b.edited(setters(func(_, c object) object { return c }, name, values)...)
}

type absent struct{}

func setters(pick func(h, c object) object, name string, values []any) []func(h, c object) {
	edits := make([]func(h, c object), len(values))
	for i, v := range values {
		edits[i] = func(h, c object) {
			if _, gone := v.(absent); gone {
				delete(pick(h, c), name)
				return
			}
			pick(h, c)[name] = v
		}
	}
	return edits
}

func TestForgedTokens(t *testing.T) {
	b := newBot(t, nil)
	b.idp.set(forgeryKeys(t)...)
	if w := b.post(path, toneBody); w.Code != http.StatusAccepted {
		t.Fatalf("a good token: got %d, want 202", w.Code)
	}
	before := b.intake.count()
	list := forgeries(b)
	variants := 0
	for _, f := range list {
		t.Run(f.kind, func(t *testing.T) {
			for i, values := range f.variants {
				variants++
				b.refuses(t, i, f, values)
			}
		})
	}
	if got := b.intake.count(); got != before {
		t.Errorf("%d deliveries reached the intake, want 0", got-before)
	}
	if len(list) < 60 {
		t.Errorf("%d kinds of forged tokens, want 60 or more", len(list))
	}
	if got := b.idp.count(); got > 2 {
		t.Errorf("%d fetches of keys in one instant, want 2 at most", got)
	}
	t.Logf("%d kinds, %d variants", len(list), variants)
}

func (b *bot) refuses(t *testing.T, i int, f forgery, values []string) {
	t.Helper()
	for _, target := range []string{server.WebhookPath, path} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(incomingBody))
		r.Header["Content-Type"] = []string{"application/json"}
		r.Header["Authorization"] = values
		w := b.do(r)
		want := http.StatusForbidden
		if f.reason == server.ReasonMissing || f.reason == server.ReasonExpired {
			want = http.StatusUnauthorized
		}
		if w.Code != want || w.Body.Len() != 0 || b.lastReason() != f.reason {
			t.Errorf("variant %d at %s: got %d, %q, body %q; want %d, %q and no body",
				i, target, w.Code, b.lastReason(), w.Body, want, f.reason)
		}
	}
}

// forgeryKeys are what the issuer publishes: the good key among keys that
// must not verify a callback.
func forgeryKeys(t *testing.T) []map[string]any {
	t.Helper()
	with := func(kid string, edit func(k object)) object {
		k := jwkOf(kid, keyB())
		edit(k)
		return k
	}
	return []map[string]any{
		jwkOf("a", keyA()),
		jwkOf("weak", weakKey()),
		with("enc", func(k object) { k["use"] = "enc" }),
		with("rs512", func(k object) { k["alg"] = "RS512" }),
		with("oct", func(k object) { k["kty"] = "oct"; k["k"] = "c2VjcmV0" }),
		with("even", func(k object) { k["e"] = "AQAA" }),
		with("one", func(k object) { k["e"] = "AQ" }),
		with("broken", func(k object) { k["n"] = "!!" }),
		with("", func(object) {}),
		{"kid": 5, "kty": "RSA"},
	}
}

func forgeries(b *bot) []forgery {
	var all []forgery
	for _, part := range [][]forgery{
		forgedAuthorization(b), forgedShapes(b), forgedHeaders(b), forgedKeys(b), forgedSignatures(b), forgedClaims(b), forgedTimes(b),
	} {
		all = append(all, part...)
	}
	return all
}

func forgedAuthorization(b *bot) []forgery {
	good := b.good()
	return []forgery{
		{"no header", server.ReasonMissing, [][]string{nil, {}}},
		{"no token", server.ReasonMissing, [][]string{{"Bearer"}, {"Bearer "}, {"bearer "}}},
		{"empty header", server.ReasonScheme, [][]string{{""}, {" "}}},
		{"two headers", server.ReasonRepeated, [][]string{{"Bearer " + good, "Bearer " + good}, {"Bearer " + good, ""}, {"", "Bearer " + good}}},
		{"other scheme", server.ReasonScheme, [][]string{{"Basic " + good}, {"Negotiate " + good}, {"DPoP " + good}, {"Bearer: " + good}, {"Bearers " + good}}},
		{"no scheme", server.ReasonScheme, [][]string{{good}, {"\tBearer " + good}, {"Bearer\t" + good}, {"\"Bearer\" " + good}}},
		{"two tokens in one header", server.ReasonMalformed, [][]string{{"Bearer " + good + ", Bearer " + good}, {"Bearer " + good + "," + good}}},
		{"white space in the token", server.ReasonMalformed, [][]string{{"Bearer  " + good}, {"Bearer " + good + " "}, {"Bearer \t" + good}, {"Bearer " + good[:20] + " " + good[20:]}}},
	}
}

func forgedShapes(b *bot) []forgery {
	good := b.good()
	parts := strings.Split(good, ".")
	h, c, s := parts[0], parts[1], parts[2]
	std := strings.NewReplacer("-", "+", "_", "/")
	return []forgery{
		{"too few parts", server.ReasonMalformed, tokens("a", "a.b", h+"."+c, h, ".")},
		{"too many parts", server.ReasonMalformed, tokens("...", good+".", "."+good, good+"."+s, h+"."+c+"."+s+"."+s+"."+s)},
		{"thousands of dots", server.ReasonMalformed, tokens(strings.Repeat(".", 8000), strings.Repeat("a.", 4000))},
		{"20,000 dots", server.ReasonTooLong, tokens(strings.Repeat(".", 20_000), good+strings.Repeat(".", 20_000))},
		{"huge", server.ReasonTooLong, tokens(strings.Repeat("a", 1<<20), h+"."+strings.Repeat("A", 8<<10)+"."+s)},
		{"one byte too long", server.ReasonTooLong, tokens(strings.Repeat("a", 8<<10+1))},
		{"empty parts", server.ReasonMalformed, tokens("..", "."+c+"."+s, h+".."+s)},
		{"header is no base64url", server.ReasonMalformed, tokens("!!!."+c+"."+s, "é."+c+"."+s, h+"=."+c+"."+s, "%65%79."+c+"."+s)},
		{"claims are no base64url", server.ReasonMalformed, tokens(h+".!!!."+s, h+"."+c+"==."+s, h+"."+c+"\n."+s)},
		{"signature is no base64url", server.ReasonMalformed, tokens(h+"."+c+".!!!", good+"=", good+"==", good+"\r\n", h+"."+c+"."+std.Replace(s)+"+")},
		{"unused bits in base64url", server.ReasonMalformed, tokens(loosen(good))},
		{"header is no object", server.ReasonMalformed, tokens(sign(keyA(), "null", "{}"), sign(keyA(), "[]", "{}"), sign(keyA(), "7", "{}"), sign(keyA(), `"x"`, "{}"), sign(keyA(), "", "{}"))},
		{"header is no JSON", server.ReasonMalformed, tokens(sign(keyA(), "{", "{}"), sign(keyA(), `{"alg":"RS256"}{}`, "{}"), sign(keyA(), "\x00", "{}"), sign(keyA(), strings.Repeat("[", 3000), "{}"))},
		{"claims are no object", server.ReasonMalformed, tokens(sign(keyA(), goodHeader(), "[]"), sign(keyA(), goodHeader(), "7"), sign(keyA(), goodHeader(), ""), sign(keyA(), goodHeader(), `"x"`))},
		{"claims are null", server.ReasonIssuer, tokens(sign(keyA(), goodHeader(), "null"))},
		{"claims are no JSON", server.ReasonMalformed, tokens(sign(keyA(), goodHeader(), "{"), sign(keyA(), goodHeader(), `{"a":1}}`), sign(keyA(), goodHeader(), strings.Repeat(`{"a":`, 900)))},
		{"NUL", server.ReasonMalformed, tokens("\x00.\x00.\x00", h+"\x00."+c+"."+s, h+"."+c+"."+s+"\x00")},
	}
}

// loosen sets bits of a token's last character that no byte uses.
func loosen(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	return token[:len(token)-1] + string(alphabet[last|1])
}

func forgedHeaders(b *bot) []forgery {
	return []forgery{
		{"alg none", server.ReasonAlgorithm, tokens(unsigned("none"), unsigned("None"), unsigned("NONE"), unsigned("nOnE"))},
		{"alg none with a signature", server.ReasonAlgorithm, b.headers("alg", "none", "None", "NONE")},
		{"alg is missing", server.ReasonAlgorithm, b.headers("alg", absent{}, nil, "")},
		{"alg is no string", server.ReasonAlgorithm, b.headers("alg", 256, true, []string{"RS256"}, object{"RS256": 1})},
		{"alg in another spelling", server.ReasonAlgorithm, b.headers("alg", "rs256", "RS256 ", " RS256", "RSA256", "RS256\x00")},
		{"alg under another name", server.ReasonAlgorithm, b.edited(func(h, _ object) { delete(h, "alg"); h["ALG"] = "RS256"; h["Alg"] = "RS256" })},
		{"alg unknown", server.ReasonAlgorithm, b.headers("alg", "XX999", "A256KW", "dir", "RSA-OAEP")},
		{"HMAC with the public key", server.ReasonAlgorithm, tokens(confused()...)},
		{"other hash", server.ReasonAlgorithm, tokens(otherHash("RS384", crypto.SHA384), otherHash("RS512", crypto.SHA512))},
		{"PSS", server.ReasonAlgorithm, tokens(pss("PS256"), pss("PS384"), pss("PS512"))},
		{"other kind of key", server.ReasonAlgorithm, tokens(elliptical(), edwards())},
		{"crit", server.ReasonCritical, b.headers("crit", []string{"exp"}, []string{}, nil, "b64")},
		{"b64", server.ReasonCritical, b.headers("b64", false, true, nil)},
		{"kid is missing", server.ReasonNoKeyID, b.headers("kid", absent{}, nil, "")},
		{"kid is no string", server.ReasonNoKeyID, b.headers("kid", 1, true, []string{"a"}, object{"a": 1})},
		{"kid under another name", server.ReasonNoKeyID, b.edited(func(h, _ object) { delete(h, "kid"); h["KID"] = "a"; h["x5t"] = "a" })},
	}
}

func forgedKeys(b *bot) []forgery {
	foreign := func(edit func(h object)) string {
		h := goodHeader()
		edit(h)
		return sign(attacker(), h, goodClaims(b.clock.Now()))
	}
	signedBy := func(key *rsa.PrivateKey, kids ...string) [][]string {
		var list []string
		for _, kid := range kids {
			h := goodHeader()
			h["kid"] = kid
			list = append(list, sign(key, h, goodClaims(b.clock.Now())))
		}
		return tokens(list...)
	}
	return []forgery{
		{"unknown kid", server.ReasonUnknownKey, b.headers("kid", "b", "A", "a ", "a\x00", strings.Repeat("k", 3000))},
		{"hostile kid", server.ReasonUnknownKey, b.headers("kid", "../../dev/null", "' OR 1=1 --", "$(id)", "http://evil.example/k", "/dev/null")},
		{"known kid, other key", server.ReasonSignature, tokens(foreign(func(object) {}))},
		{"embedded key", server.ReasonSignature, tokens(foreign(func(h object) { h["jwk"] = jwkOf("a", attacker()) }))},
		{"embedded key of its own name", server.ReasonUnknownKey, tokens(foreign(func(h object) { h["kid"] = "mine"; h["jwk"] = jwkOf("mine", attacker()) }))},
		{"key by address", server.ReasonSignature, tokens(
			foreign(func(h object) { h["jku"] = "https://evil.example/keys" }),
			foreign(func(h object) { h["jku"] = "https://api.aps.skype.com@evil.example/keys" }))},
		{"certificate by address", server.ReasonSignature, tokens(foreign(func(h object) { h["x5u"] = "https://evil.example/c.pem" }))},
		{"embedded certificate", server.ReasonSignature, tokens(foreign(func(h object) { h["x5c"] = []string{"MIIB"}; h["x5t"] = "a" }))},
		{"weak key", server.ReasonUnknownKey, signedBy(weakKey(), "weak")},
		{"key for encryption", server.ReasonUnknownKey, signedBy(keyB(), "enc")},
		{"key for another algorithm", server.ReasonUnknownKey, signedBy(keyB(), "rs512")},
		{"symmetric key", server.ReasonUnknownKey, signedBy(keyB(), "oct")},
		{"key with a bad exponent", server.ReasonUnknownKey, signedBy(keyB(), "even", "one")},
		{"broken key", server.ReasonUnknownKey, signedBy(keyB(), "broken")},
	}
}

func forgedSignatures(b *bot) []forgery {
	good := b.good()
	parts := strings.Split(good, ".")
	h, c, s := parts[0], parts[1], parts[2]
	other := goodClaims(b.clock.Now())
	other["tid"], other["jti"] = tenant, "another"
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		b.Fatal(err)
	}
	flip := func(i int) string {
		sig := append([]byte(nil), raw...)
		sig[i] ^= 1
		return h + "." + c + "." + b64(sig)
	}
	signed := h + "." + c
	return []forgery{
		{"no signature", server.ReasonSignature, tokens(h + "." + c + ".")},
		{"short signature", server.ReasonSignature, tokens(h+"."+c+"."+s[:4], h+"."+c+"."+b64(raw[:255]))},
		{"long signature", server.ReasonSignature, tokens(h+"."+c+"."+b64(append(raw[:256:256], 0)), h+"."+c+"."+b64(append([]byte{0}, raw...)))},
		{"one bit of the signature", server.ReasonSignature, tokens(flip(0), flip(128), flip(255))},
		{"zero signature", server.ReasonSignature, tokens(h+"."+c+"."+b64(make([]byte, 256)), h+"."+c+"."+b64([]byte{1}))},
		{"other claims", server.ReasonSignature, tokens(h + "." + segment(other) + "." + s)},
		{"other header", server.ReasonSignature, tokens(segment(object{"alg": "RS256", "kid": "a"}) + "." + c + "." + s)},
		{"signature of another hash", server.ReasonSignature, tokens(signed+"."+b64(pkcs1(keyA(), crypto.SHA384, signed)), signed+"."+b64(pkcs1(keyA(), crypto.SHA512, signed)))},
		{"PSS signature", server.ReasonSignature, tokens(signed + "." + b64(pssSignature(crypto.SHA256, signed)))},
		{"signature over the claims only", server.ReasonSignature, tokens(signed + "." + b64(pkcs1(keyA(), crypto.SHA256, c)))},
	}
}

func forgedClaims(b *bot) []forgery {
	return []forgery{
		{"no issuer", server.ReasonIssuer, b.claims("iss", absent{}, "")},
		{"issuer is no string", server.ReasonMalformed, b.claims("iss", 1, nil, []string{issuer}, object{})},
		{"other issuer", server.ReasonIssuer, b.claims("iss", "https://evil.example", "https://sts.windows.net/"+tenant+"/", "https://api.botframework.us")},
		{"issuer in another spelling", server.ReasonIssuer, b.claims("iss", issuer+"/", "http://api.botframework.com", strings.ToUpper(issuer), issuer+" ", issuer+".evil.example", " "+issuer, issuer+"\x00")},
		{"no audience", server.ReasonAudience, b.claims("aud", absent{}, "", []string{}, nil, 5, object{appID: 1})},
		{"other audience", server.ReasonAudience, b.claims("aud", "22222222-41c3-47a4-8775-7259bfef4241", "https://api.botframework.com", "*", appID+"x", appID[:35])},
		{"several audiences", server.ReasonMalformed, b.claims("aud", []string{appID, appID}, []string{"x", appID}, []any{appID, 1})},
		{"audience of another app of ours", server.ReasonOtherApp, b.claims("aud", otherApp, []string{otherApp})},
		{"no tenant", server.ReasonTenant, b.claims("tid", absent{}, "")},
		{"tenant is no string", server.ReasonMalformed, b.claims("tid", 1, nil, []string{tenant}, object{})},
		{"other tenant", server.ReasonTenant, b.claims("tid", "33333333-4620-44ed-baec-459b611f84b2", "*", tenant+" ", "common")},
		{"tenant under another name", server.ReasonTenant, b.edited(func(_, c object) { delete(c, "tid"); c["TID"] = tenant; c["tenantid"] = tenant })},
		{"application is no string", server.ReasonMalformed, b.claims("appid", 1, nil, []string{"x"})},
	}
}

func forgedTimes(b *bot) []forgery {
	now := b.clock.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	life := func(nbf, exp any) func(h, c object) {
		return func(_, c object) {
			c["nbf"], c["exp"] = nbf, exp
			if nbf == nil {
				delete(c, "nbf")
			}
		}
	}
	return []forgery{
		{"no expiry", server.ReasonNoExpiry, b.claims("exp", absent{}, 0)},
		{"expiry under another name", server.ReasonNoExpiry, b.edited(func(_, c object) { c["EXP"] = c["exp"]; delete(c, "exp") })},
		{"expiry is no number", server.ReasonMalformed, b.claims("exp", "9999999999", nil, true, []int64{at(time.Hour)}, object{})},
		{"expiry beyond all time", server.ReasonMalformed, b.claims("exp", 1e15, 1e300, -1e300)},
		{"expired", server.ReasonExpired, b.claims("exp", at(-5*time.Minute), at(-time.Hour), at(-9000*time.Hour), 1, -1)},
		{"not yet valid", server.ReasonNotYetValid, b.edited(life(at(5*time.Minute+time.Second), at(time.Hour)), life(at(10*time.Hour), at(11*time.Hour)))},
		{"begin is no number", server.ReasonMalformed, b.claims("nbf", "0", nil, false)},
		{"begin beyond all time", server.ReasonMalformed, b.claims("nbf", 1e15, -1e15)},
		{"lives too long", server.ReasonTooLongLife, b.edited(life(at(0), at(24*time.Hour+time.Second)), life(at(-time.Hour), at(24*time.Hour)), life(1, at(time.Hour)))},
		{"lives too long without a begin", server.ReasonTooLongLife, b.edited(life(nil, at(24*time.Hour+time.Second)), life(nil, at(9000*time.Hour)), life(0, at(25*time.Hour)))},
	}
}

func unsigned(alg string) string {
	h := goodHeader()
	h["alg"] = alg
	return segment(h) + "." + segment(goodClaims(newClock().Now())) + "."
}

// confused are tokens whose HMAC key is the issuer's public key.
func confused() []string {
	der, err := x509.MarshalPKIXPublicKey(&keyA().PublicKey)
	if err != nil {
		panic(err)
	}
	pkcs := x509.MarshalPKCS1PublicKey(&keyA().PublicKey)
	var list []string
	for _, secret := range [][]byte{
		der, pkcs, keyA().N.Bytes(), nil,
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs}),
	} {
		for alg, hash := range map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512} {
			h := goodHeader()
			h["alg"] = alg
			signed := segment(h) + "." + segment(goodClaims(newClock().Now()))
			mac := hmac.New(hash.New, secret)
			mac.Write([]byte(signed))
			list = append(list, signed+"."+b64(mac.Sum(nil)))
		}
	}
	return list
}

func otherHash(alg string, hash crypto.Hash) string {
	h := goodHeader()
	h["alg"] = alg
	signed := segment(h) + "." + segment(goodClaims(newClock().Now()))
	return signed + "." + b64(pkcs1(keyA(), hash, signed))
}

func pss(alg string) string {
	h := goodHeader()
	h["alg"] = alg
	signed := segment(h) + "." + segment(goodClaims(newClock().Now()))
	return signed + "." + b64(pssSignature(crypto.SHA256, signed))
}

func pssSignature(hash crypto.Hash, signed string) []byte {
	h := hash.New()
	h.Write([]byte(signed))
	sig, err := rsa.SignPSS(rand.Reader, keyA(), hash, h.Sum(nil), nil)
	if err != nil {
		panic(err)
	}
	return sig
}

func elliptical() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	h := goodHeader()
	h["alg"] = "ES256"
	signed := segment(h) + "." + segment(goodClaims(newClock().Now()))
	sig, err := ecdsa.SignASN1(rand.Reader, key, []byte(signed)[:32])
	if err != nil {
		panic(err)
	}
	return signed + "." + b64(sig)
}

func edwards() string {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	h := goodHeader()
	h["alg"] = "EdDSA"
	signed := segment(h) + "." + segment(goodClaims(newClock().Now()))
	return signed + "." + b64(ed25519.Sign(key, []byte(signed)))
}
