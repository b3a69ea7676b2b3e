package postgres

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// connectError is a driver's error in fewer words: who wants to connect to what,
// and each address with what came of it, once.
type connectError struct{ *pgconn.ConnectError }

func (e *connectError) Unwrap() error { return e.ConnectError }

// Error implements error.
func (e *connectError) Error() string {
	var reasons []string
	all := attempts(e.ConnectError.Unwrap())
	for i, err := range all { // with TLS, and then without if the server has none
		r := reason(err)
		if slices.Contains(reasons, r) || i < len(all)-1 && strings.HasSuffix(r, "server refused TLS connection") {
			continue
		}
		reasons = append(reasons, r)
	}
	return fmt.Sprintf("connect as user %q to database %q: %s", e.Config.User, e.Config.Database, strings.Join(reasons, "; "))
}

// told is an error of connecting in our words, and any other as it is.
func told(err error) error {
	if e, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return &connectError{e}
	}
	return err
}

// attempts are the errors that are joined in one.
func attempts(err error) (all []error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range many.Unwrap() {
			all = append(all, attempts(err)...)
		}
		return all
	}
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), "hostname resolving error") {
		return attempts(inner)
	}
	return []error{err}
}

// reason is what one attempt came to. The driver writes ADDRESS (HOST): WHAT: WHY.
func reason(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("host %q: %s", e.Name, e.Err)
	}
	at, why, ok := strings.Cut(err.Error(), ": ")
	address, host, form := strings.Cut(strings.TrimSuffix(at, ")"), " (")
	if !ok || !form {
		return err.Error()
	}
	if !strings.Contains(address, host) {
		address = host + ", " + address
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		why = e.Err.Error()
		if e, ok := errors.AsType[*os.SyscallError](e); ok {
			why = e.Err.Error()
		}
	}
	return address + ": " + strings.TrimPrefix(why, "server error: ")
}

// badAddress says what is wrong with an address, without the address, in which a
// password may be where nobody looks for it.
func badAddress(err error) error {
	_, why, _ := strings.Cut(err.Error(), "`: ")
	if strings.HasPrefix(why, "failed to parse as") || why == "" {
		why = "it cannot be read; write it as postgres://ivrflow@db.example.com/ivrflow"
	}
	return errors.New("address of the PostgreSQL database: " + why)
}
