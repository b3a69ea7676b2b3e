package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// steps are the changes of the schema, one a file: 0001.sql makes version 1 of
// nothing. A file that was released is never changed; a change is a new file.
//
//go:embed migrations/*.sql
var steps embed.FS

// ours is the application id in a file's header: "ivrf".
const ours = 0x69767266

// atLeast is the version of SQLite without which the log may be damaged when two
// connections move it into the file at once.
const atLeast = "3.51.3"

// one is what runs SQL: a connection or several.
type one interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// migrations are the texts of the steps, in order.
func migrations() ([]string, error) {
	names, err := fs.Glob(steps, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	texts := make([]string, len(names))
	for i, name := range names {
		if want := fmt.Sprintf("migrations/%04d.sql", i+1); name != want {
			return nil, fmt.Errorf("the schema's step %s is missing", want)
		}
		text, err := steps.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts[i] = string(text)
	}
	return texts, nil
}

// migrate brings the schema up to date: each step is a transaction of its own, so
// that what is interrupted leaves an earlier version, whole.
func migrate(ctx context.Context, c one, texts []string) error {
	have, err := known(ctx, c, texts)
	if err != nil {
		return err
	}
	for i, text := range texts[have:] {
		version := have + i + 1
		script := fmt.Sprintf("BEGIN IMMEDIATE;\n%s\n;PRAGMA application_id = %d;\nPRAGMA user_version = %d;\nCOMMIT;", text, ours, version)
		if _, err := c.ExecContext(ctx, script); err != nil { // whoever opened the connection closes it, which undoes the step
			return fmt.Errorf("bring the schema to version %d: %w", version, err)
		}
	}
	return nil
}

// known is the version of a file that this program can bring up to date.
func known(ctx context.Context, c one, texts []string) (version int, err error) {
	version, err = schemaVersion(ctx, c)
	if err == nil && version > len(texts) {
		err = fmt.Errorf("the file has version %d of the schema, this program knows none above %d: "+
			"use the ivrflow that wrote it, or a newer one", version, len(texts))
	}
	return version, err
}

// schemaVersion is 0 for an empty file. A file that another program wrote is an
// error.
func schemaVersion(ctx context.Context, c one) (version int, err error) {
	var app, tables int
	err = errors.Join(
		c.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app),
		c.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version),
		c.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables))
	if err != nil {
		return 0, err
	}
	if app != ours && (app != 0 || version != 0 || tables != 0) {
		return 0, errors.New("the file is a database of another program: give the store a file of its own")
	}
	return version, nil
}

// checkReadable says whether this program knows how to read the file.
func checkReadable(ctx context.Context, c one) error {
	texts, err := migrations()
	if err != nil {
		return err
	}
	have, err := known(ctx, c, texts)
	if err == nil && have < len(texts) {
		err = fmt.Errorf("the file has version %d of the schema, this program reads version %d: "+
			"`ivrflow run` brings it up to date", have, len(texts))
	}
	return err
}

// checkEngine refuses a SQLite that is too old.
func checkEngine(ctx context.Context, c one, least string) error {
	var have string
	if err := c.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&have); err != nil {
		return err
	}
	if slices.Compare(numbers(have), numbers(least)) < 0 {
		return fmt.Errorf("the program was built with SQLite %s, which may damage files: build it with %s or newer", have, least)
	}
	return nil
}

// numbers of a version, "3.51.3".
func numbers(version string) []int {
	var all []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil // older than all
		}
		all = append(all, n)
	}
	return all
}

// checkFile looks for damage in what the process reads when it starts: the live
// sessions and all that is needed to run them. Journals, blobs and flows are read
// later, and are the most: damage there is found then.
func checkFile(ctx context.Context, c one) error {
	for _, table := range []string{"sessions", "calls", "keys", "mails", "nodes", "counters"} {
		var found string
		if err := c.QueryRowContext(ctx, "PRAGMA quick_check("+table+")").Scan(&found); err != nil {
			return fmt.Errorf("look for damage in %s: %w", table, err)
		}
		if found != "ok" {
			return fmt.Errorf("the file is damaged: put a backup in its place, or move it away to begin without the calls in it; "+
				"table %s: %s", table, strings.Join(strings.Fields(found), " "))
		}
	}
	return nil
}
