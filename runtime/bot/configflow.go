package bot

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// LoadFlow reads a flow file from disk. name is absolute or relative to the
// folder project, "" for the working directory. What the flow names, such as
// its prompts, must be in that folder; if the flow itself is not, in the
// flow's own. The positions of findings begin with project.
//
// The results are those of flow.Load; positions within the flow are relative
// to the folder.
func LoadFlow(project, name string) (*flow.Flow, diag.List, error) {
	return LoadFlowWith(LoadOptions{}, project, name)
}

// LoadOptions say how a flow is read from disk. The zero value is good.
type LoadOptions struct {
	// Texts stand in place of what is on disk, by the names that positions have.
	Texts map[string][]byte
	// Audio makes the flow's audio files playable; see flow.Options.
	Audio prompt.Importer
	// Files is told which files are read, and which are not there; nil: nobody is.
	Files *Files
}

// LoadFlowWith is [LoadFlow] with options.
func LoadFlowWith(o LoadOptions, project, name string) (*flow.Flow, diag.List, error) {
	folder, file := filepath.Clean(project), filepath.Clean(name)
	if !filepath.IsLocal(file) {
		if !filepath.IsAbs(file) {
			file = filepath.Join(folder, file)
		}
		folder, file = filepath.Split(file)
		folder = filepath.Clean(folder)
	}
	f, list, err := flow.LoadWith(over{os.DirFS(folder), folder, o.Texts, o.Files}, filepath.ToSlash(file), flow.Options{Audio: o.Audio})
	if folder != "." {
		for i := range list {
			list[i].Pos.File = filepath.Join(folder, filepath.FromSlash(list[i].Pos.File))
		}
	}
	return f, list, err
}

// flowFile is one entry of flows.
type flowFile struct {
	pos  diag.Pos
	flow *flow.Flow // nil: it has errors
}

func (r *configReader) flows(n *tree.Node) {
	if len(n.ListItems()) == 0 {
		r.errorf(n.Pos, ruleConfigMissing, "there is no flow; name the file of one")
	}
}

// loadFlows loads the flows once all is known that they are loaded with.
func (r *configReader) loadFlows() {
	if n := r.at["flows"]; n != nil {
		for _, item := range r.texts(n) {
			r.flowFile(item)
		}
	}
}

func (r *configReader) flowFile(n *tree.Node) {
	f, list, err := LoadFlowWith(LoadOptions{Audio: r.cfg.Audio, Files: r.files}, r.dir, filepath.FromSlash(n.Value))
	if err != nil {
		r.errorf(n.Pos, ruleConfigFile, "the flow %q cannot be read: %s", clipText(n.Value), pathCause(err))
	}
	r.list = append(r.list, list...)
	r.flowFiles = append(r.flowFiles, flowFile{n.Pos, f})
	if f == nil {
		return
	}
	for _, other := range r.cfg.Flows {
		if other.Name == f.Name {
			r.errorf(n.Pos, ruleConfigFlow, "the flow of this file is named %q, as is that of %s; names must differ", f.Name, other.File)
			return
		}
	}
	r.cfg.Flows = append(r.cfg.Flows, f)
}

// known reports whether a flow has a name. An unknown one is a finding, unless
// a flow that could not be loaded may bear the name.
func (r *configReader) known(name string, pos diag.Pos) bool {
	var names []string
	for _, f := range r.cfg.Flows {
		names = append(names, f.Name)
	}
	if slices.Contains(names, name) {
		return true
	}
	broken := slices.ContainsFunc(r.flowFiles, func(f flowFile) bool { return f.flow == nil })
	if !broken && r.at["flows"] != nil && !r.lost["flows"] && len(names) > 0 {
		hint := cmp.Or(diag.DidYouMean(name, names), "; there is "+diag.OneOf(names))
		r.errorf(pos, ruleConfigFlow, "no flow is named %q%s", clipText(name), hint)
	}
	return false
}

