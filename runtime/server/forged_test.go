package server_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	cryptorand "crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // RS384, RS512
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// forgery is one kind of token that must be refused. forge breaks a good token:
// it returns the values of the Authorization headers.
type forgery struct {
	kind   string
	reason string
	forge  func(v *variant) []string
}

// variant is a good token, and the chance by which it is broken.
type variant struct {
	*rand.Rand
	header, claims object
	good           string // key A signed it
}

// seed makes the variants, with the number of the kind and of the variant.
const seed = 1

// goodTokens are as different as good tokens may be.
var goodTokens = sync.OnceValue(func() []variant {
	now, chance := newClock().Now(), rand.New(rand.NewPCG(seed, 0))
	list := make([]variant, variants)
	for i := range list {
		v := variant{header: goodHeader(), claims: goodClaims(now)}
		v.claims["jti"] = chance.Uint64()
		v.claims["iss"] = []string{issuer, "https://graph.microsoft.com"}[chance.IntN(2)]
		v.claims["aud"] = []any{appID, strings.ToUpper(appID), []string{appID}}[chance.IntN(3)]
		v.claims["tid"] = []string{tenant, strings.ToUpper(tenant)}[chance.IntN(2)]
		begin := now.Add(time.Duration(chance.IntN(600)-300) * time.Second)
		v.claims["nbf"], v.claims["exp"] = begin.Unix(), now.Add(time.Duration(300+chance.IntN(80_000))*time.Second).Unix()
		for _, name := range []string{"nbf", "iat"} {
			if chance.IntN(4) == 0 {
				delete(v.claims, name)
			}
		}
		if chance.IntN(2) == 0 {
			v.claims["appid"] = "26a18ebc-cdf7-4a6a-91cb-beb352805e81"
		}
		if chance.IntN(2) == 0 {
			delete(v.header, "cty")
		}
		v.good = sign(keyA(), v.header, v.claims)
		list[i] = v
	}
	return list
})

// variantOf is one variant of one kind; the token is its own.
func variantOf(kind, i int) *variant {
	v := goodTokens()[i]
	v.Rand = rand.New(rand.NewPCG(seed, uint64(kind*variants+i+1)))
	v.header, v.claims = maps.Clone(v.header), maps.Clone(v.claims)
	return &v
}

func bearer(token string) []string { return []string{"Bearer " + token} }

// one is one of several values.
func one[T any](v *variant, values ...T) T { return values[v.IntN(len(values))] }

// junk is a text of up to n letters.
func (v *variant) junk(n int) string {
	b := make([]byte, 1+v.IntN(n))
	for i := range b {
		b[i] = byte('a' + v.IntN(26))
	}
	return string(b)
}

// parts are header, claims and signature of the good token.
func (v *variant) parts() (h, c, s string) {
	p := strings.Split(v.good, ".")
	return p[0], p[1], p[2]
}

func (v *variant) signature() []byte {
	_, _, s := v.parts()
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return raw
}

// cut is a place within a text.
func (v *variant) cut(text string) (before, after string) {
	i := 1 + v.IntN(len(text)-1)
	return text[:i], text[i:]
}

// whole breaks a token by one of several texts.
func whole(make func(v *variant) []string) func(*variant) []string {
	return func(v *variant) []string { return bearer(one(v, make(v)...)) }
}

// resigned breaks the header or the claims, and key A signs them again.
func resigned(edit func(v *variant)) func(*variant) []string {
	return func(v *variant) []string {
		edit(v)
		return bearer(sign(keyA(), v.header, v.claims))
	}
}

type absent struct{}

// inHeader and inClaims set one of several values; absent removes it.
func inHeader(name string, values ...any) func(*variant) []string {
	return resigned(func(v *variant) { set(v.header, name, one(v, values...)) })
}

func inClaims(name string, values ...any) func(*variant) []string {
	return resigned(func(v *variant) { set(v.claims, name, one(v, values...)) })
}

func set(in object, name string, value any) {
	if _, gone := value.(absent); gone {
		delete(in, name)
		return
	}
	in[name] = value
}

