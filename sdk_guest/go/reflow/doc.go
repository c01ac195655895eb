// Package reflow makes actors for Reflow.
//
//	package main
//
//	import "plugbay.dev/guest/reflow"
//
//	type config struct {
//		Step int64 `json:"step"`
//	}
//
//	type state struct {
//		Count int64 `json:"count"`
//	}
//
//	func init() {
//		reflow.Register(reflow.Actor[config, state]{
//			Component:   "Counter",
//			Description: "Counts",
//			Version:     "1.0.0",
//			Inports:     []reflow.Port{{Name: "tick", Type: reflow.TypeFlow}},
//			Outports:    []reflow.Port{{Name: "count", Type: reflow.TypeInteger}},
//			Defaults:    config{Step: 1},
//			Process:     count,
//		})
//	}
//
//	func count(c *reflow.Context[config, state]) error {
//		c.State.Count += c.Config.Step
//		c.SaveState()
//		c.Output("count", reflow.Integer(c.State.Count))
//		return nil
//	}
//
//	func main() {}
//
// Build it with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared. The package exports what Reflow asks an actor for.
//
// An error of Process fails the message. A panic traps, after one log line at level error that says where. Actors are Extism
// plugins: log lines, HTTP and variables are those of package extism.
package reflow