func (r *configReader) flowConfig(n *tree.Node) {
	if n.Kind != tree.Map {
		n.Wrong(&r.list, "a map of flows with their values")
	}
}

// checkFlowConfig compares the values with what the flows declare.
func (r *configReader) checkFlowConfig() {
	r.cfg.FlowConfig = map[string]map[string]any{}
	given := map[string]tree.Entry{}
	if n := r.at["config"]; n != nil {
		for _, e := range n.Entries {
			if r.known(e.Key, e.KeyPos) {
				given[e.Key] = e
			}
		}
	}
	for i, file := range r.flowFiles {
		if f := file.flow; f != nil && slices.Contains(r.cfg.Flows, f) {
			r.valuesOf(f, r.flowFiles[i].pos, given[f.Name])
		}
	}
}

// valuesOf reads the values of one flow; the entry is zero if there are none.
func (r *configReader) valuesOf(f *flow.Flow, at diag.Pos, e tree.Entry) {
	values := map[string]any{}
	names := slices.Sorted(maps.Keys(f.Config))
	there := map[string]bool{}
	if e.Value != nil {
		at = e.KeyPos
		for _, v := range e.Value.MeantFields(&r.list, fmt.Sprintf("the configuration of flow %q", f.Name), names...) {
			there[v.Key] = true
			if x, ok := r.value(f.Config[v.Key], v.Value); ok {
				values[v.Key] = x
			}
		}
	}
	for _, name := range names {
		decl := f.Config[name]
		switch {
		case there[name], r.lost["config"], r.stray, strings.Contains(r.unread, name):
		case decl.Default != nil:
			values[name] = decl.Default
		default:
			r.errorf(at, ruleConfigValue, "flow %q needs the value %q (%s); write it under config: %s:", f.Name, name, decl.Type, f.Name)
		}
	}
	r.cfg.FlowConfig[f.Name] = values
}

// notShown ends a finding about a value that is sensitive: neither the finding
// nor the line that is shown with it may hold it.
const notShown = " (the value is not shown)"

// value reads one value of the declared type.
func (r *configReader) value(decl *flow.Var, n *tree.Node) (any, bool) {
	if decl.Sensitive == flow.NotSensitive {
		return r.openValue(decl, n)
	}
	before := len(r.list)
	v, ok := r.openValue(decl, n)
	if len(r.list) > before {
		r.list = r.list[:before]
		r.errorf(n.Pos, ruleConfigValue, "%s is sensitive, and this is no %s: a text, also one of digits, stands in quotes%s", decl.Name, decl.Type, notShown)
	}
	return v, ok
}

func (r *configReader) openValue(decl *flow.Var, n *tree.Node) (any, bool) {
	var x any
	ok := false
	switch decl.Type {
	case flow.TypeNumber:
		x, ok = n.Number(&r.list)
	case flow.TypeBool:
		x, ok = n.Bool(&r.list)
	case flow.TypeList, flow.TypeMap:
		x, ok = plainValue(n), true
	case flow.TypeString, flow.TypeDigits, flow.TypeMoney, flow.TypeDate, flow.TypeTime, flow.TypePhone, flow.TypeRecording:
		x, ok = n.Str(&r.list)
	}
	if !ok {
		return nil, false
	}
	typed, err := decl.Coerce(x)
	if err != nil {
		r.errorf(n.Pos, ruleConfigValue, "%s is a %s: %s", decl.Name, decl.Type, err)
	}
	return typed, err == nil
}

// plainValue is a node as JSON would hold it.
func plainValue(n *tree.Node) any {
	switch {
	case n.Kind == tree.List:
		list := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			list = append(list, plainValue(item))
		}
		return list
	case n.Kind == tree.Map:
		m := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			m[e.Key] = plainValue(e.Value)
		}
		return m
	case n.Null():
		return nil
	}
	var none diag.List
	if v, ok := n.Number(&none); ok {
		return v
	}
	if v, ok := n.Bool(&none); ok {
		return v
	}
	return n.Value
}