// renamed moves a value to another name.
func renamed(in object, name, to string) {
	in[to] = in[name]
	delete(in, name)
}

// TestForgedTokens breaks good tokens in all kinds of ways. Each variant of each
// kind is refused for its reason, and reaches nobody; the same token before it
// was broken is taken.
func TestForgedTokens(t *testing.T) {
	list := forgeries()
	if len(list) < 60 {
		t.Errorf("%d kinds of forged tokens, want 60 or more", len(list))
	}
	t.Logf("%d kinds, %d variants each, seed %d", len(list), variants, seed)
	for kind, f := range list {
		t.Run(f.kind, func(t *testing.T) {
			b := newBot(t, nil)
			b.idp.set(forgeryKeys()...)
			different := map[string]bool{}
			for i := range variants {
				v := variantOf(kind, i)
				b.accepts(t, i, v.good)
				values := f.forge(v)
				different[strings.Join(values, "\n")] = true
				b.refuses(t, i, f, values)
			}
			if got := b.intake.count(); got != variants {
				t.Errorf("%d deliveries, want one of each unbroken token and none more", got)
			}
			if got := b.idp.count(); got > 2 {
				t.Errorf("%d fetches of keys in one instant, want 2 at most", got)
			}
			t.Logf("%s: %d variants, %d different, accepted 0; unbroken %d, accepted %d", f.kind, variants, len(different), variants, b.intake.count())
		})
	}
}

// accepts is the control: the token is good before it is broken.
func (b *bot) accepts(t *testing.T, i int, token string) {
	t.Helper()
	if w := b.do(request(t, path, toneBody, bearer(token))); w.Code != http.StatusAccepted {
		t.Fatalf("variant %d before it was broken: got %d %q, want 202", i, w.Code, b.lastReason())
	}
}

// request is a callback with these Authorization headers.
func request(t *testing.T, target, body string, authorization []string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	r.Header["Content-Type"] = []string{"application/json"}
	r.Header["Authorization"] = authorization
	return r
}

func (b *bot) refuses(t *testing.T, i int, f forgery, values []string) {
	t.Helper()
	for _, target := range []string{server.WebhookPath, path} {
		w := b.do(request(t, target, incomingBody, values))
		want := http.StatusForbidden
		if f.reason == server.ReasonMissing || f.reason == server.ReasonExpired {
			want = http.StatusUnauthorized
		}
		if w.Code != want || w.Body.Len() != 0 || b.lastReason() != f.reason {
			t.Fatalf("variant %d at %s: got %d, %q, body %q; want %d, %q and no body\n%.300q",
				i, target, w.Code, b.lastReason(), w.Body, want, f.reason, values)
		}
	}
}

