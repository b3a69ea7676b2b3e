package flow

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// MaxSteps is the number of steps a flow may have, those of its handlers
// included.
const MaxSteps = 10_000

// Options say how a flow is loaded. The zero value is good.
type Options struct {
	// Audio makes the flow's audio files playable. Without a command it reads
	// WAV, FLAC, MP3 and G.711.
	Audio prompt.Importer
}

// Load reads the flow file name, the prompts it names and the flows it calls,
// from fsys. It goes on after a fault and reports all of them, sorted, without
// repeats; of the flows that are called only the errors. The flow
// is nil if any finding is an error; the error is not nil only if the file
// could not be read.
func Load(fsys fs.FS, name string) (*Flow, diag.List, error) {
	return LoadWith(fsys, name, Options{})
}

// LoadWith is [Load] with options.
func LoadWith(fsys fs.FS, name string, o Options) (*Flow, diag.List, error) {
	return newFamily(name, flows.FS, o.Audio).load(fsys, name)
}

// load loads the flow that was asked for, with all that it calls.
func (f *family) load(fsys fs.FS, name string) (*Flow, diag.List, error) {
	l, err := f.read(fsys, name, "", false)
	if err != nil {
		return nil, nil, fmt.Errorf("reading flow: %w", err)
	}
	list := f.findings()
	if !list.HasErrors() {
		f.join()
		list = f.findings()
	}
	if list.HasErrors() {
		return nil, list, nil
	}
	f.bundle.Version, l.flow.bundle = l.flow.Version, f.bundle
	return l.flow, list, nil
}

// readFile reads at most one byte more than the loader accepts.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	return readLimited(fsys, name, tree.MaxSize+1)
}

// loader holds a flow while it is being loaded.
type loader struct {
	fsys     fs.FS
	file     string
	dir      string // of the file, in fsys
	importer prompt.Importer
	list     diag.List
	flow     *Flow
	sum      versionSum

	family *family
	ready  bool       // it is a ready-made flow
	loaded bool       // all of it is known
	calls  []madeCall // its call steps
	sums   summary
	begins map[string]*beginning // by state
	quicks map[string]bool       // by state; "": the start

	keys      keySets
	verbs     map[string]*Verb
	verbNames []string
	scope     *scope
	prompts   catalogues
	defaults  map[string]map[string]tree.Entry // verb -> option or outcome
	handlers  map[string]tree.Entry            // of the flow, by outcome
	globals   []globalKey
	groups    map[string]*group

	states  []*block
	byState map[string]*block
	hangup  *block
	end     *block
	onError *block
	drafts  []*draft // by StepRef
	ids     map[string]diag.Pos
	reading []*tree.Node // the handlers of defaults and handlers that are being read
	count   int          // steps read so far
	out     []runOut

	used   usage
	unsure unsure
}

// block is a list of steps that belongs to no other step: a state, or one of
// the on_... sections.
type block struct {
	name    string
	section Section
	pos     diag.Pos
	node    *tree.Node
	steps   []*draft
	apart   bool // its name stands before, or is a word of the language: what leads to it is not sure
}

// draft is a step on its way from YAML to a Step.
type draft struct {
	step     *Step
	verb     *Verb
	block    *block
	outcomes []Outcome
	handlers map[string]*handler
	next     follow
	repeats  *draft // the step that the word repeat does again; nil outside handlers
	word     string // "repeat": a word of a handler's list, which is no verb
	state    string // of goto
	uses     []use  // its expressions
	broken   bool   // a fault in it was reported: what it does, or if it runs at all, is not sure
	loose    bool   // where it leads is not sure: it may lead on, or to any state
	blank    bool   // it stands for a step that could not be read
	reached  bool   // some path leads to it, or may lead to it
	dead     bool   // the step before it always leaves
	gone     bool   // the caller is gone when it runs: it follows a transfer that succeeded
}

func newLoader(fsys fs.FS, name string) *loader {
	l := &loader{
		fsys: fsys, file: name, dir: path.Dir(name),
		flow: &Flow{
			Kind: Incoming, File: name, DTMF: DTMFAuto, CallLimit: DefaultCallLimit, StepLimit: DefaultStepLimit,
			Config: map[string]*Var{}, Vars: map[string]*Var{}, Actions: map[string]*Action{}, Schedules: map[string]Schedule{},
			Start: None, OnHangup: None, OnEnd: None, OnError: None, places: map[string]Place{}, entries: map[string]string{},
		},
		sum:   newVersionSum(),
		verbs: map[string]*Verb{}, defaults: map[string]map[string]tree.Entry{},
		handlers: map[string]tree.Entry{}, byState: map[string]*block{}, groups: map[string]*group{}, ids: map[string]diag.Pos{},
		begins: map[string]*beginning{}, quicks: map[string]bool{},
		used:   newUsage(),
		unsure: unsure{names: map[string]bool{}, actions: map[string]bool{}},
	}
	verbs := Verbs()
	l.keys = newKeySets(verbs)
	for _, v := range verbs {
		l.verbs[v.Name] = &v
		l.verbNames = append(l.verbNames, v.Name)
	}
	return l
}

// load runs the stages. Each one works with whatever the ones before could
// make of the file, and says nothing that only follows from a fault; the
// machine is built only if nothing is wrong.
func (l *loader) load(root *tree.Node) {
	start := l.header(root)
	l.buildEnv()
	l.actionPrompts()
	l.httpActions()
	l.readGroups()
	for _, b := range l.allBlocks() {
		l.parseBlock(b)
	}
	l.defaultOnError()
	l.number()
	if len(l.states) > 0 {
		l.link(start)
		l.check()
	}
	if !l.list.HasErrors() { // else a name may be missing because of them
		l.promises()
	}
	if l.list.HasErrors() || l.callsBroken() {
		return
	}
	l.compile()
	l.flow.UsesKeys = slices.ContainsFunc(l.flow.Steps, listens)
	l.flow.Version = l.sum.hex()
}

// allBlocks are the states and the sections, in the order in which their
// steps are numbered.
func (l *loader) allBlocks() []*block {
	return slices.DeleteFunc(append(slices.Clone(l.states), l.onError, l.hangup, l.end), func(b *block) bool { return b == nil })
}

func (l *loader) errorf(pos diag.Pos, rule, format string, args ...any) {
	l.list.Errorf(pos, rule, format, args...)
}

func (l *loader) warnf(pos diag.Pos, rule, format string, args ...any) {
	l.list.Warnf(pos, rule, format, args...)
}

// maxHints bounds the time spent on "did you mean".
const maxHints = 20

// didYouMean is a hint for a message, or "".
func (l *loader) didYouMean(word string, candidates []string) string {
	if len(l.list) > maxHints {
		return ""
	}
	return diag.DidYouMean(word, candidates)
}

// mendName gives the finding that was just made a fix, if it is certain which
// of the candidates a word was meant to be.
func (l *loader) mendName(pos diag.Pos, word string, candidates []string) {
	if len(l.list) <= maxHints {
		l.list.MendName(pos, word, candidates)
	}
}

// names are the keys of a map, sorted.
func names[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.SortFunc(out, cmp.Compare)
	return out
}
