package bot

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/prompt/transcode"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// DefaultAddr is where a bot listens if its configuration does not say.
const DefaultAddr = ":8443"

// The rules of the findings about a configuration file, beside those of
// package tree.
const (
	ruleConfigMissing = "missing-key"
	ruleConfigSecret  = "secret" // missing, weak, or readable by others
	ruleConfigLiteral = "literal-secret"
	ruleConfigURL     = "url"
	ruleConfigFile    = "file"
	ruleConfigRange   = "range"
	ruleConfigID      = "id" // no GUID
	ruleConfigPhone   = "phone"
	ruleConfigFlow    = "unknown-flow"
	ruleConfigRoute   = "route"
	ruleConfigValue   = "config-value"
	ruleConfigSpeech  = "speech"
	ruleConfigCloud   = "cloud"
	ruleConfigRecords = "recordings"
	ruleConfigAudio   = "audio"
	ruleConfigStore   = "store"
	ruleConfigHTTP    = "http" // a host, or a request of a flow that is not allowed
)

// ConfigLoader reads configuration files. Its zero value reads the process's
// environment and logs to its standard error.
type ConfigLoader struct {
	// Env finds an environment variable; nil is os.LookupEnv.
	Env func(name string) (string, bool)
	// LogTo is where the logger of the configuration writes; nil is os.Stderr.
	LogTo io.Writer
	// CheckOnly is for a machine that is not to run the bot: secrets that are not
	// there are notes, and no folder is made. The Config cannot be run.
	CheckOnly bool
	// Files is told which files are read, in place of those of the load before; nil:
	// nobody is.
	Files *Files
	// Cache keeps audio that was converted, so that the next load need not do it
	// again; nil: one that this load has for itself.
	Cache *prompt.Cache
	// StoreAt is where calls are kept, whatever the file says, if it is named.
	StoreAt StorePlace
}

// LoadConfig reads a configuration file with the zero ConfigLoader.
func LoadConfig(path string) (Config, diag.List, error) { return ConfigLoader{}.Load(path) }

// Load reads a configuration file, such as bot.yaml, and the flows it names.
// ConfigFields lists what it may hold. Paths in it are relative to its folder.
//
// The list holds all faults of the file and of its flows, sorted; with an
// error among them the Config is zero, but for Audio. The error is not nil only if the file
// itself could not be read. If all is well the folder for recordings is made,
// if there is none yet.
func (cl ConfigLoader) Load(path string) (Config, diag.List, error) {
	r, root, err := cl.reader(path)
	if err != nil {
		return Config{}, nil, err
	}
	if root != nil {
		r.read(root)
	}
	if !r.list.HasErrors() && !cl.CheckOnly {
		r.finish(cl.LogTo)
	}
	r.list.Sort()
	if r.list.HasErrors() {
		return Config{Audio: r.cfg.Audio}, r.list, nil
	}
	return r.cfg, r.list, nil
}

// reader parses a file. Of one that is no map the tree is nil.
func (cl ConfigLoader) reader(path string) (*configReader, *tree.Node, error) {
	cl.Files.reset()
	cl.Files.note(path)
	src, err := readConfig(path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading configuration: %w", err)
	}
	r := &configReader{dir: filepath.Dir(path), env: cl.Env, files: cl.Files, cache: cl.Cache, checkOnly: cl.CheckOnly, at: map[string]*tree.Node{}, lost: map[string]bool{}}
	r.cfg.StoreAt = StorePlace{Folder: r.dir}
	if cl.StoreAt.Named() {
		r.cfg.StoreAt, r.elsewhere = cl.StoreAt, true
	}
	if r.env == nil {
		r.env = os.LookupEnv
	}
	root, list := tree.Parse(path, src)
	r.list = list
	if root != nil {
		r.unread = root.Unread
	}
	return r, root, nil
}

// readConfig reads at most one byte more than tree.Parse accepts.
func readConfig(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder; name the file in it", path)
	}
	return io.ReadAll(io.LimitReader(f, tree.MaxSize+1))
}