// forgeryKeys are what the issuer publishes: the good key among keys that
// must not verify a callback.
func forgeryKeys() []map[string]any {
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

func forgeries() []forgery {
	return slices.Concat(forgedAuthorization(), forgedShapes(), forgedHeaders(), forgedKeys(), forgedSignatures(), forgedClaims(), forgedTimes())
}

func forgedAuthorization() []forgery {
	return []forgery{
		{"no header", server.ReasonMissing, func(v *variant) []string { return one(v, nil, []string{}) }},
		{"no token", server.ReasonMissing, func(v *variant) []string { return []string{one(v, "Bearer", "Bearer ", "bearer ", "BEARER ")} }},
		{"empty header", server.ReasonScheme, func(v *variant) []string { return []string{strings.Repeat(" ", v.IntN(100))} }},
		{"two headers", server.ReasonRepeated, func(v *variant) []string {
			good := "Bearer " + v.good
			return one(v, []string{good, good}, []string{good, ""}, []string{"", good}, []string{good, "Bearer " + v.junk(40)})
		}},
		{"other scheme", server.ReasonScheme, func(v *variant) []string {
			return []string{one(v, "Basic ", "Negotiate ", "DPoP ", "Bearer: ", "Bearers ", "x"+v.junk(20)+" ") + v.good}
		}},
		{"no scheme", server.ReasonScheme, func(v *variant) []string {
			return []string{one(v, "", "\tBearer ", "Bearer\t", "\"Bearer\" ", "Bearer:", " ") + v.good}
		}},
		{"two tokens in one header", server.ReasonMalformed, func(v *variant) []string {
			return bearer(v.good + one(v, ", Bearer ", ",", " ", ";") + v.good)
		}},
		{"white space in the token", server.ReasonMalformed, func(v *variant) []string {
			before, after := v.cut(v.good)
			return bearer(one(v, " "+v.good, v.good+" ", "\t"+v.good, before+" "+after, before+"\r\n "+after))
		}},
	}
}

func forgedShapes() []forgery {
	std := strings.NewReplacer("-", "+", "_", "/")
	// raw are tokens made of texts instead of JSON objects, one of which key A
	// signs; nil stands for the good ones.
	raw := func(headers, claims []string) func(*variant) []string {
		return func(v *variant) []string {
			var h, c any = v.header, v.claims
			if headers != nil {
				h = one(v, headers...)
			}
			if claims != nil {
				c = one(v, claims...)
			}
			return bearer(sign(keyA(), h, c))
		}
	}
	return []forgery{
		{"too few parts", server.ReasonMalformed, whole(func(v *variant) []string {
			h, c, s := v.parts()
			return []string{h, h + "." + c, c + "." + s, ".", v.junk(300), h + c + s}
		})},
		{"too many parts", server.ReasonMalformed, whole(func(v *variant) []string {
			h, c, s := v.parts()
			before, after := v.cut(s)
			return []string{"...", v.good + ".", "." + v.good, v.good + "." + s, h + "." + c + "." + s + "." + s + "." + s, h + "." + c + "." + before + "." + after}
		})},
		{"thousands of dots", server.ReasonMalformed, whole(func(v *variant) []string {
			n := 1000 + v.IntN(3000)
			return []string{strings.Repeat(".", 2*n), strings.Repeat("a.", n)}
		})},
		{"20,000 dots", server.ReasonTooLong, whole(func(v *variant) []string {
			n := 20_000 + v.IntN(1000)
			return []string{strings.Repeat(".", n), v.good + strings.Repeat(".", n)}
		})},
		{"huge", server.ReasonTooLong, whole(func(v *variant) []string {
			h, c, s := v.parts()
			return []string{strings.Repeat("a", 1<<20), h + "." + c + strings.Repeat("A", 8<<10+v.IntN(1<<16)) + "." + s}
		})},
		{"one byte too long", server.ReasonTooLong, whole(func(v *variant) []string {
			return []string{v.good + strings.Repeat("A", 8<<10+1-len(v.good)), strings.Repeat("a", 8<<10+1)}
		})},
		{"empty parts", server.ReasonMalformed, whole(func(v *variant) []string {
			h, c, s := v.parts()
			return []string{"..", "." + c + "." + s, h + ".." + s, h + "..", ".." + s}
		})},
		{"header is no base64url", server.ReasonMalformed, whole(func(v *variant) []string {
			h, c, s := v.parts()
			before, after := v.cut(h)
			rest := "." + c + "." + s
			return []string{before + "!" + after + rest, before + "é" + after + rest, h + "=" + rest, "%65%79" + rest, before + "+" + after + rest}
		})},
		{"claims are no base64url", server.ReasonMalformed, whole(func(v *variant) []string {
			h, c, s := v.parts()
			before, after := v.cut(c)
			return []string{h + "." + before + "!" + after + "." + s, h + "." + c + "==." + s, h + "." + c + "\n." + s, h + "." + before + "/" + after + "." + s}
		})},
		{"signature is no base64url", server.ReasonMalformed, whole(func(v *variant) []string {
			h, c, s := v.parts()
			before, after := v.cut(s)
			signed := h + "." + c + "."
			return []string{signed + before + "!" + after, v.good + "=", v.good + "==", v.good + "\r\n", signed + std.Replace(s) + "+"}
		})},
		{"unused bits in base64url", server.ReasonMalformed, func(v *variant) []string { return bearer(loosen(v.good, v)) }},
		{"header is no object", server.ReasonMalformed, raw([]string{"null", "[]", "7", `"x"`, "", "true", "[{}]"}, nil)},
		{"header is no JSON", server.ReasonMalformed, raw([]string{"{", `{"alg":"RS256","kid":"a"}{}`, "\x00", strings.Repeat("[", 3000), `{'alg':'RS256'}`}, nil)},
		{"claims are no object", server.ReasonMalformed, raw(nil, []string{"[]", "7", "", `"x"`, "true", "[{}]"})},
		{"claims are null", server.ReasonIssuer, raw(nil, []string{"null", " null", "null ", "\nnull\t"})},
		{"claims are no JSON", server.ReasonMalformed, raw(nil, []string{"{", `{"a":1}}`, strings.Repeat(`{"a":`, 900), `{"iss":}`, "{}{}"})},
		{"NUL", server.ReasonMalformed, whole(func(v *variant) []string {
			before, after := v.cut(v.good)
			return []string{"\x00.\x00.\x00", before + "\x00" + after, v.good + "\x00", "\x00" + v.good}
		})},
	}
}

// loosen sets some of the four bits of a token's last character that no byte
// uses.
func loosen(token string, v *variant) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	return token[:len(token)-1] + string(alphabet[last|(1+v.IntN(15))])
}

