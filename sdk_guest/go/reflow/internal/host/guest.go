//go:build wasm || tinygo.wasm

package host

import pdk "github.com/extism/go-pdk"

//go:wasmimport extism:host/user __get_state
func hostGetState(key uint64) uint64

//go:wasmimport extism:host/user __set_state
func hostSetState(key, value uint64)

//go:wasmimport extism:host/user __send_output
func hostSendOutput(outputs uint64)

// GetState reads a key of the state as JSON. No bytes are as good as null.
func GetState(key string) []byte {
	name := pdk.AllocateString(key)
	defer name.Free()
	answer := pdk.FindMemory(hostGetState(name.Offset()))
	defer answer.Free()
	return answer.ReadBytes()
}

// SetState writes a key of the state as JSON.
func SetState(key string, value []byte) {
	name, content := pdk.AllocateString(key), pdk.AllocateBytes(value)
	defer name.Free()
	defer content.Free()
	hostSetState(name.Offset(), content.Offset())
}

// Send sends a JSON object of ports and values.
func Send(outputs []byte) {
	content := pdk.AllocateBytes(outputs)
	defer content.Free()
	hostSendOutput(content.Offset())
}
