package control

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// App is a bot that is registered besides the one of [Config]. It is of the same
// tenant, and sees nobody's calls but its own.
type App struct {
	ID          string   `json:"id" doc:"application id"`
	Secret      string   `json:"secret,omitempty" doc:"client secret; left out: the one of the first bot. It is not told again"`
	Certificate string   `json:"certificate,omitempty" doc:"with whose key it may sign in place of its secret: in PEM, one or several"`
	Instance    string   `json:"instance,omitempty" doc:"its application instance (resource account); left out: it has no telephone numbers"`
	Bot         string   `json:"bot" doc:"where its incoming calls are posted"`
	Permissions []string `json:"permissions,omitzero" doc:"the roles in its access tokens; without it all that calls need"`
}

// check finds the first mistake; of addresses and ids graphsim knows more.
func (a App) check() error {
	switch {
	case !guid.MatchString(a.ID):
		return bad("id", fmt.Sprintf("%q is no application id", a.ID), "give a GUID such as 0f7dd3a4-9c6c-4f58-8d1c-3f5b6a2e9c01")
	case a.Bot == "":
		return bad("bot", "it is missing", "give the bot's callback address, such as http://127.0.0.1:3979/api/calls")
	}
	if a.Certificate == "" {
		return nil
	}
	if _, err := ReadCertificates([]byte(a.Certificate)); err != nil {
		return bad("certificate", err.Error(), `give the text of a PEM file, which begins with "-----BEGIN CERTIFICATE-----"`)
	}
	return nil
}

// ReadCertificates reads the certificates of a PEM file. Others than with RSA keys
// are refused: nobody signs client assertions with them.
func ReadCertificates(text []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue // its key may be in the same file
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read a certificate: %w", err)
		}
		if _, ok := c.PublicKey.(*rsa.PublicKey); !ok {
			return nil, fmt.Errorf("the certificate's key is of the kind %v, and not RSA", c.PublicKeyAlgorithm)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, errors.New("there is no certificate in PEM")
	}
	return all, nil
}

// apps are the bots besides the first, for graphsim.
func (s Setup) apps(secret string) []graphsim.App {
	var all []graphsim.App
	for _, a := range s.Apps {
		if a.Secret == "" {
			a.Secret = secret
		}
		certificates, _ := ReadCertificates([]byte(a.Certificate)) // check read them
		all = append(all, graphsim.App{ID: a.ID, Secret: a.Secret, Certificates: certificates, Instance: a.Instance, Webhook: a.Bot, Permissions: a.Permissions})
	}
	return all
}

// told is the set-up as it is told: without secrets.
func (s Setup) told() Setup {
	s.Apps = slices.Clone(s.Apps)
	for i := range s.Apps {
		s.Apps[i].Secret = ""
	}
	return s
}

// hasApp says that a bot is registered.
func (w *world) hasApp(id string) bool {
	_, ok := w.tokens.secrets[strings.ToLower(id)]
	return ok
}

// instance is the application instance of a bot; that of the first if none is
// named.
func (w *world) instance(id string) string {
	for _, a := range w.setup.Apps {
		if strings.EqualFold(a.ID, id) {
			return a.Instance
		}
	}
	return w.server.cfg.Instance
}

// secrets are the client secrets of all bots, by their ids in lower case.
func (s *Server) secrets(setup Setup) map[string]string {
	all := map[string]string{strings.ToLower(s.cfg.AppID): s.cfg.Secret}
	for _, a := range setup.apps(s.cfg.Secret) {
		all[strings.ToLower(a.ID)] = a.Secret
	}
	return all
}
