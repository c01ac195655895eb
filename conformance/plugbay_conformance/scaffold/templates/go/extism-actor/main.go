// A Reflow actor that counts, in steps that its config says. The count is its state.
package main

import (
	"errors"
	"math"

	"plugbay.dev/guest/reflow"
)

type config struct {
	Step int64 `json:"step"`
}

type state struct {
	Count int64 `json:"count"`
}

const schema = `{
	"type": "object",
	"properties": {"step": {"type": "integer", "default": 1, "minimum": 1}}
}`

var actor = reflow.Actor[config, state]{
	Component:   "Counter",
	Description: "Counts, in steps that its config says",
	Version:     "0.1.0",
	Inports: []reflow.Port{
		{Name: "tick", Description: "counts once", Type: reflow.TypeFlow},
		{Name: "reset", Description: "starts anew; comes before a tick", Type: reflow.TypeFlow},
	},
	Outports:     []reflow.Port{{Name: "count", Description: "the new count", Type: reflow.TypeInteger}},
	ConfigSchema: schema,
	Defaults:     config{Step: 1},
	Validate:     validate,
	Process:      process,
}

func init() { reflow.Register(actor) }

func validate(c config) error {
	if c.Step < 1 {
		return errors.New("step must be 1 or more")
	}
	return nil
}

func process(c *reflow.Context[config, state]) error {
	if _, found := c.Input("reset"); found {
		c.State.Count = 0
	}
	if _, found := c.Input("tick"); found {
		c.State.Count += min(c.Config.Step, math.MaxInt64-c.State.Count)
	}
	c.Output("count", reflow.Integer(c.State.Count))
	c.SaveState()
	return nil
}

func main() {}
