// Package svg makes SVG of pictures without any program installed: Graphviz itself,
// compiled to WebAssembly, is part of the package (see README.md) and runs in a box
// without files, network and clock.
//
//	image, err := svg.Draw(ctx, picture.Of(f, picture.Options{}))
//
// The package keeps no state. Each call starts Graphviz anew, and nothing happens
// before: a program that never draws pays nothing for it.
package svg

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed" // the module
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

//go:embed graphviz.wasm.gz
var packed []byte

// graphviz is a running module.
type graphviz struct {
	runtime wazero.Runtime
	module  api.Module
	stderr  bytes.Buffer
	context uint64 // GVC_t *
}

// memory is what Graphviz may use: 1 GiB, in pages of 64 KiB.
const memory = 1 << 14

func start(ctx context.Context) (_ *graphviz, err error) {
	code, err := unpack()
	if err != nil {
		return nil, err
	}
	g := &graphviz{runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCloseOnContextDone(true).WithMemoryLimitPages(memory))}
	defer func() {
		if err != nil {
			g.close(ctx)
		}
	}()
	compiled, err := g.runtime.CompileModule(ctx, code)
	if err != nil {
		return nil, err
	}
	if err = g.imports(ctx, compiled); err != nil {
		return nil, err
	}
	if g.module, err = g.runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithStderr(&g.stderr)); err != nil {
		return nil, err
	}
	return g, g.open(ctx)
}

func unpack() ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// imports gives the module what it asks of its host: WASI without files, and
// functions for plug-ins of the host, of which there are none.
func (g *graphviz) imports(ctx context.Context, compiled wazero.CompiledModule) error {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, g.runtime); err != nil {
		return err
	}
	env := g.runtime.NewHostModuleBuilder("env")
	for _, f := range compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		if module != "env" {
			continue
		}
		none := api.GoFunc(func(context.Context, []uint64) { panic("Graphviz calls " + name + ", which nobody gave it") })
		env.NewFunctionBuilder().WithGoFunction(none, f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	_, err := env.Instantiate(ctx)
	return err
}

// open makes Graphviz's context, with the plug-ins that are compiled in.
func (g *graphviz) open(ctx context.Context) error {
	ptr, err := g.call(ctx, "malloc", 4)
	if err != nil {
		return err
	}
	if _, err := g.call(ctx, "wasm_bridge_SymList_default", ptr); err != nil {
		return err
	}
	slice := g.word(ptr)
	count, data := g.word(slice), g.word(slice+4)
	list, err := g.call(ctx, "malloc", 8*(count+1))
	if err != nil {
		return err
	}
	for i := range count {
		plugin := g.word(data + 8*i)
		g.put(list+8*i, g.word(plugin))     // its name
		g.put(list+8*i+4, g.word(plugin+4)) // its address
	}
	g.put(list+8*count, 0)
	g.put(list+8*count+4, 0)
	g.context, err = g.call(ctx, "gvContextPlugins", list, 0)
	if err == nil && g.context == 0 {
		err = g.fault("no context")
	}
	return err
}

func (g *graphviz) close(ctx context.Context) {
	_ = g.runtime.Close(ctx) // frees memory, and nothing else
}

// svg lays one graph out with Graphviz's dot.
func (g *graphviz) svg(ctx context.Context, dot string) (string, error) {
	if strings.TrimSpace(dot) == "" {
		return "", errors.New("there is no graph")
	}
	g.stderr.Reset()
	text, err := g.text(ctx, dot)
	if err != nil {
		return "", err
	}
	graph, err := g.call(ctx, "agmemread", text)
	if err != nil {
		return "", err
	}
	if graph == 0 {
		return "", g.fault("this is no graph")
	}
	engine, err := g.text(ctx, "dot")
	if err != nil {
		return "", err
	}
	if bad, err := g.call(ctx, "gvLayout", g.context, graph, engine); err != nil || bad != 0 {
		return "", errors.Join(err, g.fault("there is no layout"))
	}
	return g.render(ctx, graph)
}

func (g *graphviz) render(ctx context.Context, graph uint64) (string, error) {
	format, err := g.text(ctx, "svg")
	if err != nil {
		return "", err
	}
	result, err := g.call(ctx, "malloc", 8)
	if err != nil {
		return "", err
	}
	if bad, err := g.call(ctx, "gvRenderData", g.context, graph, format, result, result+4); err != nil || bad != 0 {
		return "", errors.Join(err, g.fault("there is no picture"))
	}
	if said := g.stderr.String(); strings.Contains(said, "Error:") {
		return "", g.fault("the picture would not be whole") // a label that cannot be read, for example
	}
	svg, ok := g.module.Memory().Read(uint32(g.word(result)), uint32(g.word(result+4)))
	if !ok {
		return "", g.fault("the picture is outside its memory")
	}
	return string(svg), nil
}

// fault is what Graphviz says about a failure, or else a sentence for it.
func (g *graphviz) fault(otherwise string) error {
	if said := strings.TrimSpace(g.stderr.String()); said != "" {
		return fmt.Errorf("%s: Graphviz says %q", otherwise, said)
	}
	return errors.New(otherwise)
}

// call calls a function of the module; one without a result answers 0.
func (g *graphviz) call(ctx context.Context, name string, args ...uint64) (uint64, error) {
	results, err := g.module.ExportedFunction(name).Call(ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if len(results) == 0 {
		return 0, nil
	}
	return results[0], nil
}

// text puts a string into the module's memory, where it stays.
func (g *graphviz) text(ctx context.Context, s string) (uint64, error) {
	at, err := g.call(ctx, "malloc", uint64(len(s)+1))
	if err != nil {
		return 0, err
	}
	if at == 0 || !g.module.Memory().Write(uint32(at), append([]byte(s), 0)) {
		return 0, errors.New("the graph is too large for its memory")
	}
	return at, nil
}

// word reads a pointer or a number; 0 outside the memory, which no pointer of the
// module is.
func (g *graphviz) word(at uint64) uint64 {
	v, _ := g.module.Memory().ReadUint32Le(uint32(at))
	return uint64(v)
}

func (g *graphviz) put(at, v uint64) { g.module.Memory().WriteUint32Le(uint32(at), uint32(v)) }
