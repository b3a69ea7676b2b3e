package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// config reads the files that the flags name.
func (o *simOptions) config(cmd *cobra.Command) (control.Config, error) {
	cfg := control.Config{Webhook: o.bot, AppID: o.appID, Secret: o.secret, Tenant: o.tenant, Instance: o.instance, InsecureHTTP: o.insecure}
	var err error
	if cfg.Setup, err = o.setup(cmd); err != nil {
		return cfg, err
	}
	if o.token != "" {
		text, err := readPrivate(o.token)
		if err != nil {
			return cfg, failuref("--control-token-file: %w", err)
		}
		if cfg.Token = strings.TrimSpace(string(text)); len(cfg.Token) < minToken {
			return cfg, failuref("--control-token-file: the token in %s has %d characters; give %d or more, such as those of: openssl rand -hex 32", o.token, len(cfg.Token), minToken)
		}
	}
	if o.appCert != "" {
		text, err := os.ReadFile(o.appCert)
		if err == nil {
			cfg.Certificates, err = control.ReadCertificates(text)
		}
		if err != nil {
			return cfg, failuref("--app-cert: %w", err)
		}
	}
	if o.key != "" {
		if cfg.Key, err = keptKey(o.key); err != nil {
			return cfg, failuref("--key: %w", err)
		}
	}
	cfg.Transport, err = o.transport()
	return cfg, err
}

// minToken is the least length of a control token.
const minToken = 16

// transport is the way to the bot.
func (o *simOptions) transport() (http.RoundTripper, error) {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok || o.botCA == "" {
		return http.DefaultTransport, nil
	}
	text, err := os.ReadFile(o.botCA)
	if err != nil {
		return nil, failuref("--bot-ca: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without any
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, failuref("--bot-ca: %s has no certificate in PEM", o.botCA)
	}
	t = t.Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}

// certificate is the TLS of the listener; nil if there is none.
func (o *simOptions) certificate() (*tls.Config, error) {
	if o.cert == "" {
		return nil, nil //nolint:nilnil // no TLS is no fault
	}
	pair, err := tls.LoadX509KeyPair(o.cert, o.certKey)
	if err != nil {
		return nil, failuref("--tls-cert: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// keptKey reads the key in a file, and makes it if there is no file.
func keptKey(name string) (*rsa.PrivateKey, error) {
	text, err := readPrivate(name)
	if errors.Is(err, fs.ErrNotExist) {
		return newKey(name)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is no PEM file; delete it and a new key is made, or run: openssl genrsa -out %s 2048", name, name)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	pair, ok := key.(*rsa.PrivateKey)
	if err != nil || !ok || pair.N.BitLen() < 2048 {
		return nil, fmt.Errorf("%s holds no RSA key of 2048 bits or more; delete it and a new one is made", name)
	}
	return pair, nil
}

func newKey(name string) (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePrivate(name, func(w io.Writer) error { return pem.Encode(w, &pem.Block{Type: "PRIVATE KEY", Bytes: der}) })
}

// readPrivate reads a file that its owner alone can read. Windows has no such
// mode.
func readPrivate(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (its mode is %04o); run: chmod 600 %s", name, mode, name)
	}
	return io.ReadAll(io.LimitReader(f, 1<<20))
}
