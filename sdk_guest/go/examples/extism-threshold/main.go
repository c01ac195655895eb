// A Reflow actor that lets readings through when they leave a range, and says how far.
package main

import (
	"errors"
	"math"

	"plugbay.dev/guest/extism"
	"plugbay.dev/guest/reflow"
)

type config struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

const schema = `{
	"type": "object",
	"properties": {
		"low": {"type": "number", "default": 0},
		"high": {"type": "number", "default": 100}
	}
}`

var actor = reflow.Actor[config, struct{}]{
	Component:    "Threshold",
	Description:  "Lets readings through that leave a range",
	Version:      "1.0.0",
	Inports:      []reflow.Port{{Name: "reading", Description: "a number", Type: reflow.TypeFloat, Required: true}},
	Outports:     []reflow.Port{{Name: "outside", Description: "by how much it is outside", Type: reflow.TypeFloat}},
	ConfigSchema: schema,
	Defaults:     config{Low: 0, High: 100},
	Validate:     validate,
	Process:      process,
}

func init() { reflow.Register(actor) }

func validate(c config) error {
	if c.Low > c.High {
		return errors.New("low is above high")
	}
	return nil
}

func process(c *reflow.Context[config, struct{}]) error {
	message, _ := c.Input("reading")
	reading, err := message.Float()
	if err != nil {
		return err
	}
	if by := math.Max(reading-c.Config.High, c.Config.Low-reading); by > 0 {
		extism.Info("a reading is outside")
		c.Output("outside", reflow.Float(by))
	}
	return nil
}

func main() {}