// configReader holds a configuration while it is being read.
type configReader struct {
	dir  string // of the file; paths in it are relative to it
	env  func(string) (string, bool)
	list diag.List
	cfg  Config

	files *Files        // see ConfigLoader
	cache *prompt.Cache // likewise

	checkOnly bool
	only      []string // the keys that count; nil: all
	elsewhere bool     // somebody else says where calls are kept

	at        map[string]*tree.Node // the fields that are there, by ConfigField.Name
	lost      map[string]bool       // the fields that are there and cannot be read, or not in full
	unread    string                // what could not be read, perhaps with fields in it
	stray     bool                  // there are keys that nobody knows
	routes    []placedRoute
	hosts     []placedHost
	bound     []placedSecret
	httpWrong bool   // something about hosts or secrets is wrong, which is reported
	fallback  string // the default flow
	entra     bool   // entra_callbacks
	flowFiles []flowFile
	convert   transcode.Command
	level     slog.Level
	json      bool
	public    *url.URL // public_url, to be checked

	metadata   *url.URL // graph.metadata_url, to be checked
	thumbprint string   // of the simulator's key, if it is named
}

func (r *configReader) errorf(pos diag.Pos, rule, format string, args ...any) {
	r.list.Errorf(pos, rule, format, args...)
}

// read reads all fields, then checks what needs more than one of them.
func (r *configReader) read(root *tree.Node) {
	r.fields("", root)
	r.cfg.Audio = ConvertAudio(r.convert)
	r.cfg.Audio.Cache = cmp.Or(r.cache, r.cfg.Audio.Cache)
	r.loadFlows()
	r.checkTLS()
	r.checkStore()
	r.checkRetention()
	r.checkCloud()
	r.checkPublic()
	r.checkRoutes()
	r.checkFlowConfig()
	r.checkHTTP()
	r.checkNeeds()
	r.checkFallback()
	r.checkMetrics()
	r.checkAdmin()
}

// fields reads the map of the fields whose names begin with prefix, "tls." for
// one.
func (r *configReader) fields(prefix string, n *tree.Node) {
	known := children(prefix)
	what := strings.TrimSuffix(prefix, ".")
	switch prefix {
	case "":
		what = "the configuration"
	case "routes.":
		what = "a route"
	case "hosts.":
		what = "a host"
	}
	names := make([]string, 0, len(known))
	for _, f := range known {
		names = append(names, strings.TrimPrefix(f.Name, prefix))
	}
	there := map[string]bool{}
	r.strays(n, names)
	for _, e := range n.MeantFields(r.findings(prefix), what, names...) {
		f := known[slices.Index(names, e.Key)]
		if prefix == "" && r.skips(f.Name) {
			continue
		}
		there[f.Name] = true
		r.lost[f.Name] = e.Value.Null() || e.Value.Hurt() || n.Repeated(e.Key)
		if e.Value.Null() {
			r.errorf(e.KeyPos, ruleConfigMissing, "%q has no value; give it one, or take it out", f.Name)
		}
		if e.Value.Null() || e.Value.Faulty() {
			continue
		}
		r.at[f.Name] = e.Value
		if f.read == nil {
			r.fields(f.Name+".", e.Value)
			continue
		}
		f.read(r, e.Value)
	}
	for _, f := range known {
		key := strings.TrimPrefix(f.Name, prefix)
		if f.Required && !there[f.Name] && n.Kind == tree.Map && r.only == nil && !strings.Contains(r.unread, key) {
			r.errorf(n.Pos, ruleConfigMissing, "%s has no %q, which is required: %s", what, key, f.Doc)
		}
	}
}

// findings are where the keys of a map are reported that nobody knows.
func (r *configReader) findings(prefix string) *diag.List {
	if prefix == "" && r.only != nil {
		return &diag.List{}
	}
	return &r.list
}

// skips reports a key of the file that does not count.
func (r *configReader) skips(name string) bool {
	return r.only != nil && !slices.Contains(r.only, name) || r.elsewhere && name == "store"
}

// strays takes in the keys that nobody knows: they may have been meant for any
// of the names.
func (r *configReader) strays(n *tree.Node, names []string) {
	for _, e := range n.Entries {
		if _, meant := n.Meant(e.Key, names); !meant && !slices.Contains(names, e.Key) {
			r.unread += e.Key + "\n"
			r.stray = true
		}
	}
}

// lacks reports that a field is not there, as far as the file could be read.
func (r *configReader) lacks(field string) bool {
	return r.at[field] == nil && !r.lost[field] && !r.stray && !strings.Contains(r.unread, field)
}

