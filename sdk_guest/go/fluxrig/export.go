//go:build wasm || tinygo.wasm

package fluxrig

import "unsafe"

//go:wasmexport process
func process(at unsafe.Pointer, length uint32) uint64 {
	return guard(func() uint64 { return answer(unsafe.Slice((*byte)(at), length)) })
}
