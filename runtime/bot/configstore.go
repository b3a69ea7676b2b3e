package bot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// Bounds of a lease. A shorter one leaves no time to send anything, and a longer
// one leaves callers in silence when a process has died.
const (
	minLease = 3 * time.Second
	maxLease = time.Minute
)

const day = 24 * time.Hour

var daysForm = regexp.MustCompile(`^[0-9]{1,5}d$`)

// KeyFile is where the key of a store that is a file is made and kept, if the
// configuration has none.
func KeyFile(store string) string { return store + ".key" }

func (r *configReader) store(n *tree.Node) {
	if n.Kind == tree.Map {
		r.fields("store.", n)
		return
	}
	if s, ok := n.Str(&r.list); ok {
		r.placed(n, s)
	}
}

// placed reads a place that is one word.
func (r *configReader) placed(n *tree.Node, text string) {
	p, err := ParseStore(text)
	switch {
	case err != nil:
		r.errorf(n.Pos, ruleConfigStore, "%s", err)
		return
	case p.Kind == StoreSQLite:
		p.File = r.path(p.File)
	case p.Kind == StorePostgres && hasPassword(text):
		r.errorf(n.Pos, ruleConfigLiteral, "a password does not stand in the configuration; write store: {postgres: {env: IVRFLOW_POSTGRES}}, or store: {postgres: {file: /run/secrets/postgres}}")
		return
	}
	r.cfg.StoreAt = p
}

func (r *configReader) storeSQLite(n *tree.Node) {
	s, ok := n.Str(&r.list)
	if !ok {
		return
	}
	r.cfg.StoreAt = StorePlace{Kind: StoreSQLite, File: r.path(s)}
	if s == "" {
		r.errorf(n.Pos, ruleConfigStore, "name the file of the store, such as %s", DefaultStoreFile)
	}
}

// storePostgres reads an address, which stands here if it has no password.
func (r *configReader) storePostgres(n *tree.Node) {
	r.cfg.StoreAt = StorePlace{Kind: StorePostgres}
	if n.Kind != tree.Map {
		s, ok := n.Str(&r.list)
		if !ok {
			return
		}
		if p, err := ParseStore(s); err == nil && p.Kind != StorePostgres {
			r.errorf(n.Pos, ruleConfigStore, "this is not the address of a database, such as postgres://ivrflow@db.example.com/ivrflow")
			return
		}
		r.placed(n, s)
		return
	}
	s, ok := r.secret("postgres", n)
	if !ok {
		return
	}
	p, err := ParseStore(s)
	if err != nil || p.Kind != StorePostgres {
		r.errorf(n.Pos, ruleConfigStore, "what is there is not the address of a database, such as postgres://ivrflow:PASSWORD@db.example.com/ivrflow")
		return
	}
	r.cfg.StoreAt.URL = ivr.NewSecret(s)
}

func (r *configReader) lease(n *tree.Node) { r.cfg.Lease = r.between(n, minLease, maxLease) }

func (r *configReader) keepKeys(n *tree.Node) {
	if n.Kind == tree.Scalar && (n.Value == "0" || n.Value == "0s") {
		r.cfg.Retention.Keys = -1
		return
	}
	r.cfg.Retention.Keys = r.long(n, time.Minute, 366*day)
}

func (r *configReader) keepCalls(n *tree.Node) { r.cfg.Retention.Calls = r.long(n, day, 3660*day) }

func (r *configReader) keepRecordings(n *tree.Node) {
	r.cfg.Retention.Recordings = r.long(n, time.Hour, 3660*day)
}

// long reads a duration within bounds, which may be in days: 90d.
func (r *configReader) long(n *tree.Node, least, most time.Duration) time.Duration {
	var d time.Duration
	if n.Kind == tree.Scalar && daysForm.MatchString(n.Value) {
		days, _ := strconv.Atoi(n.Value[:len(n.Value)-1]) // it has the form
		d = time.Duration(days) * day
	} else {
		var l diag.List
		var ok bool
		if d, ok = n.Duration(&l); !ok && len(l) > 0 {
			r.errorf(n.Pos, tree.RuleDuration, "want a time such as 24h or 90d here, not %s", n.What())
		}
		if !ok {
			return 0
		}
	}
	if d < least || d > most {
		r.errorf(n.Pos, ruleConfigRange, "%s is out of range; want %s to %s", n.Value, inDays(least), inDays(most))
		return 0
	}
	return d
}

