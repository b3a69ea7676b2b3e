package flow

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/tree"
)

const (
	// MaxDepth is how many sub-flows may run one within the other.
	MaxDepth = 8
	// MaxFlows is how many flows may belong together by their calls.
	MaxFlows = 100

	flowEnd   = ".ivr.yaml"
	readyMade = "flows/" // begins the name of a ready-made flow
)

// family is a flow with all that it calls, directly or not, while they are
// loaded.
type family struct {
	importer prompt.Importer
	ready    fs.FS              // the ready-made flows
	members  map[string]*loader // by key
	flows    map[string]*Flow   // shared by all of them
	bundle   *bundle            // what was read
}

func newFamily(main string, ready fs.FS, importer prompt.Importer) *family {
	return &family{importer: importer, ready: ready, members: map[string]*loader{}, flows: map[string]*Flow{}, bundle: newBundle(main)}
}

// memberKey is what a member of a family is known by: "" is the flow that was asked
// for, flows/NAME a ready-made one, and any other its file.
func memberKey(ready bool, file string) string {
	if ready {
		return readyMade + strings.TrimSuffix(path.Base(file), flowEnd)
	}
	return file
}

// read loads the file as a member of the family.
func (f *family) read(fsys fs.FS, file, key string, ready bool) (*loader, error) {
	src, err := readFile(fsys, file)
	if err != nil {
		return nil, err
	}
	if len(f.members) == MaxFlows {
		return nil, fmt.Errorf("more than %d flows call each other", MaxFlows)
	}
	l := newLoader(fsys, file)
	l.family, l.ready, l.flow.Key, l.flow.family = f, ready, key, f.flows
	l.importer = f.importer
	f.members[key], f.flows[key] = l, l.flow
	root, list := tree.Parse(file, src)
	l.list = append(l.list, list...)
	if root != nil {
		l.source(file, src)
		l.unread(root)
		l.load(root)
	}
	l.loaded = true
	return l, nil
}

// called is the flow of a name that a step calls; nil if there is none.
func (l *loader) called(name string) *loader {
	fsys, ready, bare := l.fsys, l.ready, name
	if rest, ok := strings.CutPrefix(name, readyMade); ok {
		fsys, ready, bare = l.family.ready, true, rest
	}
	if !nameForm.MatchString(bare) {
		return nil
	}
	places := above(l.dir, bare+flowEnd)
	if ready {
		places = []string{bare + "/" + bare + flowEnd}
	}
	for _, file := range places {
		key := memberKey(ready, file)
		if root := l.family.members[""]; !ready && file == root.file {
			key = ""
		}
		if m := l.family.members[key]; m != nil {
			return m
		}
		if m, err := l.family.read(fsys, file, key, ready); err == nil {
			return m
		}
	}
	return nil
}

// noFlow reports a flow that there is not.
func (l *loader) noFlow(n *tree.Node, name string) {
	bare := strings.TrimPrefix(name, readyMade)
	switch {
	case len(l.family.members) == MaxFlows:
		l.errorf(n.Pos, ruleTooLarge, "more than %d flows call each other", MaxFlows)
	case !nameForm.MatchString(bare):
		l.errorf(n.Pos, ruleName, "%q cannot be the name of a flow: %s; a ready-made one is called flows/NAME", shorten(name), nameHint)
	case bare != name:
		l.errorf(n.Pos, ruleUnknownFlow, "no ready-made flow %q%s", name, l.didYouMean(name, readyFlows()))
	case slices.Contains(readyFlows(), readyMade+name):
		l.errorf(n.Pos, ruleUnknownFlow, "no flow %q beside this file or above it; the ready-made one is flows/%s", name, name)
	default:
		l.errorf(n.Pos, ruleUnknownFlow, "no flow %q: there is no %s%s beside this file or above it%s", name, name, flowEnd, l.didYouMean(name, l.nearFlows()))
	}
}

// above lists where a flow's file is looked for: beside the flow that calls it,
// in the folders above, and in the folder flows of the project.
func above(dir, file string) []string {
	var places []string
	for {
		places = append(places, path.Join(dir, file))
		if dir == "." {
			break
		}
		dir = path.Dir(dir)
	}
	return append(places, path.Join("flows", file))
}

// nearFlows are the flows that can be called from the file, for hints.
func (l *loader) nearFlows() []string {
	var near []string
	for _, place := range above(l.dir, "x") {
		entries, _ := fs.ReadDir(l.fsys, path.Dir(place))
		for _, e := range entries {
			if name, ok := strings.CutSuffix(e.Name(), flowEnd); ok {
				near = append(near, name)
			}
		}
	}
	return near
}

// readyFlows are the names of the ready-made flows, as they are called.
func readyFlows() []string {
	var all []string
	entries, _ := fs.ReadDir(flows.FS, ".")
	for _, e := range entries {
		if _, err := fs.Stat(flows.FS, e.Name()+"/"+e.Name()+flowEnd); err == nil {
			all = append(all, readyMade+e.Name())
		}
	}
	return all
}

// findings are those of the flow that was asked for, and the errors of the
// flows that it calls.
func (f *family) findings() diag.List {
	all := slices.Clone(f.members[""].list)
	for key, l := range f.members {
		for _, d := range l.list {
			if key != "" && d.Severity == diag.Error {
				all = append(all, d)
			}
		}
	}
	all.Sort()
	return all
}

