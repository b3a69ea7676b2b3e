package graphsim

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// App is a bot that is registered besides the one of [Config]: several can be
// in one meeting, and none of them sees another's calls. ID, Secret and Webhook
// are required.
type App struct {
	ID       string // application id
	Secret   string // client secret
	Instance string // its application instance, "" for none
	Webhook  string // where its incoming calls are posted; https, or http on loopback
	// Certificates are those with whose RSA keys it may sign in place of its
	// secret.
	Certificates []*x509.Certificate
	// Permissions are the roles in its access tokens. Nil means all calling
	// permissions.
	Permissions []string
}

// registered is an app with what it has used of its quotas.
type registered struct {
	App
	live     int         // calls that are not over
	calls    []time.Time // when those of the last 30 days began
	requests []time.Time // of the last ten seconds
}

func (cfg Config) apps() []*registered {
	all := []*registered{{App: App{ID: cfg.AppID, Secret: cfg.Secret, Instance: cfg.Instance, Webhook: cfg.Webhook, Certificates: cfg.Certificates, Permissions: cfg.Permissions}}}
	for _, a := range cfg.Apps {
		if a.Permissions == nil {
			a.Permissions = allPermissions()
		}
		all = append(all, &registered{App: a})
	}
	return all
}

func (cfg Config) checkApps() error {
	var faults []error
	ids := []string{strings.ToLower(cfg.AppID)}
	for i, a := range cfg.Apps {
		place := fmt.Sprintf("config.Apps[%d]", i)
		if a.ID == "" || a.Secret == "" {
			faults = append(faults, fmt.Errorf("%s: id or secret is missing", place))
		}
		if slices.Contains(ids, strings.ToLower(a.ID)) {
			faults = append(faults, fmt.Errorf("%s: the id %q is registered already", place, a.ID))
		}
		ids = append(ids, strings.ToLower(a.ID))
		if err := cfg.checkAddress(a.Webhook); err != nil {
			faults = append(faults, fmt.Errorf("%s.Webhook: %w", place, err))
		}
	}
	return errors.Join(faults...)
}

// app is a registered bot by its application id; nil if there is none.
func (s *Sim) app(id string) *registered {
	i := slices.IndexFunc(s.apps, func(a *registered) bool { return strings.EqualFold(a.ID, id) })
	if i < 0 {
		return nil
	}
	return s.apps[i]
}

// rung is the bot that a caller rings.
func (s *Sim) rung(from Caller) (*registered, error) {
	id := from.App
	switch {
	case id != "":
	case from.Called.Kind == ivr.PartyBot && s.app(from.Called.ID) != nil:
		id = from.Called.ID
	case from.Called.Kind == ivr.PartyApplication:
		for _, a := range s.apps {
			if a.Instance != "" && strings.EqualFold(a.Instance, from.Called.ID) {
				id = a.ID
			}
		}
	}
	if id == "" {
		return s.apps[0], nil
	}
	if a := s.app(id); a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("ring: no app %q is registered", id)
}

// may says that the app has one of these permissions.
func (a *registered) may(roles ...string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(a.Permissions, r) })
}