// children are the fields directly below a prefix.
func children(prefix string) []ConfigField {
	return slices.DeleteFunc(ConfigFields(), func(f ConfigField) bool {
		rest, below := strings.CutPrefix(f.Name, prefix)
		return !below || strings.Contains(rest, ".")
	})
}

// finish makes what has an effect outside, once nothing is wrong.
func (r *configReader) finish(logTo io.Writer) {
	if logTo == nil {
		logTo = os.Stderr
	}
	r.cfg.logs = fmt.Sprint(r.level, r.json)
	opts := &slog.HandlerOptions{Level: r.level}
	if file, ok := logTo.(*os.File); ok { // nobody may read it
		r.cfg.logTo = &logWriter{to: file, json: r.json}
		logTo = r.cfg.logTo
	}
	r.cfg.Log = slog.New(slog.NewTextHandler(logTo, opts))
	if r.json {
		r.cfg.Log = slog.New(slog.NewJSONHandler(logTo, opts))
	}
	n, ok := r.at["recordings"]
	if !ok {
		return
	}
	folder, err := OpenRecordings(r.path(n.Value))
	if err != nil {
		r.errorf(n.Pos, ruleConfigFile, "%s; name a folder that the bot may write to", err)
		return
	}
	r.cfg.Recordings = folder
}

// path is a path of the file, relative to the working directory.
func (r *configReader) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.dir, filepath.FromSlash(name))
}

// checkNeeds compares what the flows need with what the bot has.
func (r *configReader) checkNeeds() {
	for _, file := range r.flowFiles {
		if file.flow == nil {
			continue
		}
		r.checkSpeech(file)
		if r.cfg.StoreAt.Kind == StoreMemory && r.lacks("recordings") && records(file.flow) {
			r.list.Warnf(file.pos, ruleConfigRecords, "flow %q records callers, and recordings are kept in memory only; name a folder with recordings", file.flow.Name)
		}
	}
}

// checkSpeech compares the texts of a flow with the configured synthesiser.
func (r *configReader) checkSpeech(file flowFile) {
	f := file.flow
	if r.lacks("speech") {
		if texts := f.Texts(); len(texts) > 0 {
			r.errorf(file.pos, ruleConfigSpeech, "flow %q speaks texts (%s), and no synthesiser is configured; set speech, or record the prompts",
				f.Name, cutList(texts))
		}
		return
	}
	speech := r.at["speech"]
	if speech == nil {
		return // reported
	}
	var marked, voices []string
	for _, e := range f.Spoken() {
		if e.SSML {
			marked = append(marked, e.Key+" ("+e.Locale+")")
		}
		if e.Voice != "" {
			voices = append(voices, e.Key+" ("+e.Locale+")")
		}
	}
	if len(marked) > 0 && r.lacks("speech.ssml") {
		r.errorf(speech.Pos, ruleConfigSpeech, "flow %q has prompts in SSML (%s), and nothing is configured that reads it; set speech.ssml, or write them without marks",
			f.Name, cutList(marked))
	}
	command := r.at["speech.command"]
	if len(voices) > 0 && len(r.speech().Args) > 0 && !strings.Contains(strings.Join(r.speech().Args, " "), "{voice}") {
		r.list.Warnf(command.Pos, ruleConfigSpeech, "flow %q asks for voices (%s), and no argument of the program holds {voice}; they are all spoken alike",
			f.Name, cutList(voices))
	}
}

func records(f *flow.Flow) bool {
	return slices.ContainsFunc(f.AllSteps(), func(s *flow.Step) bool {
		_, ok := s.Spec.(*flow.Record)
		return ok
	})
}

// cutList is a list for a message, cut short.
func cutList(words []string) string {
	const most = 5
	if len(words) > most {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
	}
	return strings.Join(words, ", ")
}

// checkTLS reads the certificate.
func (r *configReader) checkTLS() {
	if r.at["tls"] == nil || r.cfg.CertFile == "" || r.cfg.KeyFile == "" {
		return
	}
	if err := keyPair(r.cfg.CertFile, r.cfg.KeyFile); err != nil {
		r.errorf(cmp.Or(r.at["tls.cert"], r.at["tls"]).Pos, ruleConfigFile, "the certificate cannot be used: %s", err)
	}
}