// checkStore compares what is said of the store, without opening it.
func (r *configReader) checkStore() {
	n := r.at["store"]
	if n == nil {
		return
	}
	sqlite, postgres := r.at["store.sqlite"], r.at["store.postgres"]
	lease := r.at["store.lease"]
	switch {
	case n.Kind == tree.Map && sqlite != nil && postgres != nil:
		r.errorf(n.Pos, ruleConfigStore, "calls are kept in one place; keep sqlite or postgres")
		return
	case n.Kind == tree.Map && r.lacks("store.sqlite") && r.lacks("store.postgres"):
		r.errorf(n.Pos, ruleConfigMissing, `store has neither "sqlite" nor "postgres"; one of them says where calls are kept`)
		return
	case lease != nil && sqlite != nil:
		r.errorf(lease.Pos, ruleConfigStore, "a lease is for several processes on one PostgreSQL; a file belongs to one process; take it out")
	}
	switch r.cfg.StoreAt.Kind {
	case StorePostgres:
		if r.lacks("key") {
			r.errorf(n.Pos, ruleConfigMissing, "calls in PostgreSQL need key, the same for all processes of the bot; make one with: openssl rand -base64 %d", minKey)
		}
	case StoreSQLite:
		r.checkStoreFile(n)
	case StoreMemory:
	}
}

// checkStoreFile looks at the file without opening it. On a machine where the bot
// does not run nothing need be there.
func (r *configReader) checkStoreFile(n *tree.Node) {
	file := r.cfg.StoreAt.Path()
	if s := r.at["store.sqlite"]; s != nil {
		n = s
	}
	if err := CheckStoreFile(file); err != nil {
		r.errorf(n.Pos, ruleConfigFile, "%s", err)
		return
	}
	if folder, err := os.Stat(filepath.Dir(file)); err != nil || !folder.IsDir() {
		severity := diag.Error
		if r.checkOnly {
			severity = diag.Note
		}
		r.list = append(r.list, diag.Diagnostic{Pos: n.Pos, Severity: severity, Rule: ruleConfigFile,
			Message: fmt.Sprintf("there is no folder %q for the store; make it, writable for the bot's user", clipText(filepath.Dir(file)))})
		return
	}
	if r.lacks("key") {
		if err := CheckKeyFile(file); err != nil {
			r.errorf(n.Pos, ruleConfigSecret, "%s", err)
		}
	}
}

// CheckStoreFile says why a store cannot be a file.
func CheckStoreFile(file string) error {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%q is not a file; name the file of the store, such as %s", clipText(file), filepath.Join(file, DefaultStoreFile))
	}
	return nil
}

// CheckKeyFile says why the key beside a store cannot be used, or why none may be
// made.
func CheckKeyFile(file string) error {
	_, err := ReadKeyFile(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info, err := os.Stat(file); err == nil && info.Size() > 0 {
		return fmt.Errorf("the store %q is there and its key is not; put %q back, or move the store away to begin anew: without its key nothing that is encrypted in it can be read", clipText(file), clipText(KeyFile(file)))
	}
	return nil
}

// ReadKeyFile reads the key beside a store. The error wraps fs.ErrNotExist if
// there is none.
func ReadKeyFile(file string) ([]byte, error) {
	name := KeyFile(file)
	b, err := readSecretFile(name, clipText(name))
	if _, missing := errors.AsType[*missingSecretError](err); missing {
		return nil, &noKeyFileError{err}
	}
	if err != nil {
		return nil, err
	}
	key, err := parseKey(string(b))
	if err != nil {
		return nil, fmt.Errorf("the file %q holds no key; put the right one back, or move it and the store away to begin anew", clipText(name))
	}
	return key, nil
}

// noKeyFileError is fs.ErrNotExist, in our words.
type noKeyFileError struct{ why error }

func (e *noKeyFileError) Error() string { return e.why.Error() }

func (e *noKeyFileError) Is(target error) bool { return target == fs.ErrNotExist }

// checkRetention compares how long things are kept.
func (r *configReader) checkRetention() {
	kept := r.cfg.Retention.withDefaults()
	if n := r.at["retention.keys"]; n != nil && kept.Keys > kept.Calls {
		r.errorf(n.Pos, ruleConfigRange, "keys cannot be kept longer than the calls (%s); lower keys, or raise calls", inDays(kept.Calls))
	}
	if n := r.at["retention.recordings"]; n != nil && r.at["recordings"] != nil {
		r.list.Warnf(n.Pos, ruleConfigRecords, "recordings are in a folder of yours, where nothing deletes them; take this out, or recordings")
	}
	if n := r.at["retention"]; n != nil && r.cfg.StoreAt.Kind == StoreMemory {
		r.list.Warnf(n.Pos, ruleConfigStore, "calls in memory are gone with their end, so nothing is kept; take this out")
	}
}

// inDays is a long duration as people write it.
func inDays(d time.Duration) string {
	if d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return short(d)
}

// storeFields are those that a store alone needs.
func storeFields() []string { return []string{"key", "store", "retention"} }

// LoadStore reads of a configuration file what says where calls are kept, and
// nothing else: StoreAt, Key, Lease and Retention. The rest may be wrong. A key
// that is not there is a note, and no fault.
func (cl ConfigLoader) LoadStore(path string) (Config, diag.List, error) {
	cl.CheckOnly = true
	r, root, err := cl.reader(path)
	if err != nil {
		return Config{}, nil, err
	}
	if root != nil {
		r.only = storeFields()
		r.fields("", root)
		r.checkStore()
	}
	r.list.Sort()
	if r.list.HasErrors() {
		return Config{}, r.list, nil
	}
	return r.cfg, r.list, nil
}
