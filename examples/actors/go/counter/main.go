// A Reflow actor that counts. Its count is Reflow's state: it comes in with each message and goes out again.
package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	pdk "github.com/extism/go-pdk"
	"plugbay.example/actors/actor"
)

const version = "1.0.0"

//go:embed metadata.json
var metadata string

type state struct {
	Count *int64 `json:"count"`
}

//go:wasmexport get_metadata
func getMetadata() int32 {
	pdk.OutputString(metadata)
	return 0
}

//go:wasmexport get_version
func getVersion() int32 {
	return actor.Run(func() error { return pdk.OutputJSON(version) })
}

//go:wasmexport validate_config
func validateConfig() int32 {
	config := defaults()
	valid := actor.ReadSettings(pdk.Input(), config.targets()) == nil && config.check() == nil
	return actor.Run(func() error { return pdk.OutputJSON(valid) })
}

//go:wasmexport process
func process() int32 {
	return actor.Run(count)
}

// count handles one message.
func count() error {
	context, err := actor.ReadContext()
	if err != nil {
		return err
	}
	config := defaults()
	if err := context.Settings(config.targets()); err != nil {
		return err
	}
	if err := config.check(); err != nil {
		return err
	}
	before, err := readCount(context.State, config.initialValue)
	if err != nil {
		return err
	}
	after, err := next(before, config, context.Payload)
	if err != nil {
		return err
	}
	message, err := actor.NewMessage("Integer", after)
	if err != nil {
		return err
	}
	return pdk.OutputJSON(actor.Result{Outputs: map[string]actor.Message{"count": message}, State: state{&after}})
}

// readCount returns the count of the state, or initial when there is none.
func readCount(data json.RawMessage, initial int64) (int64, error) {
	var kept state
	if len(data) > 0 {
		if err := json.Unmarshal(data, &kept); err != nil {
			return 0, err
		}
	}
	if kept.Count == nil {
		return initial, nil
	}
	return *kept.Count, nil
}

// next returns the count after the messages: reset comes first, then add, increment and decrement.
func next(before int64, config settings, payload map[string]actor.Message) (int64, error) {
	count := before
	var changes [3]int64
	for _, port := range slices.Sorted(maps.Keys(payload)) {
		switch port {
		case "reset":
			count = config.initialValue
		case "add":
			if err := payload[port].Decode("Integer", &changes[0]); err != nil {
				return 0, errors.New("port add takes an Integer")
			}
		case "increment":
			changes[1] = config.step
		case "decrement":
			changes[2] = -config.step
		default:
			return 0, errors.New("there is no port " + port)
		}
	}
	for _, change := range changes {
		sum := count + change
		if (sum > count) != (change > 0) {
			return 0, errors.New("the count does not fit into 64 bits")
		}
		count = sum
	}
	return count, nil
}

func main() {}
