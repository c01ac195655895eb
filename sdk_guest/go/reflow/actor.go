package reflow

import (
	"encoding/json"
	"errors"

	"plugbay.dev/guest/strictjson"
)

// An Actor is what there is to say about an actor: C is the type of its config, S that of its state, both as JSON has them.
type Actor[C, S any] struct {
	// Component is the actor's name. It must not be empty.
	Component string
	// Description says what the actor does.
	Description string
	// Version is the actor's own; empty means 0.0.0.
	Version string
	// Inports and Outports are where messages come in and go out.
	Inports, Outports []Port
	// ConfigSchema is a JSON Schema of the config, or nothing.
	ConfigSchema string
	// Defaults is the config where none is given: keys that are given replace those of the Defaults.
	Defaults C
	// Validate judges a config that fits C. nil accepts all of them.
	Validate func(config C) error
	// Process handles one message on one or several ports.
	Process func(c *Context[C, S]) error
}

// A Port is where messages of a type come in or go out.
type Port struct {
	// Name is how others refer to the port.
	Name string `json:"name"`
	// Description says what the port is for.
	Description string `json:"description"`
	// Type is that of the messages.
	Type Type `json:"port_type"`
	// Required says that the actor can't work without a message on it.
	Required bool `json:"required"`
}

// Register makes the module that actor. Call it in an init function.
func Register[C, S any](actor Actor[C, S]) {
	registered = exports{
		metadata: actor.metadata,
		process:  actor.Answer,
		validate: actor.accepts,
		version:  func() ([]byte, error) { return strictjson.Marshal(actor.version()) },
	}
}

// exports is what the exports of the module do.
type exports struct {
	metadata, version func() ([]byte, error)
	process           func(input []byte) ([]byte, error)
	validate          func(config []byte) bool
}

var errNoActor = errors.New("the module has no actor: call reflow.Register in an init function")

var registered = exports{
	metadata: func() ([]byte, error) { return nil, errNoActor },
	process:  func([]byte) ([]byte, error) { return nil, errNoActor },
	validate: func([]byte) bool { return false },
	version:  func() ([]byte, error) { return nil, errNoActor },
}

func (a Actor[C, S]) version() string {
	if a.Version == "" {
		return "0.0.0"
	}
	return a.Version
}

func (a Actor[C, S]) metadata() ([]byte, error) {
	if a.Component == "" {
		return nil, errors.New("the actor has no component")
	}
	metadata := struct {
		Component    string          `json:"component"`
		Description  string          `json:"description"`
		Inports      []Port          `json:"inports"`
		Outports     []Port          `json:"outports"`
		ConfigSchema json.RawMessage `json:"config_schema"`
	}{a.Component, a.Description, append([]Port{}, a.Inports...), append([]Port{}, a.Outports...), nil}
	if a.ConfigSchema != "" {
		metadata.ConfigSchema = json.RawMessage(a.ConfigSchema)
	}
	return strictjson.Marshal(metadata)
}

// config is the Defaults with what a JSON object says over them.
func (a Actor[C, S]) config(data []byte) (C, error) {
	config := a.Defaults
	if isNull(data) {
		return config, nil
	}
	if err := strictjson.Overlay(data, &config); err != nil {
		return config, errors.New("config: " + err.Error())
	}
	return config, nil
}

func (a Actor[C, S]) accepts(data []byte) bool {
	config, err := a.config(data)
	return err == nil && (a.Validate == nil || a.Validate(config) == nil)
}

// Answer handles one message as Reflow writes it, JSON in and out, as the export process does. It is there for tests.
func (a Actor[C, S]) Answer(input []byte) ([]byte, error) {
	var given rawContext
	if err := json.Unmarshal(input, &given); err != nil {
		return nil, errors.New("the actor's context is not what Reflow writes: " + err.Error())
	}
	if given.Payload == nil {
		return nil, errors.New("the actor's context has no payload")
	}
	config, err := a.config(given.Config.Config)
	if err != nil {
		return nil, err
	}
	c := &Context[C, S]{Inputs: given.Payload, Config: config, Node: given.Config.Node, given: given}
	if !isNull(given.State) {
		if err := strictjson.Overlay(given.State, &c.State); err != nil {
			return nil, errors.New("state: " + err.Error())
		}
	}
	if err := a.Process(c); err != nil {
		return nil, err
	}
	return c.result()
}

func isNull(data []byte) bool {
	return len(data) == 0 || string(data) == "null"
}
