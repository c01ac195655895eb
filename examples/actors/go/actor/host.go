package actor

import (
	"encoding/json"

	pdk "github.com/extism/go-pdk"
)

//go:wasmimport extism:host/user __get_state
func hostGetState(key uint64) uint64

//go:wasmimport extism:host/user __set_state
func hostSetState(key, value uint64)

//go:wasmimport extism:host/user __send_output
func hostSendOutput(outputs uint64)

// GetState reads a value of the state as it is now. A key that is not set leaves value as it is.
func GetState(key string, value any) error {
	name := pdk.AllocateString(key)
	defer name.Free()
	// A host may answer with the null handle, which reads as no bytes, instead of JSON's null.
	answer := pdk.FindMemory(hostGetState(name.Offset()))
	if answer.Length() == 0 {
		return nil
	}
	defer answer.Free()
	return json.Unmarshal(answer.ReadBytes(), value)
}

// SetState sets a value of the state.
func SetState(key string, value any) error {
	encoded, err := pdk.AllocateJSON(value)
	if err != nil {
		return err
	}
	defer encoded.Free()
	name := pdk.AllocateString(key)
	defer name.Free()
	hostSetState(name.Offset(), encoded.Offset())
	return nil
}

// SendOutput sends plain values on ports at once: they leave before process returns.
func SendOutput(outputs map[string]any) error {
	encoded, err := pdk.AllocateJSON(outputs)
	if err != nil {
		return err
	}
	defer encoded.Free()
	hostSendOutput(encoded.Offset())
	return nil
}
