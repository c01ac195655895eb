package reflow

import (
	"encoding/json"
	"errors"

	"plugbay.dev/guest/strictjson"
)

// A Context is one message for the actor, and what goes out for it.
type Context[C, S any] struct {
	// Inputs are the messages by inport.
	Inputs map[string]Message
	// Config is the actor's config.
	Config C
	// State is the actor's state before this message. A change counts once SaveState is called.
	State S
	// Node is the actor's place in the graph.
	Node Node

	given   rawContext
	outputs map[string]Message
	saved   json.RawMessage
	err     error
}

// A Node is an actor's place in a graph.
type Node struct {
	// ID is the name of the node in the graph.
	ID string `json:"node_id"`
	// Component is what the graph calls the actor.
	Component string `json:"component"`
}

// rawContext is the context as Reflow writes it.
type rawContext struct {
	Payload map[string]Message `json:"payload"`
	Config  struct {
		Node
		Config json.RawMessage `json:"config"`
	} `json:"config"`
	State json.RawMessage `json:"state"`
}

// Input returns the message on an inport, and whether there is one.
func (c *Context[C, S]) Input(port string) (Message, bool) {
	m, found := c.Inputs[port]
	return m, found
}

// Output sends a message on an outport when the actor is done. A second message on the same port takes the place of the
// first: see Send for more than one.
func (c *Context[C, S]) Output(port string, m Message) {
	if m.err != nil {
		c.note(errors.New("port " + port + ": " + m.err.Error()))
		return
	}
	if c.outputs == nil {
		c.outputs = map[string]Message{}
	}
	c.outputs[port] = m
}

// SaveState makes State the actor's state, in place of the whole state before.
func (c *Context[C, S]) SaveState() {
	c.ReplaceState(c.State)
}

// ReplaceState makes a value the actor's state, in place of the whole state before. It must be a JSON object.
func (c *Context[C, S]) ReplaceState(state any) {
	encoded, err := strictjson.Marshal(state)
	if err == nil && encoded[0] != '{' {
		err = errors.New("is no object")
	}
	if err != nil {
		c.note(errors.New("state: " + err.Error()))
	}
	c.saved = encoded
}

// RawConfig is the actor's config as JSON, as the host gave it; it may be null.
func (c *Context[C, S]) RawConfig() json.RawMessage {
	return orNull(c.given.Config.Config)
}

// RawState is the actor's state before this message as JSON, as the host gave it; it may be null.
func (c *Context[C, S]) RawState() json.RawMessage {
	return orNull(c.given.State)
}

func orNull(data json.RawMessage) json.RawMessage {
	if len(data) == 0 {
		return json.RawMessage("null")
	}
	return data
}

// note keeps the first error of the outputs, which fails the message.
func (c *Context[C, S]) note(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *Context[C, S]) result() ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	outputs := c.outputs
	if outputs == nil {
		outputs = map[string]Message{}
	}
	return strictjson.Marshal(struct {
		Outputs map[string]Message `json:"outputs"`
		State   json.RawMessage    `json:"state,omitempty"`
	}{outputs, c.saved})
}