func forgedHeaders() []forgery {
	return []forgery{
		{"alg none", server.ReasonAlgorithm, func(v *variant) []string {
			v.header["alg"] = one(v, "none", "None", "NONE", "nOnE")
			return bearer(segment(v.header) + "." + segment(v.claims) + ".")
		}},
		{"alg none with a signature", server.ReasonAlgorithm, inHeader("alg", "none", "None", "NONE")},
		{"alg is missing", server.ReasonAlgorithm, inHeader("alg", absent{}, nil, "")},
		{"alg is no string", server.ReasonAlgorithm, inHeader("alg", 256, true, []string{"RS256"}, object{"RS256": 1})},
		{"alg in another spelling", server.ReasonAlgorithm, inHeader("alg", "rs256", "RS256 ", " RS256", "RSA256", "RS256\x00")},
		{"alg under another name", server.ReasonAlgorithm, resigned(func(v *variant) { renamed(v.header, "alg", one(v, "ALG", "Alg", "algorithm", " alg")) })},
		{"alg unknown", server.ReasonAlgorithm, resigned(func(v *variant) { v.header["alg"] = one(v, "XX999", "A256KW", "dir", "RSA-OAEP", v.junk(10)) })},
		{"HMAC with the public key", server.ReasonAlgorithm, confused},
		{"other hash", server.ReasonAlgorithm, func(v *variant) []string {
			if v.IntN(2) == 0 {
				return v.signedAs("RS384", func(s string) []byte { return pkcs1(keyA(), crypto.SHA384, s) })
			}
			return v.signedAs("RS512", func(s string) []byte { return pkcs1(keyA(), crypto.SHA512, s) })
		}},
		{"PSS", server.ReasonAlgorithm, func(v *variant) []string {
			return v.signedAs(one(v, "PS256", "PS384", "PS512"), func(s string) []byte { return pssSignature(crypto.SHA256, s) })
		}},
		{"elliptic curve", server.ReasonAlgorithm, func(v *variant) []string { return v.signedAs("ES256", elliptical) }},
		{"Edwards curve", server.ReasonAlgorithm, func(v *variant) []string { return v.signedAs("EdDSA", edwards) }},
		{"crit", server.ReasonCritical, inHeader("crit", []string{"exp"}, []string{}, nil, "b64")},
		{"b64", server.ReasonCritical, inHeader("b64", false, true, nil)},
		{"kid is missing", server.ReasonNoKeyID, inHeader("kid", absent{}, nil, "")},
		{"kid is no string", server.ReasonNoKeyID, inHeader("kid", 1, true, []string{"a"}, object{"a": 1})},
		{"kid under another name", server.ReasonNoKeyID, resigned(func(v *variant) { renamed(v.header, "kid", one(v, "KID", "Kid", "x5t", "kid ")) })},
	}
}

