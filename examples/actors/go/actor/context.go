package actor

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	pdk "github.com/extism/go-pdk"
)

// Context is what process is given: the messages by port, the node's settings and the actor's state.
type Context struct {
	Payload map[string]Message `json:"payload"`
	Config  struct {
		// Config holds the actor's own settings; Reflow's description of the node is around it.
		Config json.RawMessage `json:"config"`
	} `json:"config"`
	State json.RawMessage `json:"state"`
}

// Result is what process returns: the messages by port, and the new state unless it stays as it was.
type Result struct {
	Outputs map[string]Message `json:"outputs"`
	State   any                `json:"state,omitempty"`
}

// ReadContext reads the context from the input of the call.
func ReadContext() (Context, error) {
	var context Context
	err := json.Unmarshal(pdk.Input(), &context)
	if err == nil && context.Payload == nil {
		err = errors.New("the context has no payload")
	}
	return context, err
}

// Settings reads the actor's settings, if there are any, to where targets points.
func (c Context) Settings(targets map[string]any) error {
	if isNull(c.Config.Config) {
		return nil
	}
	return ReadSettings(c.Config.Config, targets)
}

// ReadSettings reads a JSON object to where targets points: a *int64, or a **int64 where null is allowed too.
// encoding/json alone would take STEP for step, and null for a number.
func ReadSettings(data []byte, targets map[string]any) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return errors.New("the settings are not an object")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		target, known := targets[name]
		if !known {
			return errors.New("there is no setting " + name)
		}
		_, required := target.(*int64)
		if err := json.Unmarshal(fields[name], target); err != nil || (required && isNull(fields[name])) {
			return errors.New("setting " + name + " is not a whole number")
		}
	}
	return nil
}

func isNull(data json.RawMessage) bool {
	return len(data) == 0 || string(data) == "null"
}
