package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestMend(t *testing.T) {
	for code, want := range map[string]string{"28P01": "PGPASSWORD", "3D000": "CREATE DATABASE", "57P03": ""} {
		err := fmt.Errorf("connect: %w", errors.Join(errors.New("no TLS"), &pgconn.PgError{Code: code}))
		if got := mend(err); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("for %s: %q, want %q in it", code, got, want)
		}
	}
	if got := mend(errors.New("refused")); got != "" {
		t.Errorf("for an error that is not the server's: %q", got)
	}
}
