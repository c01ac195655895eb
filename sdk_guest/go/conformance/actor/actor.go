package main

import (
	"encoding/json"
	"errors"
	"strings"

	"plugbay.dev/guest/reflow"
)

type config struct {
	Label  string `json:"label"`
	Refuse bool   `json:"refuse"`
}

// state is any object: the actor adds a key and leaves the others.
type state map[string]json.RawMessage

type context = reflow.Context[config, state]

const schema = `{
	"type": "object",
	"properties": {
		"label": {"type": "string", "default": "conformance"},
		"refuse": {"type": "boolean"}
	}
}`

var types = []reflow.Type{
	reflow.TypeFlow, reflow.TypeEvent, reflow.TypeBoolean, reflow.TypeInteger, reflow.TypeFloat, reflow.TypeString,
	reflow.TypeObject, reflow.TypeArray, reflow.TypeStream, reflow.TypeOptional, reflow.TypeAny, reflow.TypeError,
}

func init() {
	inports, outports := ports("_in"), ports("_out")
	reflow.Register(reflow.Actor[config, state]{
		Component:    "Conformance",
		Description:  "Answers the operations of the conformance suite",
		Version:      "1.0.0",
		Inports:      append(inports, reflow.Port{Name: "op", Description: "an operation", Type: reflow.TypeObject}),
		Outports:     append(outports, reflow.Port{Name: "result", Description: "its answer", Type: reflow.TypeObject}),
		ConfigSchema: schema,
		Defaults:     config{Label: "conformance"},
		Validate:     validate,
		Process:      process,
	})
}

func ports(suffix string) []reflow.Port {
	ports := make([]reflow.Port, 0, len(types)+1)
	for _, kind := range types {
		name := strings.ToLower(string(kind)) + suffix
		ports = append(ports, reflow.Port{Name: name, Description: "one value of type " + string(kind), Type: kind})
	}
	return ports
}

func validate(c config) error {
	if c.Refuse {
		return errors.New("the config says to refuse it")
	}
	return nil
}

func process(c *context) error {
	for port, message := range c.Inputs {
		if name, isValue := strings.CutSuffix(port, "_in"); isValue {
			c.Output(name+"_out", message)
		}
	}
	if message, found := c.Input("op"); found {
		return operate(c, message)
	}
	return nil
}
