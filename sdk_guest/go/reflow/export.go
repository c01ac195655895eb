//go:build wasm || tinygo.wasm

package reflow

import (
	"strconv"

	"plugbay.dev/guest/extism"
)

//go:wasmexport get_metadata
func getMetadata() int32 {
	return extism.Call(func([]byte) ([]byte, error) { return registered.metadata() })
}

//go:wasmexport process
func process() int32 {
	return extism.Call(registered.process)
}

//go:wasmexport validate_config
func validateConfig() int32 {
	return extism.Call(func(config []byte) ([]byte, error) {
		return strconv.AppendBool(nil, registered.validate(config)), nil
	})
}

//go:wasmexport get_version
func getVersion() int32 {
	return extism.Call(func([]byte) ([]byte, error) { return registered.version() })
}
