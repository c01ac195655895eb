package main

import (
	"context"
	"encoding/json"
	"unicode/utf8"

	extism "github.com/extism/go-sdk"
)

// reflowStore is Reflow's side of one session: the state by key, as JSON text, and what was sent.
type reflowStore struct {
	state  map[string][]byte
	grants bool
	sent   [][]byte
	used   int
}

func newReflowStore(s setting) *reflowStore {
	store := &reflowStore{state: map[string][]byte{}, grants: s.GrantsState}
	for key, value := range s.State {
		store.state[key] = value
	}
	return store
}

func (r *reflowStore) take() [][]byte {
	taken := r.sent
	r.sent, r.used = nil, 0
	return taken
}

// reflowFunctions are the three functions that actors import. What is no JSON fails the plugin's call.
func reflowFunctions() []extism.HostFunction {
	i64 := extism.ValueTypeI64
	return []extism.HostFunction{
		extism.NewHostFunctionWithStack("__get_state", withStore(
			func(r *reflowStore, p *extism.CurrentPlugin, stack []uint64) {
				stack[0] = give(p, r.get(readText(p, "__get_state", stack[0])))
			}), []extism.ValueType{i64}, []extism.ValueType{i64}),
		extism.NewHostFunctionWithStack("__set_state", withStore(
			func(r *reflowStore, p *extism.CurrentPlugin, stack []uint64) {
				key := readText(p, "__set_state", stack[0])
				r.state[key] = readJSON(p, "__set_state", stack[1])
			}), []extism.ValueType{i64, i64}, nil),
		extism.NewHostFunctionWithStack("__send_output", withStore(
			func(r *reflowStore, p *extism.CurrentPlugin, stack []uint64) {
				r.send(readJSON(p, "__send_output", stack[0]))
			}), []extism.ValueType{i64}, nil),
	}
}

func withStore(body func(*reflowStore, *extism.CurrentPlugin, []uint64)) extism.HostFunctionStackCallback {
	return func(ctx context.Context, p *extism.CurrentPlugin, stack []uint64) {
		body(ctx.Value(callSessionKey{}).(*callSession).reflow, p, stack)
	}
}

func (r *reflowStore) get(key string) []byte {
	if value, found := r.state[key]; found {
		return value
	}
	return []byte("null")
}

func (r *reflowStore) send(outputs []byte) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(outputs, &object); err != nil || object == nil {
		panic(&stopped{kindTrap, "__send_output was given JSON that is no object"})
	}
	if r.used += len(outputs); r.used <= mostKept {
		r.sent = append(r.sent, outputs)
	}
}

func readText(p *extism.CurrentPlugin, function string, handle uint64) string {
	data := readBlock(p, function, handle)
	if !utf8.Valid(data) {
		panic(&stopped{kindTrap, function + " was given a key that is no text"})
	}
	return string(data)
}

func readJSON(p *extism.CurrentPlugin, function string, handle uint64) []byte {
	data := readBlock(p, function, handle)
	if !utf8.Valid(data) || !json.Valid(data) {
		panic(&stopped{kindTrap, function + " was given what is no JSON"})
	}
	return data
}

func readBlock(p *extism.CurrentPlugin, function string, handle uint64) []byte {
	length, err := p.Length(handle)
	if err != nil || handle == 0 || length == 0 {
		panic(&stopped{kindTrap, function + " was given a handle that is no live block"})
	}
	data, err := p.ReadBytes(handle)
	if err != nil {
		panic(&stopped{kindTrap, function + " was given a handle that is no live block"})
	}
	return data
}

func give(p *extism.CurrentPlugin, data []byte) uint64 {
	handle, err := p.WriteBytes(data)
	if err != nil {
		panic(&stopped{kindTrap, "Extism's memory is full"})
	}
	return handle
}
