// A Reflow actor that sums readings and reports while it works: progress and alerts leave through the host before
// process returns. Its totals over all messages are kept with the host's state functions. It returns its result in the
// other form that Go actors use: the JSON as base64 in a JSON string.
package main

import (
	_ "embed"
	"encoding/json"
	"errors"

	pdk "github.com/extism/go-pdk"
	"plugbay.example/actors/actor"
)

//go:embed metadata.json
var metadata string

type summary struct {
	Readings int   `json:"readings"`
	Sum      int64 `json:"sum"`
	Seen     int64 `json:"seen"`
	Total    int64 `json:"total"`
}

//go:wasmexport get_metadata
func getMetadata() int32 {
	pdk.OutputString(metadata)
	return 0
}

//go:wasmexport process
func process() int32 {
	return actor.Run(report)
}

// report handles one message.
func report() error {
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
	var readings []json.RawMessage
	if err := context.Payload["in"].Decode("Array", &readings); err != nil {
		return errors.New("port in takes an Array")
	}
	whole, err := summarise(readings, config)
	if err != nil {
		return err
	}
	message, err := actor.NewMessage("Object", whole)
	if err != nil {
		return err
	}
	result, err := json.Marshal(actor.Result{Outputs: map[string]actor.Message{"summary": message}})
	if err != nil {
		return err
	}
	return pdk.OutputJSON(result) // bytes become base64 in encoding/json
}

func main() {}
