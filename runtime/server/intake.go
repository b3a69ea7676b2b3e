package server

import (
	"context"
	"errors"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Intake takes deliveries whose token was good. It returns nil once the
// notifications are kept, so that they survive whatever the store survives;
// only then is the sender told 202. Nothing slow happens in it. Methods are
// called concurrently.
type Intake interface {
	// Incoming takes what came to the webhook: new calls, and the end of calls
	// that were not answered yet. Nothing else gets there. With an
	// *ElsewhereError it sends the delivery to another deployment.
	Incoming(ctx context.Context, d Delivery) error
	// Deliver takes what came to a session's own address. It compares
	// d.Secret (with SameSecret) and d.Tenant with the session's, and answers
	// ErrForbidden if either differs.
	Deliver(ctx context.Context, d Delivery) error
}

// Delivery is one callback: a batch of notifications with what vouches for
// it. Each notification stands alone.
type Delivery struct {
	// Session, Leg and Secret are the parts of the callback's address. They
	// are empty at the webhook, and unproven until the intake compared Secret.
	Session ivr.SessionID
	Leg     ivr.LegID
	Secret  string
	// Tenant is the token's tenant, in lower case.
	Tenant string
	// ScenarioID, MessageID and ChainID are the platform's correlation
	// headers, empty if absent. They are for logs and echoes, not for proofs.
	ScenarioID, MessageID, ChainID string
	// Notifications are in the order of the body, at least one. At a
	// session's address they include elements that could not be read (Err) and
	// those of an unknown kind.
	Notifications []graph.Notification
	// Received is when the request was received.
	Received time.Time
}

// ElsewhereError says that another deployment of the bot takes these new calls,
// such as one in the callers' region. The platform is told 302 and sends its
// notification there; see "Request routing" in the articles of Microsoft's
// calling samples (calling-notifications).
type ElsewhereError struct {
	Location string // the other deployment's webhook, https
}

// Error names the place.
func (e *ElsewhereError) Error() string { return "calls are taken at " + e.Location }

// What an Intake answers besides nil. Any other error counts as ErrBusy.
var (
	// ErrNotFound says that there is no such session, or no more. The sender
	// is told 202, so that it stops.
	ErrNotFound = errors.New("no such session")
	// ErrForbidden says that secret or tenant are not the session's.
	ErrForbidden = errors.New("not allowed for this session")
	// ErrBusy says that the delivery could not be kept. The sender is told
	// 503.
	ErrBusy = errors.New("delivery could not be kept")
)