func forgedKeys() []forgery {
	foreign := func(edit func(v *variant)) func(*variant) []string {
		return func(v *variant) []string {
			edit(v)
			return bearer(sign(attacker(), v.header, v.claims))
		}
	}
	signedBy := func(key func() *rsa.PrivateKey, kids ...string) func(*variant) []string {
		return func(v *variant) []string {
			v.header["kid"] = one(v, kids...)
			return bearer(sign(key(), v.header, v.claims))
		}
	}
	return []forgery{
		{"unknown kid", server.ReasonUnknownKey, resigned(func(v *variant) {
			v.header["kid"] = one(v, "b", "A", "a ", "a\x00", strings.Repeat("k", 3000), "k"+v.junk(40))
		})},
		{"hostile kid", server.ReasonUnknownKey, inHeader("kid", "../../dev/null", "' OR 1=1 --", "$(id)", "http://evil.example/k", "/dev/null", "%00a", "a\n")},
		{"known kid, other key", server.ReasonSignature, foreign(func(*variant) {})},
		{"embedded key", server.ReasonSignature, foreign(func(v *variant) { v.header["jwk"] = jwkOf("a", attacker()) })},
		{"embedded key of its own name", server.ReasonUnknownKey, foreign(func(v *variant) {
			name := "k" + v.junk(20)
			v.header["kid"], v.header["jwk"] = name, jwkOf(name, attacker())
		})},
		{"key by address", server.ReasonSignature, foreign(func(v *variant) {
			v.header["jku"] = one(v, "https://evil.example/keys", "https://api.aps.skype.com@evil.example/keys", "https://"+v.junk(20)+".example/keys")
		})},
		{"certificate by address", server.ReasonSignature, foreign(func(v *variant) { v.header["x5u"] = "https://" + v.junk(20) + ".example/c.pem" })},
		{"embedded certificate", server.ReasonSignature, foreign(func(v *variant) { v.header["x5c"], v.header["x5t"] = []string{"MIIB" + v.junk(40)}, "a" })},
		{"weak key", server.ReasonUnknownKey, signedBy(weakKey, "weak")},
		{"key for encryption", server.ReasonUnknownKey, signedBy(keyB, "enc")},
		{"key for another algorithm", server.ReasonUnknownKey, signedBy(keyB, "rs512")},
		{"symmetric key", server.ReasonUnknownKey, signedBy(keyB, "oct")},
		{"key with a bad exponent", server.ReasonUnknownKey, signedBy(keyB, "even", "one")},
		{"broken key", server.ReasonUnknownKey, signedBy(keyB, "broken")},
	}
}

