// A Reflow actor that tells the average of the last readings. They are its state.
package main

import (
	"errors"

	"plugbay.dev/guest/reflow"
)

type config struct {
	Window int `json:"window"`
}

type state struct {
	Readings []float64 `json:"readings"`
}

const schema = `{
	"type": "object",
	"properties": {"window": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 3}}
}`

var actor = reflow.Actor[config, state]{
	Component:   "Average",
	Description: "Tells the average of the last readings",
	Version:     "1.0.0",
	Inports: []reflow.Port{
		{Name: "reading", Description: "a number", Type: reflow.TypeFloat},
		{Name: "reset", Description: "forgets the readings", Type: reflow.TypeFlow},
	},
	Outports:     []reflow.Port{{Name: "average", Description: "of the last readings", Type: reflow.TypeFloat}},
	ConfigSchema: schema,
	Defaults:     config{Window: 3},
	Validate:     validate,
	Process:      process,
}

func init() { reflow.Register(actor) }

func validate(c config) error {
	if c.Window < 1 || c.Window > 1000 {
		return errors.New("window: expected 1 to 1000")
	}
	return nil
}

func process(c *reflow.Context[config, state]) error {
	if err := validate(c.Config); err != nil {
		return err
	}
	if _, found := c.Input("reset"); found {
		c.State.Readings = []float64{}
	}
	if message, found := c.Input("reading"); found {
		reading, err := message.Float()
		if err != nil {
			return err
		}
		readings := append(c.State.Readings, reading)
		c.State.Readings = readings[max(0, len(readings)-c.Config.Window):]
		c.Output("average", reflow.Float(average(c.State.Readings)))
	}
	c.SaveState()
	return nil
}

func average(readings []float64) float64 {
	mean := 0.0
	for i, reading := range readings {
		mean += (reading - mean) / float64(i+1)
	}
	return mean
}

func main() {}
