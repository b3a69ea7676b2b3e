package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// mend is what to do about a database that cannot be opened, if that is known.
func mend(err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ""
	}
	switch e.Code {
	case "28P01", "28000":
		return "; put the password into PGPASSWORD or a password file, or the address with it where store: {postgres: {env: NAME}} reads it"
	case "3D000":
		return "; make the database: CREATE DATABASE ivrflow OWNER ivrflow"
	}
	return ""
}