// join completes the flow that was asked for with what the flows that it calls
// need of the bot.
func (f *family) join() {
	root := f.members[""]
	sum := newVersionSum()
	for _, key := range names(f.members) {
		m := f.members[key]
		sum.add([]byte(key))
		sum.add([]byte(m.flow.Version))
		root.flow.UsesKeys = root.flow.UsesKeys || m.flow.UsesKeys
		if key == "" {
			continue
		}
		for _, name := range names(m.flow.Config) {
			root.sharedConfig(m.flow, m.flow.Config[name])
		}
		for _, name := range names(m.flow.Actions) {
			root.sharedAction(m.flow, m.flow.Actions[name])
		}
	}
	if len(f.members) > 1 {
		root.flow.Version = sum.hex()
	}
	for _, key := range names(f.members) {
		f.members[key].checkBeginnings()
	}
	f.checkTargets()
	f.sumSecrets()
	root.checkDepth()
	root.checkCallKinds()
	root.checkCallKeys()
}

// checkTargets is that of the members with what is known only now: of flows that
// call each other, one was not known while the other was loaded.
func (f *family) checkTargets() {
	for more := true; more; {
		more = false
		for _, key := range names(f.members) {
			more = f.members[key].follow() || more
		}
	}
	for _, key := range names(f.members) {
		f.members[key].checkTargets()
	}
}

func (l *loader) sharedConfig(from *Flow, v *Var) {
	own := l.flow.Config[v.Name]
	switch {
	case own == nil:
		l.flow.Config[v.Name] = v
	case own.Type != v.Type:
		l.errorf(own.Pos, ruleSharedName, "config %q is a %s here and a %s in the flow %s, which this one calls; give one of them another name", v.Name, own.Type, v.Type, from.Key)
	case (own.secret() == nil) != (v.secret() == nil):
		l.errorf(own.Pos, ruleSharedName, "config %q is one value, and marked sensitive only here or only in the flow %s, which this one calls; mark it in both", v.Name, from.Key)
	}
}

func (l *loader) sharedAction(from *Flow, a *Action) {
	own := l.flow.Actions[a.Name]
	switch {
	case own == nil:
		l.flow.Actions[a.Name] = a
	case (own.HTTP == nil) != (a.HTTP == nil):
		l.errorf(l.callPos(from.Key), ruleSharedName, "the action %q is done over HTTP in one of this flow and the flow %s, and by Go code in the other; give one of them another name", a.Name, from.Key)
	case !slices.Equal(own.In, a.In) || !slices.Equal(own.Out, a.Out) || !slices.Equal(own.Outcomes, a.Outcomes):
		l.errorf(l.callPos(from.Key), ruleSharedName, "the action %q has other inputs, outputs or outcomes in the flow %s than here, and it is one action of the bot; declare it alike", a.Name, from.Key)
	}
}

// callPos is where the flow first calls another, directly or by way of others.
func (l *loader) callPos(key string) diag.Pos {
	for _, c := range l.calls {
		if c.key == key || slices.Contains(l.family.members[c.key].reach(nil), key) {
			return c.pos
		}
	}
	return diag.Pos{File: l.file, Line: 1, Col: 1}
}

// reach adds the keys of all flows that the flow calls, directly or not.
func (l *loader) reach(seen []string) []string {
	for _, c := range l.calls {
		if !slices.Contains(seen, c.key) {
			seen = l.family.members[c.key].reach(append(seen, c.key))
		}
	}
	return seen
}

// madeCall is a call step of a flow.
type madeCall struct {
	pos diag.Pos
	key string
}

// checkDepth reports flows that call each other deeper than runs. How often a
// flow calls itself is not known here; that ends when it runs.
func (l *loader) checkDepth() {
	deepest := map[string]int{} // by key: how deep it was looked at
	tooDeep := false
	var visit func(key string, chain []string)
	visit = func(key string, chain []string) {
		if tooDeep || deepest[key] >= len(chain) {
			return // the same was seen from deeper down
		}
		deepest[key] = len(chain)
		for _, c := range l.family.members[key].calls {
			switch {
			case tooDeep:
				return
			case slices.Contains(chain, c.key):
			case len(chain) > MaxDepth:
				tooDeep = true
				l.errorf(l.callPos(chain[1]), ruleTooLarge, "flows call each other deeper than %d: %s", MaxDepth, strings.Join(append(chain[1:], c.key), ", "))
			default:
				visit(c.key, append(slices.Clone(chain), c.key))
			}
		}
	}
	visit("", []string{""})
}

// checkCallKeys reports flows that wait for keys where none come.
func (l *loader) checkCallKeys() {
	for _, key := range l.reach(nil) {
		if m := l.family.members[key]; l.flow.DTMF == DTMFNever && m.flow.UsesKeys {
			l.errorf(l.callPos(key), ruleNeverTyped, "dtmf: never is written, so no key can be typed in the flow %s", m.flow.Name)
		}
	}
}

// checkCallKinds reports flows that cannot run on this flow's kind of call.
func (l *loader) checkCallKinds() {
	for _, key := range l.reach(nil) {
		for _, d := range l.family.members[key].drafts {
			if len(d.verb.Kinds) > 0 && !slices.Contains(d.verb.Kinds, l.flow.Kind) && !l.unsure.kind {
				l.errorf(l.callPos(key), ruleWrongKind, "the flow %s has a %s (%s), which cannot be used on a call of kind %s", key, d.verb.Name, d.step.Pos, l.flow.Kind)
				break
			}
		}
	}
}