func forgedSignatures() []forgery {
	with := func(change func(v *variant, signature []byte) []byte) func(*variant) []string {
		return func(v *variant) []string {
			h, c, _ := v.parts()
			return bearer(h + "." + c + "." + b64(change(v, v.signature())))
		}
	}
	return []forgery{
		{"no signature", server.ReasonSignature, with(func(*variant, []byte) []byte { return nil })},
		{"short signature", server.ReasonSignature, with(func(v *variant, s []byte) []byte { return s[:1+v.IntN(255)] })},
		{"long signature", server.ReasonSignature, with(func(v *variant, s []byte) []byte {
			more := make([]byte, 1+v.IntN(300))
			return one(v, append(s, more...), append(more, s...))
		})},
		{"one bit of the signature", server.ReasonSignature, with(func(v *variant, s []byte) []byte {
			s[v.IntN(len(s))] ^= 1 << v.IntN(8)
			return s
		})},
		{"zero signature", server.ReasonSignature, with(func(v *variant, s []byte) []byte {
			clear(s)
			return one(v, s, []byte{1}, s[:v.IntN(255)+1])
		})},
		{"signature of another token", server.ReasonSignature, func(v *variant) []string {
			h, c, _ := v.parts()
			return bearer(h + "." + c + "." + segmentOf(goodTokens()[v.IntN(variants)].good, 2, v.good))
		}},
		{"one bit of the claims", server.ReasonSignature, func(v *variant) []string {
			h, _, s := v.parts()
			v.claims["jti"] = v.Uint64() // a claim that nobody reads
			return bearer(h + "." + segment(v.claims) + "." + s)
		}},
		{"other claims", server.ReasonSignature, func(v *variant) []string {
			h, _, s := v.parts()
			v.claims["tid"], v.claims["exp"] = tenant, newClock().Now().Add(time.Duration(1+v.IntN(80_000))*time.Second+time.Millisecond).UnixMilli()/1000
			v.claims["more"] = v.junk(100)
			return bearer(h + "." + segment(v.claims) + "." + s)
		}},
		{"other header", server.ReasonSignature, func(v *variant) []string {
			_, c, s := v.parts()
			return bearer(segment(object{"alg": "RS256", "kid": "a", "x": v.junk(20)}) + "." + c + "." + s)
		}},
		{"signature of another hash", server.ReasonSignature, with(func(v *variant, _ []byte) []byte {
			h, c, _ := v.parts()
			return pkcs1(keyA(), one(v, crypto.SHA384, crypto.SHA512), h+"."+c)
		})},
		{"PSS signature", server.ReasonSignature, with(func(v *variant, _ []byte) []byte {
			h, c, _ := v.parts()
			return pssSignature(crypto.SHA256, h+"."+c)
		})},
		{"signature over a part", server.ReasonSignature, with(func(v *variant, _ []byte) []byte {
			h, c, _ := v.parts()
			return pkcs1(keyA(), crypto.SHA256, one(v, h, c, h+c, h+"."+c+"."))
		})},
	}
}

// segmentOf is a part of a token; of the other one, if that is the same token.
func segmentOf(token string, part int, not string) string {
	if token == not {
		i := slices.IndexFunc(goodTokens(), func(v variant) bool { return v.good != not })
		token = goodTokens()[i].good
	}
	return strings.Split(token, ".")[part]
}

func forgedClaims() []forgery {
	return []forgery{
		{"no issuer", server.ReasonIssuer, inClaims("iss", absent{}, "")},
		{"issuer is no string", server.ReasonMalformed, inClaims("iss", 1, nil, []string{issuer}, object{})},
		{"other issuer", server.ReasonIssuer, resigned(func(v *variant) {
			v.claims["iss"] = one(v, "https://evil.example", "https://sts.windows.net/"+tenant+"/", "https://api.botframework.us", "https://"+v.junk(30)+".com")
		})},
		{"issuer in another spelling", server.ReasonIssuer, inClaims("iss", issuer+"/", "http://api.botframework.com", strings.ToUpper(issuer), issuer+" ", issuer+".evil.example", " "+issuer, issuer+"\x00")},
		{"no audience", server.ReasonAudience, inClaims("aud", absent{}, "", []string{}, nil, 5, object{appID: 1})},
		{"other audience", server.ReasonAudience, resigned(func(v *variant) {
			v.claims["aud"] = one[any](v, "22222222-41c3-47a4-8775-7259bfef4241", "https://api.botframework.com", "*", appID+"x", appID[:1+v.IntN(35)], []string{v.junk(36)})
		})},
		{"several audiences", server.ReasonMalformed, inClaims("aud", []string{appID, appID}, []string{"x", appID}, []any{appID, 1})},
		{"audience of another app of ours", server.ReasonOtherApp, inClaims("aud", otherApp, []string{otherApp}, strings.ToUpper(otherApp))},
		{"no tenant", server.ReasonTenant, inClaims("tid", absent{}, "")},
		{"tenant is no string", server.ReasonMalformed, inClaims("tid", 1, nil, []string{tenant}, object{})},
		{"other tenant", server.ReasonTenant, resigned(func(v *variant) {
			v.claims["tid"] = one(v, "33333333-4620-44ed-baec-459b611f84b2", "*", tenant+" ", "common", tenant[:1+v.IntN(35)], v.junk(36))
		})},
		{"tenant under another name", server.ReasonTenant, resigned(func(v *variant) { renamed(v.claims, "tid", one(v, "TID", "tenantid", "Tid", "tid ")) })},
		{"application is no string", server.ReasonMalformed, inClaims("appid", 1, nil, []string{"x"})},
	}
}

