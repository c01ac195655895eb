//go:build !wasm && !tinygo.wasm

// Package reflowtest stands in for Reflow in the tests of an actor, which run natively.
//
//	func TestCounts(t *testing.T) {
//		host := reflowtest.New(t)
//		result, err := reflowtest.Run(host, actor, map[string]reflow.Message{"tick": reflow.Flow()})
//		…
//	}
package reflowtest

import (
	"encoding/json"
	"testing"

	"plugbay.dev/guest/extism/extismtest"
	"plugbay.dev/guest/reflow"
	"plugbay.dev/guest/reflow/internal/host"
)

// A Host is what the actor finds around it, and what it left there. It is Extism's too: log lines are there.
type Host struct {
	*extismtest.Host

	// Config is the actor's config, JSON or nothing.
	Config string
	// State is the actor's state, each key's value as JSON.
	State map[string]json.RawMessage

	// Sent are what was sent meanwhile, each a JSON object of ports and values.
	Sent []string
}

// New makes a host and lets the actor meet it until the test ends. Tests that use it can't run in parallel.
func New(t *testing.T) *Host {
	t.Helper()
	h := &Host{Host: extismtest.New(t), State: map[string]json.RawMessage{}}
	host.Current = standIn{h}
	t.Cleanup(func() { host.Current = nil })
	return h
}

// Run gives the actor one message, on one or several inports, and returns what it put out. The state that the actor saved is
// in the host's State afterwards.
func Run[C, S any](h *Host, actor reflow.Actor[C, S], inputs map[string]reflow.Message) (map[string]reflow.Message, error) {
	config := map[string]any{"node_id": "test", "component": actor.Component, "config": nil}
	if h.Config != "" {
		config["config"] = json.RawMessage(h.Config)
	}
	context, err := json.Marshal(map[string]any{"payload": inputs, "config": config, "state": h.State})
	if err != nil {
		return nil, err
	}
	output, err := actor.Answer(context)
	if err != nil {
		return nil, err
	}
	var result struct {
		Outputs map[string]reflow.Message
		State   map[string]json.RawMessage
	}
	if err := json.Unmarshal(output, &result); err != nil {
		return nil, err
	}
	if result.State != nil {
		h.State = result.State
	}
	return result.Outputs, nil
}

type standIn struct {
	h *Host
}

func (s standIn) GetState(key string) []byte        { return s.h.State[key] }
func (s standIn) SetState(key string, value []byte) { s.h.State[key] = value }
func (s standIn) Send(outputs []byte)               { s.h.Sent = append(s.h.Sent, string(outputs)) }
