package main

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// keptModules is how many modules stay compiled: one for each host under which the cases of a worker run in turn.
const keptModules = 8

// guestModule is a module that sessions are opened of. It is compiled, when the first session needs it so, for each way to
// call it: with code that can be stopped, and without.
type guestModule struct {
	wasm     []byte
	pages    uint32
	config   wazero.RuntimeConfig
	pointers map[bool]*linkedModule
	plugins  map[bool]*pluginModule
}

// linkedModule is a compiled module beside all that its ABI may offer it.
type linkedModule struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

func (m *guestModule) close() {
	ctx := context.Background()
	for _, linked := range m.pointers {
		_ = linked.runtime.Close(ctx)
	}
	for _, plugin := range m.plugins {
		_ = plugin.compiled.Close(ctx)
	}
}

type surroundingsKey struct{}

// linked compiles the module for calls with pointers. Instances find their own session in the context.
func (m *guestModule) linked(stoppable bool, imports []glue) (*linkedModule, error) {
	if found := m.pointers[stoppable]; found != nil {
		return found, nil
	}
	ctx := context.Background()
	config := m.config.WithCoreFeatures(api.CoreFeaturesV2).WithCloseOnContextDone(stoppable)
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	if err := offer(ctx, runtime, imports); err != nil {
		_ = runtime.Close(ctx)
		return nil, err
	}
	compiled, err := runtime.CompileModule(ctx, m.wasm)
	if err != nil {
		_ = runtime.Close(ctx)
		return nil, &stopped{kindLink, "it is not valid WebAssembly here: " + firstLine(err)}
	}
	if m.pointers == nil {
		m.pointers = map[bool]*linkedModule{}
	}
	m.pointers[stoppable] = &linkedModule{runtime, compiled}
	return m.pointers[stoppable], nil
}

func offer(ctx context.Context, runtime wazero.Runtime, imports []glue) error {
	offered := map[string]map[string]hostFunction{"env": envFunctions(), wasiModule: wasiFunctions()}
	roles := glueFunctions()
	for _, item := range imports {
		function, found := roles[item.Role]
		if !found {
			return fmt.Errorf("there is no glue %q", item.Role)
		}
		if offered[item.Module] == nil {
			offered[item.Module] = map[string]hostFunction{}
		}
		offered[item.Module][item.Name] = function
	}
	for module, functions := range offered {
		builder := runtime.NewHostModuleBuilder(module)
		for name, function := range functions {
			export(builder, name, function)
		}
		if _, err := builder.Instantiate(ctx); err != nil {
			return err
		}
	}
	return nil
}

func export(builder wazero.HostModuleBuilder, name string, function hostFunction) {
	params, results := valueTypes(function.signature)
	count := len(params)
	call := func(ctx context.Context, stack []uint64) {
		for index, kind := range params {
			if kind == api.ValueTypeI32 {
				stack[index] &= 0xffffffff
			}
		}
		around := ctx.Value(surroundingsKey{}).(*surroundings)
		result := function.body(around, stack[:count])
		if len(results) > 0 {
			stack[0] = result
		}
	}
	builder.NewFunctionBuilder().WithGoFunction(api.GoFunc(call), params, results).Export(name)
}

// valueTypes reads letters: i is an i32, l an i64, d an f64; parameters before the colon, results after it.
func valueTypes(signature string) (params, results []api.ValueType) {
	letters := map[rune]api.ValueType{'i': api.ValueTypeI32, 'l': api.ValueTypeI64, 'd': api.ValueTypeF64}
	into := &params
	for _, letter := range signature {
		if letter == ':' {
			into = &results
			continue
		}
		*into = append(*into, letters[letter])
	}
	return params, results
}