func forgedTimes() []forgery {
	now := newClock().Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	some := func(v *variant) time.Duration { return time.Duration(1+v.IntN(100_000)) * time.Second }
	// life sets begin, nil for none, and end.
	life := func(limits func(v *variant) (nbf, exp any)) func(*variant) []string {
		return resigned(func(v *variant) {
			v.claims["nbf"], v.claims["exp"] = limits(v)
			if v.claims["nbf"] == nil {
				delete(v.claims, "nbf")
			}
		})
	}
	return []forgery{
		{"no expiry", server.ReasonNoExpiry, inClaims("exp", absent{}, 0)},
		{"expiry under another name", server.ReasonNoExpiry, resigned(func(v *variant) { renamed(v.claims, "exp", one(v, "EXP", "Exp", "expires", "exp ")) })},
		{"expiry is no number", server.ReasonMalformed, inClaims("exp", "9999999999", nil, true, []int64{at(time.Hour)}, object{})},
		{"expiry beyond all time", server.ReasonMalformed, inClaims("exp", 1e15, 1e300, -1e300)},
		{"expired", server.ReasonExpired, resigned(func(v *variant) {
			v.claims["exp"] = one(v, at(-5*time.Minute), at(-5*time.Minute-some(v)), at(-9000*time.Hour), 1, -1)
		})},
		{"not yet valid", server.ReasonNotYetValid, life(func(v *variant) (any, any) {
			begin := 5*time.Minute + some(v)
			return at(begin), at(begin + time.Hour)
		})},
		{"begin is no number", server.ReasonMalformed, inClaims("nbf", "0", nil, false)},
		{"begin beyond all time", server.ReasonMalformed, inClaims("nbf", 1e15, -1e15)},
		{"lives too long", server.ReasonTooLongLife, life(func(v *variant) (any, any) {
			begin := -time.Duration(v.IntN(3600)) * time.Second
			return at(begin), at(begin + 24*time.Hour + some(v))
		})},
		{"lives too long without a begin", server.ReasonTooLongLife, life(func(v *variant) (any, any) {
			return one[any](v, nil, 0), at(24*time.Hour + some(v))
		})},
	}
}

// signedAs is the token with another algorithm and its signature.
func (v *variant) signedAs(alg string, signature func(signed string) []byte) []string {
	v.header["alg"] = alg
	signed := segment(v.header) + "." + segment(v.claims)
	return bearer(signed + "." + b64(signature(signed)))
}

// confused is a token whose HMAC key is the issuer's public key, in one of its
// forms.
func confused(v *variant) []string {
	der, err := x509.MarshalPKIXPublicKey(&keyA().PublicKey)
	if err != nil {
		panic(err)
	}
	pkcs := x509.MarshalPKCS1PublicKey(&keyA().PublicKey)
	secret := one(v, der, pkcs, keyA().N.Bytes(), nil,
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs}))
	bits := one(v, "256", "384", "512")
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[bits]
	return v.signedAs("HS"+bits, func(signed string) []byte {
		mac := hmac.New(hash.New, secret)
		mac.Write([]byte(signed))
		return mac.Sum(nil)
	})
}

func pssSignature(hash crypto.Hash, signed string) []byte {
	h := hash.New()
	h.Write([]byte(signed))
	sig, err := rsa.SignPSS(cryptorand.Reader, keyA(), hash, h.Sum(nil), nil)
	if err != nil {
		panic(err)
	}
	return sig
}

var curves = sync.OnceValues(func() (*ecdsa.PrivateKey, ed25519.PrivateKey) {
	first, err := ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader)
	if err != nil {
		panic(err)
	}
	_, second, err := ed25519.GenerateKey(cryptorand.Reader)
	if err != nil {
		panic(err)
	}
	return first, second
})

func elliptical(signed string) []byte {
	key, _ := curves()
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(cryptorand.Reader, key, sum[:])
	if err != nil {
		panic(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func edwards(signed string) []byte {
	_, key := curves()
	return ed25519.Sign(key, []byte(signed))
}
