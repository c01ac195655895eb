package reflow

import (
	"plugbay.dev/guest/reflow/internal/host"
	"plugbay.dev/guest/strictjson"
)

// GetState reads a key of the actor's state as it is now, also what this message wrote, into what target points to. It is
// false for a key that is not there, or null, and then target is left as it is.
func GetState(key string, target any) (bool, error) {
	data := host.GetState(key)
	if isNull(data) {
		return false, nil
	}
	return true, strictjson.Unmarshal(data, target)
}

// SetState writes a key of the actor's state. It is an error for a value that can't be JSON.
func SetState(key string, value any) error {
	data, err := strictjson.Marshal(value)
	if err == nil {
		host.SetState(key, data)
	}
	return err
}

// Send sends values on ports at once, before the actor is done. The receiver takes their types from what they are in JSON.
// It is an error for a value that can't be JSON.
func Send(outputs map[string]any) error {
	data, err := strictjson.Marshal(outputs)
	if err == nil {
		host.Send(data)
	}
	return err
}
