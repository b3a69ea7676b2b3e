package fetch

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// certificate is signed by itself, for a host and a time.
func certificate(t *testing.T, host string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// trusting is a pool of one certificate.
func trusting(t *testing.T, c tls.Certificate) *x509.CertPool {
	t.Helper()
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return pool
}

// Whatever is wrong with TLS, nothing is sent: neither a header with a secret
// nor a body.
func TestBadTLS(t *testing.T) {
	tomorrow, here := time.Now().Add(24*time.Hour), "127.0.0.1"
	good := certificate(t, here, tomorrow)
	for _, tt := range []struct {
		name   string
		config *tls.Config
		trust  tls.Certificate
		detail string
	}{
		{"nobody's certificate", &tls.Config{Certificates: []tls.Certificate{good}}, certificate(t, here, tomorrow), "signed by nobody known"},
		{"expired", &tls.Config{Certificates: []tls.Certificate{certificate(t, here, time.Now().Add(-time.Hour))}}, tls.Certificate{}, "has expired"},
		{"another name", &tls.Config{Certificates: []tls.Certificate{certificate(t, "other.test", tomorrow)}}, tls.Certificate{}, "for another name"},
		{"another address", &tls.Config{Certificates: []tls.Certificate{certificate(t, "127.0.0.2", tomorrow)}}, tls.Certificate{}, "for another name"},
		{"old version", &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, tls.Certificate{}, "no connection"},
		{"no TLS", nil, good, "does not speak TLS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var hits atomic.Int64
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
			s.Config.ErrorLog = quiet()
			trust := tt.trust
			if tt.config == nil {
				s.Start()
			} else {
				if trust.Certificate == nil {
					trust = tt.config.Certificates[0]
				}
				s.TLS = tt.config
				s.StartTLS()
			}
			defer s.Close()
			origin := "https://127.0.0.1:" + portOf(t, s.URL)
			f := fetcher(t, Config{RootCAs: trusting(t, trust), Hosts: []Host{{Origin: origin, Flows: []string{"f"}, Networks: []string{"127.0.0.0/8"}}}})
			res, err := f.Do(t.Context(), with(post(origin+"/", "x"), func(r *Request) { r.Retry.Max = 1 }))
			e := wantKind(t, err, ErrConnect)
			if !strings.Contains(e.Error(), tt.detail) || e.Reason != ivr.ReasonUnreachable || hits.Load() != 0 {
				t.Errorf("got %+v, %v with reason %q; %d requests", res, e, e.Reason, hits.Load())
			}
		})
	}
}
